"""Trains the cancer MLP; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.cancer.train`` in the project folder; it takes a few seconds. The same machine and library
versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import export
from models.cancer import data
from models.fit import fit

FOLDER = Path(__file__).parent


def build():
    """A small MLP for a row of thirty measurements."""
    layers = OrderedDict(
        fc1=nn.Linear(30, 32), relu1=nn.ReLU(), fc2=nn.Linear(32, 16), relu2=nn.ReLU(), fc3=nn.Linear(16, 2)
    )
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = data.split()
    network = build()
    fit(network, inputs, labels, epochs=60, l1=1e-3)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
