"""Trains the mobile digits CNN; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_mobile.train`` in the project folder; it takes about half a minute. The same machine and
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
    """MobileNet made small for 8 x 8 images; Howard et al., 2017. Shapes at the right are those of one sample."""
    layers = OrderedDict(
        conv1=nn.Conv2d(1, 16, 3, padding=1, bias=False),  # (16, 8, 8)
        bn1=nn.BatchNorm2d(16),
        relu1=nn.ReLU(),
        **separable(1, 16, 32),  # (32, 4, 4)
        **separable(2, 32, 64),  # (64, 2, 2)
        pool=nn.AdaptiveAvgPool2d(1),  # (64, 1, 1)
        flatten=nn.Flatten(),
        fc=nn.Linear(64, 10),
    )
    return nn.Sequential(layers)


def separable(number, channels_in, channels):
    """A convolution in two cheap halves: 3 x 3 within each channel, then 1 x 1 across channels."""
    within = nn.Conv2d(channels_in, channels_in, 3, stride=2, padding=1, groups=channels_in, bias=False)
    return {
        f"depthwise{number}": within,
        f"bn{number}a": nn.BatchNorm2d(channels_in),
        f"relu{number}a": nn.ReLU(),
        f"pointwise{number}": nn.Conv2d(channels_in, channels, 1, bias=False),
        f"bn{number}b": nn.BatchNorm2d(channels),
        f"relu{number}b": nn.ReLU(),
    }


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    network = build()
    fit(network, inputs, labels, epochs=300, l1=1e-4, augment=digits.disturb)
    export.write_all(FOLDER, export.fold(network), held_out, inputs)


if __name__ == "__main__":
    main()
