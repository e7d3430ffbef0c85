"""Trains the wide moons MLP; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.moons_wide.train`` in the project folder; it takes about ten seconds. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import export
from models.fit import fit
from models.moons_wide import data

FOLDER = Path(__file__).parent


def build():
    """A thousand times as many weights as the border between two half circles needs."""
    layers = OrderedDict(
        fc1=nn.Linear(2, 160), relu1=nn.ReLU(), fc2=nn.Linear(160, 160), relu2=nn.ReLU(), fc3=nn.Linear(160, 2)
    )
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = data.split()
    network = build()
    fit(network, inputs, labels, epochs=60, l1=1e-4)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
