"""Trains the small digits CNN; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_cnn.train`` in the project folder; it takes about ten seconds. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import digits, export
from models.fit import fit

FOLDER = Path(__file__).parent


def build():
    """LeNet-5 made small for 8 x 8 images; LeCun et al., 1998. Shapes at the right are those of one sample."""
    layers = OrderedDict(
        conv1=nn.Conv2d(1, 8, 3, padding=1),  # (8, 8, 8)
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(8, 16, 3, padding=1),  # (16, 8, 8)
        relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2),  # (16, 4, 4)
        flatten=nn.Flatten(),  # (256,)
        fc1=nn.Linear(256, 100),
        relu3=nn.ReLU(),
        fc2=nn.Linear(100, 10),
    )
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    network = build()
    fit(network, inputs, labels, epochs=100, l1=1e-4, augment=digits.disturb)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
