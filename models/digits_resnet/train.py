"""Trains the residual digits network; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_resnet.train`` in the project folder; it takes about a minute. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import digits, export
from models.blocks import Residual
from models.fit import fit

FOLDER = Path(__file__).parent


def build():
    """ResNet-14 for 8 x 8 images; He et al., CVPR 2016. Shapes at the right are those of one sample."""
    layers = OrderedDict(
        conv=nn.Conv2d(1, 16, 3, padding=1, bias=False),
        bn=nn.BatchNorm2d(16),
        relu=nn.ReLU(),
        **block(1, 16, 16),  # (16, 8, 8)
        **block(2, 16, 16),
        **block(3, 16, 32, stride=2),  # (32, 4, 4)
        **block(4, 32, 32),
        **block(5, 32, 64, stride=2),  # (64, 2, 2)
        **block(6, 64, 64),
        pool=nn.AdaptiveAvgPool2d(1),  # (64, 1, 1)
        flatten=nn.Flatten(),
        fc=nn.Linear(64, 10),
    )
    return nn.Sequential(layers)


def block(number, channels_in, channels, stride=1):
    """Two convolutions and a way around them, which is a 1 x 1 convolution where the shape changes."""
    body = OrderedDict(
        conv1=nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False),
        bn1=nn.BatchNorm2d(channels),
        relu=nn.ReLU(),
        conv2=nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        bn2=nn.BatchNorm2d(channels),
    )
    around = OrderedDict(
        conv=nn.Conv2d(channels_in, channels, 1, stride=stride, bias=False), bn=nn.BatchNorm2d(channels)
    )
    return {f"block{number}": Residual(body, around if stride > 1 else None), f"relu{number}": nn.ReLU()}


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    network = build()
    fit(network, inputs, labels, epochs=100, l1=3e-5, augment=digits.disturb)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
