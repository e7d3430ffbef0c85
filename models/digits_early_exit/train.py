"""Trains the network with two exits; rewrites model.onnx, evaluation.npz, calibration.npz and the numbers on the card.

Run ``python -m models.digits_early_exit.train`` in the project folder; it takes a few seconds. The same machine and
library versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from models import card, digits, export
from models.fit import fit
from models.routing import Routes

FOLDER = Path(__file__).parent
THRESHOLD = 0.8  # how sure the first exit must be of an answer for it to stand


class TwoExits(nn.Module):
    """A CNN that answers twice; Teerapittayanon et al., ICPR 2016. Shapes at the right are those of one sample."""

    def __init__(self):
        super().__init__()
        self.stage = nn.Sequential(
            OrderedDict(conv1=nn.Conv2d(1, 8, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2))  # (8, 4, 4)
        )
        self.exit = nn.Sequential(OrderedDict(flatten1=nn.Flatten(), exit1=nn.Linear(128, 10)))
        self.rest = nn.Sequential(
            OrderedDict(
                conv2=nn.Conv2d(8, 32, 3, padding=1),  # (32, 4, 4)
                relu2=nn.ReLU(),
                conv3=nn.Conv2d(32, 32, 3, padding=1),
                relu3=nn.ReLU(),
                pool2=nn.MaxPool2d(2),  # (32, 2, 2)
                flatten2=nn.Flatten(),
                fc=nn.Linear(128, 64),
                relu4=nn.ReLU(),
                exit2=nn.Linear(64, 10),
            )
        )

    def forward(self, x):
        features = self.stage(x)
        return self.exit(features), self.rest(features)


def both(answers, labels):
    """The loss of both exits, each on every sample."""
    return sum(cross_entropy(logits, labels) for logits in answers)


def write(network):
    """All samples pass the first exit; those of which it is not sure enough go on to the second."""
    parts = Routes()
    features = parts.layer("", network.stage, "x")
    early = parts.layer("", network.exit, features)
    parts.decide(parts.node("Softmax", "exit1.softmax", early, axis=1), THRESHOLD)
    late = parts.layer("", network.rest, parts.going_on(features))
    parts.together(early, late)
    parts.write(FOLDER / "model.onnx", (1, 8, 8), (10,))


def main():
    torch.manual_seed(0)
    (inputs, labels), held_out = digits.split_images()
    network = TwoExits()
    fit(network, inputs, labels, epochs=100, l1=3e-5, augment=digits.disturb, loss=both)
    write(network)
    export.write_samples(FOLDER, held_out, inputs)
    print(card.update(FOLDER))


if __name__ == "__main__":
    main()
