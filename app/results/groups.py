"""For whom: the samples of a model in groups, and what compression did to the score of each.

A task says which groups there are; here they are judged. All of it is arrays in, values out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

import numpy as np

from models.metrics import shares
from models.metrics.metric import Metric

BINS = 10  # of confidence


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to put samples into groups; a sample may be in several, or in none.

    id : as in `State.by`
    label : what the page calls it
    names : of the groups
    members : bool, shape (groups, n)
    said : what a group is in a sentence, around its name
    """

    id: str
    label: str
    names: tuple[str, ...]
    members: np.ndarray
    said: str = "{}"


@dataclass(frozen=True, eq=False)
class Groups:
    """What became of each group of a grouping; arrays of shape (groups,), NaN where a group is empty.

    n : samples
    before, after : score under the baseline and when compressed
    right_before, right_after : samples answered rightly; None where a sample is not simply right or wrong
    lost : how much worse each has become, in the unit of the score
    """

    grouping: Grouping
    n: np.ndarray
    before: np.ndarray
    after: np.ndarray
    right_before: np.ndarray | None
    right_after: np.ndarray | None
    lost: np.ndarray

    @property
    def worst(self) -> int | None:
        """The group that has lost most; None if none has lost anything."""
        lost = np.nan_to_num(self.lost, nan=0)
        return int(lost.argmax()) if lost.size and lost.max() > 0 else None


@dataclass(frozen=True, eq=False)
class Chance:
    """How sure the change of each group is; arrays of shape (groups,), NaN where a group is empty.

    low, high : 95 % interval of the score after less that before, of the same samples
    lost, gained : samples that were right, or wrong, before; None where a sample is not simply right or wrong
    """

    low: np.ndarray
    high: np.ndarray
    lost: np.ndarray | None = None
    gained: np.ndarray | None = None

    @cached_property
    def p(self) -> np.ndarray | None:
        """McNemar's exact p-value; None where a sample is not simply right or wrong."""
        if self.lost is None:
            return None
        return np.array([mcnemar(*pair) for pair in zip(self.lost, self.gained, strict=True)])


def numbered(id: str, label: str, names: tuple[str, ...], which: np.ndarray, said: str = "{}") -> Grouping:
    """Groups by the number of the group that each sample is in: int, shape (n,)."""
    return Grouping(id, label, names, which == np.arange(len(names))[:, None], said)


def judged(grouping: Grouping, metric: Metric, old: np.ndarray, new: np.ndarray) -> Groups:
    """Score groups of samples by what the score is averaged from.

    Parameters
    ----------
    old, new : float64, shape (n,), as `Measured.values`

    Raises
    ------
    ValueError
        If the metric does not give one number for each sample.
    """
    members = grouping.members
    if members.shape[1:] != old.shape:
        raise ValueError(f"{members.shape[1]} samples are grouped, but {metric.id} gives {len(old)} values")
    n = members.sum(axis=1)
    before, after = np.full((2, len(n)), np.nan)
    for i in np.flatnonzero(n):
        before[i], after[i] = (metric.of(values[members[i]]) for values in (old, new))
    right = (_count(members, old > 0), _count(members, new > 0)) if _is_share(metric) else (None, None)
    return Groups(grouping, n, before, after, *right, (before - after) * (1 if metric.higher_is_better else -1))


def chance(grouping: Grouping, metric: Metric, old: np.ndarray, new: np.ndarray) -> Chance:
    """How sure the change of each group is, see `judged`."""
    members = grouping.members
    low, high = np.full((2, len(members)), np.nan)
    for i in np.flatnonzero(members.any(axis=1)):
        low[i], high[i] = metric.difference(old[members[i]], new[members[i]])
    if not _is_share(metric):
        return Chance(low, high)
    lost, gained = (_count(members, changed) for changed in (old > new, old < new))
    low, high = np.clip([low, high], -1, 1)  # of very few samples the interval would reach farther
    return Chance(low, high, lost, gained)


def to_json(groups: Groups, sure: Chance) -> list[dict[str, Any]]:
    """Groups as plain JSON, null for what an empty one has not."""
    change = groups.after - groups.before
    columns = (groups.before, groups.after, change, sure.low, sure.high)
    rows = zip(*([None if np.isnan(each) else float(each) for each in column] for column in columns), strict=True)
    return [
        {"name": name, "n": int(n), "baseline": old, "score": new, "change": change, "interval": [low, high]}
        for name, n, (old, new, change, low, high) in zip(groups.grouping.names, groups.n, rows, strict=True)
    ]


def _count(members: np.ndarray, those: np.ndarray) -> np.ndarray:
    """How many of those are in each group: int64, shape (groups,)."""
    return (members & those).sum(axis=1)


def _is_share(metric: Metric) -> bool:
    """Whether a sample is simply right or wrong."""
    return metric.uncertainty is shares.UNCERTAINTY


def mcnemar(lost: int, gained: int) -> float:
    """The exact p-value of McNemar's test: how likely so uneven a split of the changed answers is by chance.

    Source: Edwards, Psychometrika 1948; the two-sided binomial test of `lost` of ``lost + gained`` at one half.

    Examples
    --------
    >>> [round(mcnemar(*pair), 4) for pair in ((1, 0), (6, 0), (0, 0))]
    [1.0, 0.0312, 1.0]
    """
    lost, gained = int(lost), int(gained)
    both = lost + gained
    return min(1.0, 2 * sum(comb(both, k) for k in range(min(lost, gained) + 1)) / 2**both)


def confusion(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """How often samples of each class, the rows, were answered with each class, the columns: int64.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    counts = np.bincount(labels * classes + answers, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How sure a model is beside how often it is right, by bins of confidence; empty ones are left out.

    confidence, accuracy : means of each bin, 0 to 1
    n : samples of each bin
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    n: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: how far the two lie apart, on average over all samples."""
        return float(np.sum(self.n * np.abs(self.confidence - self.accuracy)) / max(self.n.sum(), 1))

    @property
    def surer(self) -> float:
        """How much surer the model is than it is right, on average; negative if it is less sure."""
        return float(np.sum(self.n * (self.confidence - self.accuracy)) / max(self.n.sum(), 1))


def calibration(confidence: np.ndarray, right: np.ndarray) -> Calibration:
    """The reliability diagram of a classifier.

    Parameters
    ----------
    confidence : float, shape (n,), 0 to 1, of the class that was answered
    right : bool, shape (n,)

    Notes
    -----
    Bins are equally wide and hold their upper end. Source: Guo et al., ICML 2017, section 2.
    """
    which = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    n = np.bincount(which, minlength=BINS)
    seen = n > 0
    sure, true = (np.bincount(which, values, BINS)[seen] / n[seen] for values in (confidence, right))
    return Calibration(sure, true, n[seen])
