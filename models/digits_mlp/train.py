"""Trains the small digits MLP; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_mlp.train`` in the project folder; it takes about ten seconds. The same machine and
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
    """LeNet-300-100 for 8 x 8 images; LeCun et al., 1998, made the standard test of pruning by Han et al., 2015."""
    layers = OrderedDict(
        fc1=nn.Linear(64, 300), relu1=nn.ReLU(), fc2=nn.Linear(300, 100), relu2=nn.ReLU(), fc3=nn.Linear(100, 10)
    )
    return nn.Sequential(layers)


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split()
    network = build()
    fit(network, inputs, labels, epochs=200, l1=1e-4, augment=digits.disturb)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
