"""Trains the denoiser; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.denoiser.train`` in the project folder; it takes about a minute. The same machine and library
versions give the same file again; others may differ in the last digits, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import mse_loss

from models import export
from models.denoiser import data
from models.fit import fit

FOLDER = Path(__file__).parent
CHANNELS = 16


def build():
    """Four convolutions, after DnCNN (Zhang et al., TIP 2017) but for its way around them.

    That way would carry the noisy picture past all weights, and what compression does to them could hardly be seen.
    """
    layers = OrderedDict(
        conv1=nn.Conv2d(1, CHANNELS, 3, padding=1),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        relu2=nn.ReLU(),
        conv3=nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(CHANNELS, 1, 3, padding=1),
    )
    return nn.Sequential(layers)


def noisy(clean):
    """Clean patches with fresh noise."""
    return (clean + data.NOISE * torch.randn_like(clean)).clip(0, 1)


def main():
    torch.manual_seed(0)
    training, held_out = data.split()
    network = build()
    fit(network, training, training, epochs=60, augment=noisy, loss=mse_loss)
    export.write_all(FOLDER, network, held_out, data.grey(noisy(torch.from_numpy(training)).numpy()))


if __name__ == "__main__":
    main()
