"""What digits-student and digits-student-alone have in common: their network, their few images, their school days."""

from collections import OrderedDict

import onnxruntime
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from models import digits
from models.fit import fit

IMAGES = 100  # of 1437: with all of them the labels alone say enough, and a teacher has little to add


def build():
    """Two small convolutions. Shapes at the right are those of one sample."""
    layers = OrderedDict(
        conv1=nn.Conv2d(1, 8, 3, padding=1),  # (8, 8, 8)
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),  # (8, 4, 4)
        conv2=nn.Conv2d(8, 16, 3, padding=1),  # (16, 4, 4)
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),  # (16, 2, 2)
        flatten=nn.Flatten(),  # (64,)
        fc=nn.Linear(64, 10),
    )
    return nn.Sequential(layers)


def split():
    """The images that both learn from, the other training images and the held-out ones, each as (inputs, labels)."""
    (inputs, labels), held_out = digits.split_images()
    inputs, others, labels, other_labels = train_test_split(
        inputs, labels, train_size=IMAGES, random_state=0, stratify=labels
    )
    return (inputs, labels), (others, other_labels), held_out


def pupil(inputs, labels, *, seed=0, teacher=None):
    """A trained network. Without a teacher it learns from the labels; with one also from the teacher's logits."""
    torch.manual_seed(seed)
    network = build()
    fit(network, inputs, labels, epochs=800, teacher=teacher)
    return network


def teacher(path):
    """An ONNX file as a function from a batch of inputs, a tensor, to its logits."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda batch: torch.from_numpy(session.run(["y"], {"x": batch.numpy()})[0])
