"""Sequence: which letter comes next. The answer is the likeliest one; inputs are the letters before, one-hot.

Class 0 is the end: what follows the last letter of a word, and what stands before its first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import numpy as np

from app.results.groups import Grouping, numbered
from app.runtime import Probe
from app.tasks import classification
from app.tasks.task import Task
from models.metrics.softmax import exponentials
from models.model import Model

WORDS, LONGEST = 24, 12  # words that are made up, letters of one at most


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    shape, letters = model.inputs.shape, len(model.classes)
    yield len(shape) == 3 and shape[2] == letters, f"inputs are letters, one-hot in {letters} classes; not {shape}"
    yield from classification.needs(model)


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By how many letters stand before it in the word, and by the letter that comes."""
    before = (model.inputs.argmax(axis=2) > 0).sum(axis=1)  # nothing stands before the first letter but the end
    names = (*(f"letter {k + 1}" for k in range(model.inputs.shape[1])), "later")
    letters = tuple("end" if k == 0 else name for k, name in enumerate(model.classes))
    return numbered("place", "by place", names, before), numbered("letter", "by letter", letters, model.labels)


def _words(model: Model) -> Probe:
    """Words that a model makes up, letter by letter: int64, shape (WORDS, LONGEST), 0 from the end of a word on.

    Each letter is drawn with the probability that the model gives it. The random numbers are the same for every file,
    so that two files differ by what they learned and not by their luck.
    """
    context, letters = model.inputs.shape[1:]
    luck = Random(0)
    written = np.zeros((WORDS, context + LONGEST), np.int64)
    going = np.ones(WORDS, bool)
    for place in range(context, context + LONGEST):
        logits = yield np.eye(letters, dtype=np.float32)[written[:, place - context : place]]
        powers = np.nan_to_num(exponentials(logits, float), nan=1)  # what is no number counts like the likeliest
        reached = np.cumsum(powers, axis=1) / powers.sum(axis=1, keepdims=True)
        drawn = np.array([[luck.random()] for _ in range(WORDS)])
        letter = (reached < drawn).sum(axis=1).clip(max=letters - 1)
        going &= letter > 0
        written[going, place] = letter[going]
    return written[:, context:]


TASK = Task(
    id="sequence",
    metrics=("perplexity",),
    needs=needs,
    answers=classification.answers,
    changed=classification.different,
    change="changed",
    kinds=classification.TASK.kinds,
    caption="next letter",
    truth="next letter",
    right=classification.right,
    said=classification.said,
    verdict=classification.verdict,
    gained=classification.gained,
    apart=classification.apart,
    gain=classification.TASK.gain,
    reach=1.0,
    groupings=groupings,
    probe=_words,
)
