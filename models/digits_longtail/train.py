"""Trains the long-tail digits CNN; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_longtail.train`` in the project folder; it takes about ten seconds. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from pathlib import Path

import torch

from models import digits, export
from models.digits_cnn.train import build
from models.digits_longtail import data
from models.fit import fit

FOLDER = Path(__file__).parent


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    kept = data.long_tail(labels)
    inputs, labels = inputs[kept], labels[kept]
    network = build()
    fit(network, inputs, labels, epochs=100, l1=1e-4, augment=digits.disturb)
    export.write_all(FOLDER, network, held_out, inputs)


if __name__ == "__main__":
    main()
