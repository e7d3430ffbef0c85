"""What all metrics share: a score is a function of the mean of one number per sample, and has an uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Interval = tuple[float, float]
Score = Callable[[Any], Any]
"""The mean over all samples -> the score; of many means, an array, as many scores."""


@dataclass(frozen=True)
class Uncertainty:
    """How sure a score is that was seen on some samples; `values` hold one number for each, float64, shape (n,).

    interval : (values, score) -> (low, high) of the score, 95 %
    difference : (values before, values after, score) -> (low, high) of the score after less that before, 95 %; the
        samples are the same ones, which tells far more than two intervals do
    method : the name of the interval, as on a model's card
    """

    interval: Callable[[np.ndarray, Score], Interval]
    difference: Callable[[np.ndarray, np.ndarray, Score], Interval]
    method: str


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How good a model's outputs are.

    Attributes
    ----------
    id, label : str, as in model.toml, and as the page says it
    unit, difference_unit : str, what follows a score and a difference of two; "" for a plain number
    scale : float, what a score is multiplied by before `unit`: 100 for a share in per cent
    decimals : int, how many are written
    higher_is_better : bool
    bounds : (lowest, highest) score that a limit may have
    whole : float or None, the score that fills a bar; None where none is the best or the worst
    marks : scores that the axis of the trade-off plot names, the worst first; it begins there
    height : (scores, n) -> where they stand on that axis, in steps of a factor of ten or two; higher is better
    each : (outputs, labels) -> float64, shape (n,): what is averaged
    in_rows : bool, whether samples are compared with their neighbours; `each` is then given arrays of shape
        (rows, samples of a row, ...), where a row is the frames of a clip, and may give fewer numbers than samples
    score : mean of `each` -> score, of one or of many, see `Score`
    uncertainty : Uncertainty
    """

    id: str
    label: str
    unit: str
    difference_unit: str
    scale: float = 1
    decimals: int
    higher_is_better: bool
    bounds: Interval
    whole: float | None = None
    marks: tuple[float, ...]
    height: Callable[[np.ndarray, int], np.ndarray]
    each: Callable[[np.ndarray, np.ndarray], np.ndarray]
    in_rows: bool = False
    score: Score
    uncertainty: Uncertainty

    def values(self, outputs: np.ndarray, labels: np.ndarray, row: int) -> np.ndarray:
        """What `each` gives where `row` samples after one another belong together."""
        if self.in_rows:
            outputs, labels = (array.reshape(-1, row, *array.shape[1:]) for array in (outputs, labels))
        return self.each(outputs, labels)

    def of(self, values: np.ndarray) -> float:
        """The score from what `values` gave."""
        return float(self.score(float(values.mean())))

    def interval(self, values: np.ndarray) -> Interval:
        """The 95 % interval of the score."""
        return self.uncertainty.interval(values, self.score)

    def difference(self, old: np.ndarray, new: np.ndarray) -> Interval:
        """The 95 % interval of the difference of two scores on the same samples."""
        return self.uncertainty.difference(old, new, self.score)

    def reaches(self, score: float, limit: float) -> bool:
        """Whether a score is at least as good as a limit."""
        return score >= limit if self.higher_is_better else score <= limit

    def goodness(self, scores):
        """The scores, turned over where lower is better."""
        return scores if self.higher_is_better else -scores

    def limit(self, score: float) -> str:
        """A limit that is kept: ``≥ 95 %``."""
        return f"{'≥' if self.higher_is_better else '≤'} {self.short(score)}"

    @property
    def beyond(self) -> str:
        """Where a score is that misses a limit."""
        return "below" if self.higher_is_better else "above"

    def number(self, score: float) -> str:
        """A score without its unit: ``95.3``."""
        return f"{self.scale * score:.{self.decimals}f}"

    def written(self, score: float) -> str:
        """A score with its unit: ``95.3 %``."""
        return f"{self.number(score)} {self.unit}".rstrip()

    def short(self, score: float) -> str:
        """A score as a person gave it: ``95 %``."""
        return f"{self.scale * score:.4g} {self.unit}".rstrip()

    def difference_written(self, difference: float) -> str:
        """A difference of two scores, with its sign: ``−1.1 points``, ``±0 points``."""
        text = self.number(difference)
        sign = "−" if text.startswith("-") else "+"
        text = sign + text.removeprefix("-") if float(text) else "±0"
        return f"{text} {self.difference_unit}".rstrip()
