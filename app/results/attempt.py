"""What a person tries: an input of their own, and what both files say of it. No State knows of it, and no link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.results.result import Result
from app.results.samples import chosen


@dataclass(frozen=True)
class Setting:
    """One quantity that an input is made from, which a slider of that label moves; without a label, only a drag."""

    id: str
    label: str
    low: float
    high: float
    step: float
    start: float

    def read(self, value: Any) -> float:
        """A foreign value as a number; what lies beyond the ends is brought to them. Raises ValueError.

        >>> Setting("x", "x", -1, 1, 0.1, 0).read(7)
        1.0
        """
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
            raise ValueError(f"{self.id} is a number from {self.low:g} to {self.high:g}, not {value!r:.40}")
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True, eq=False)
class Attempt:
    """What is tried with a model.

    input : the kind of input, an id of `app.tasks.inputs`
    values : what of it has been moved, by the ids of its settings
    said : what there is to say of how it was found
    """

    model: str
    input: str
    values: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, eq=False)
class Attempted:
    """What came of it.

    result : whose files have answered
    settings : the sliders of this input
    values : where all of them stand, and what else the input is made from
    samples, labels : what both files were given, shape (n, ...), and what is right about it; None if nobody knows
    outputs : of the baseline and of the compressed file, each of shape (n, ...)
    written : the words that both have gone on to write; None of other inputs
    pad : what a pointer does on its picture: "ink" leaves ink, "drag" moves the settings `x` and `y`, "" nothing
    """

    attempt: Attempt
    result: Result
    settings: tuple[Setting, ...]
    values: Mapping[str, Any]
    samples: np.ndarray
    labels: np.ndarray | None
    outputs: tuple[np.ndarray, np.ndarray]
    written: tuple[str, str] | None = None
    pad: str = ""

    def is_of(self, attempt: Attempt, result: Result) -> bool:
        """Whether nothing else would come of an attempt with the files of a Result."""
        mine = self.result
        same = attempt is self.attempt and result.model is mine.model and chosen(result) == chosen(mine)
        return same and (result.onnx is mine.onnx or result.onnx == mine.onnx)

    def to_json(self) -> dict[str, Any]:
        """As `window.playground.predict` gives it; a single sample stands alone."""
        both = (each[0] if len(each) == 1 else each for each in self.outputs)
        plain = dict(zip(("baseline", "compressed"), (each.tolist() for each in both), strict=True))
        return plain if self.written is None else {**plain, "written": list(self.written)}
