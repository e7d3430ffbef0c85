"""Imitation: a person's classifier without labels. Its own answers stand in for the truth, and are not called so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.tasks import classification
from models.model import Model


def verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    same = bool(answer == model.labels[index])
    return same, "the same" if same else "another"


TASK = replace(
    classification.TASK,
    id="imitation",
    metrics=("agreement",),
    kinds=("another", "the same again", "another"),
    caption="your file says",
    truth="your file says",
    verdict=verdict,
)
