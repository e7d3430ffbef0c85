"""Writes digits-resnet as it is before training: model.onnx, evaluation.npz, calibration.npz, the numbers on the card.

Run ``python -m models.untrained.train`` in the project folder; it takes a second, for there is nothing to train. The
same library versions give the same file again.
"""

from pathlib import Path

import torch

from models import card, digits, export
from models.digits_resnet.train import build

FOLDER = Path(__file__).parent


def main():
    torch.manual_seed(0)  # as digits-resnet, so these are the very weights that its training began with
    (inputs, _), (held_out, held_out_labels) = digits.split()
    inputs, held_out = inputs.reshape(-1, 1, 8, 8), held_out.reshape(-1, 1, 8, 8)
    export.write_model(FOLDER / "model.onnx", build(), (1, 8, 8))
    export.write_samples(FOLDER, (held_out, held_out_labels), inputs)
    print(card.update(FOLDER))


if __name__ == "__main__":
    main()
