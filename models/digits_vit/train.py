"""Trains the tiny digits transformer; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_vit.train`` in the project folder; it takes about a minute. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import digits, export
from models.blocks import Attention, Residual, TokenLinear, TokenMean, Tokens
from models.fit import fit

FOLDER = Path(__file__).parent
WIDTH, HEADS, HIDDEN = 32, 4, 64


def build():
    """Vision Transformer made small for 8 x 8 images; Dosovitskiy et al., ICLR 2021. Shapes are those of one sample."""
    layers = OrderedDict(
        patches=nn.Conv2d(1, WIDTH, 2, stride=2),  # (32, 4, 4): one place for each patch of 2 x 2 pixels
        tokens=Tokens(16, WIDTH),  # (16, 32)
        block1=block(),
        block2=block(),
        norm=nn.LayerNorm(WIDTH),
        mean=TokenMean(),  # (32,)
        head=nn.Linear(WIDTH, 10),
    )
    return nn.Sequential(layers)


def block():
    """Tokens exchange what they know, then each thinks about it by itself; both add to what was there before."""
    mlp = OrderedDict(
        norm=nn.LayerNorm(WIDTH), fc1=TokenLinear(WIDTH, HIDDEN), relu=nn.ReLU(), fc2=TokenLinear(HIDDEN, WIDTH)
    )
    return nn.Sequential(OrderedDict(attention=Attention(WIDTH, HEADS), mlp=Residual(mlp)))


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    network = build()
    fit(network, inputs, labels, epochs=300, l1=1e-4, augment=digits.disturb)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
