"""Trains the gate and puts it before digits-resnet; rewrites model.onnx, evaluation.npz, calibration.npz and the card.

Run ``python -m models.digits_gate.train`` in the project folder; it takes a few seconds. The same machine and library
versions give the same file again; others may differ in a few answers, and the card then says so.
"""

from collections import OrderedDict
from math import log
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from models import card, digits, export
from models.digits_gate import data
from models.fit import fit
from models.routing import Routes

FOLDER = Path(__file__).parent
RESNET = FOLDER.parent / "digits_resnet" / "model.onnx"
THRESHOLD = 0.5  # how sure the gate must be that there is nothing for the picture to stop there
NEVER = -100.0  # the logit of an answer that cannot be: the second network knows digits only


def build():
    """The gate, an MLP with one output: the logit of there being no digit."""
    layers = OrderedDict(flatten=nn.Flatten(), fc1=nn.Linear(64, 32), relu=nn.ReLU(), fc2=nn.Linear(32, 1))
    return nn.Sequential(layers)


def disturb(x):
    """A little noise and, unlike for other models, no shift: a digit at the edge may be half of nothing."""
    return x + 0.05 * torch.randn_like(x)


def loss(logits, labels):
    """How far the gate is from knowing whether there is a digit."""
    return binary_cross_entropy_with_logits(logits[:, 0], (labels == data.NOTHING).float())


def write(gate):
    """All pictures pass the gate; those in which it finds a digit go on to the network that names it.

    Of a picture that stops, all digits have the logit 0 and "nothing" has that of the gate plus log 10, whose softmax
    is the gate's own probability.
    """
    parts = Routes()
    logit = parts.layer("gate", gate, "x")
    parts.decide(parts.node("Sigmoid", "gate.sigmoid", logit), THRESHOLD)
    raised = parts.node("Add", "gate.raised", logit, parts.constant("gate.log_ten", torch.tensor(log(10))))
    stopped = parts.node("Pad", "gate.answers", raised, parts.constant("gate.pads", [0, 10, 0, 0]))
    named = parts.model("resnet", onnx.load(RESNET), parts.going_on("x"))
    pads, never = parts.constant("resnet.pads", [0, 0, 0, 1]), parts.constant("resnet.never", torch.tensor(NEVER))
    parts.together(stopped, parts.node("Pad", "resnet.answers", named, pads, never))
    parts.write(FOLDER / "model.onnx", (1, 8, 8), (11,))


def main():
    torch.manual_seed(0)
    training, held_out = digits.split()
    inputs, labels = data.with_nothing(*training, len(training[0]), data.TRAINING)
    gate = build()
    fit(gate, inputs, labels, epochs=150, l1=1e-4, augment=disturb, loss=loss)
    write(gate)
    export.write_samples(FOLDER, data.with_nothing(*held_out, data.FEWER, data.HELD_OUT), inputs)
    print(card.update(FOLDER))


if __name__ == "__main__":
    main()
