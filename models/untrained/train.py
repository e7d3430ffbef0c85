"""Writes digits-resnet as it is before training: model.onnx, evaluation.npz, calibration.npz, the numbers on the card.

Run ``python -m models.untrained.train`` in the project folder; it takes a second, for there is nothing to train. The
same library versions give the same file again.
"""

from pathlib import Path

import torch

from models import digits, export
from models.digits_resnet.train import build

FOLDER = Path(__file__).parent


def main():
    torch.manual_seed(0)  # as digits-resnet, so these are the very weights that its training began with
    (inputs, _), held_out = digits.split_images()
    export.write_all(FOLDER, build(), held_out, inputs)


if __name__ == "__main__":
    main()
