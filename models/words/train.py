"""Trains the character model; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.words.train`` in the project folder, with Debian's package ``scowl`` installed or its folder of
lists as an argument; it takes about a minute. The same machine and library versions give the same file again; others
may differ in the last digits, and the card then says so.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from models import export
from models.blocks import TokenLinear
from models.fit import fit
from models.words import data

FOLDER = Path(__file__).parent
FEATURES, HIDDEN = 16, 256


def build():
    """One table of features for the letters at all places, and an MLP on those of the context.

    The table is a matrix that one-hot letters are multiplied with, which looks up its rows. Source: Bengio et al., JMLR
    2003, without the direct connections from the features to the output.
    """
    letters = len(data.LETTERS)
    layers = OrderedDict(
        embed=TokenLinear(letters, FEATURES, bias=False),
        flatten=nn.Flatten(),
        fc1=nn.Linear(data.CONTEXT * FEATURES, HIDDEN),
        relu1=nn.ReLU(),
        fc2=nn.Linear(HIDDEN, letters),
    )
    return nn.Sequential(layers)


def one_hot(contexts):
    """As in ``data``, for tensors."""
    return nn.functional.one_hot(contexts, len(data.LETTERS)).float()


def main():
    torch.manual_seed(0)
    training, held_out = data.words(*map(Path, sys.argv[1:]))
    contexts, letters = data.pairs(training)
    held_out_contexts, held_out_letters = data.pairs(held_out)
    network = build()
    fit(network, contexts, letters, epochs=20, batch=512, augment=one_hot)
    calibration = data.one_hot(data.unseen(contexts, held_out_contexts))
    export.write_all(FOLDER, network, (data.one_hot(held_out_contexts), held_out_letters), calibration)


if __name__ == "__main__":
    main()
