"""Trains the spirals MLP; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.spirals.train`` in the project folder; it takes about ten seconds. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import export
from models.fit import fit
from models.spirals import data

FOLDER = Path(__file__).parent


def build():
    """Just enough network to bend three arms apart."""
    layers = OrderedDict(
        fc1=nn.Linear(2, 32), relu1=nn.ReLU(), fc2=nn.Linear(32, 32), relu2=nn.ReLU(), fc3=nn.Linear(32, 3)
    )
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = data.split()
    network = build()
    fit(network, inputs, labels, epochs=150, lr=1e-2, l1=3e-4)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
