"""Trains the tracker; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.tracker.train`` in the project folder; it takes about half a minute. The same machine and library
versions give the same file again; others may differ in the last digits, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import mse_loss

from models import export
from models.fit import fit
from models.tracker import data

FOLDER = Path(__file__).parent


def build():
    """Convolutions that find the spot, and the mean of all places weighted by how much it seems to be there.

    The last layer multiplies the share of each of the 256 pixels with where the pixel is: its weights are coordinates,
    which is where they start from. Source: Sun et al., ECCV 2018 (integral regression).
    """
    layers = OrderedDict(
        conv1=nn.Conv2d(1, 8, 5, padding=2),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(8, 16, 3, padding=1),
        relu2=nn.ReLU(),
        heat=nn.Conv2d(16, 1, 3, padding=1),
        flatten=nn.Flatten(),
        share=nn.Softmax(dim=1),
        place=nn.Linear(data.SIDE**2, 2),
    )
    middle = (data.SIDE - 1) / 2
    y, x = torch.meshgrid(*[torch.arange(data.SIDE) - middle] * 2, indexing="ij")
    with torch.no_grad():
        layers["place"].weight.copy_(torch.stack([x.flatten(), y.flatten()]))
        layers["place"].bias.fill_(middle)
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = data.split()
    network = build()
    fit(network, inputs, labels, epochs=15, loss=mse_loss)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
