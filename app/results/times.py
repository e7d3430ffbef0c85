"""How the time of a compressed file stands beside the baseline's: ratios of paired runs, and whether they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SAME = 0.15  # of a ratio: files that differ by less are called the same, for such a difference is nobody's reason


@dataclass(frozen=True)
class Ratio:
    """The time of the compressed file over that of the baseline.

    value : median of the rounds
    low, high : interval that holds the true median, save for an error of `app.pipeline.stopwatch.ERROR` at most

    Examples
    --------
    >>> Ratio(0.5, 0.45, 0.55).differs, Ratio(0.5, 0.4, 1.1).differs, Ratio(1.1, 1.08, 1.12).differs
    (True, False, False)
    """

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether one file is faster: beyond chance, and by so much that it matters."""
        apart = max(self.value, 1 / self.value) >= 1 + SAME
        return apart and not self.low <= 1 <= self.high

    def to_json(self) -> dict[str, Any]:
        return {"ratio": self.value, "interval": [self.low, self.high], "differs": self.differs}


@dataclass(frozen=True)
class Times:
    """Both figures of a comparison: they need not agree.

    whole : with the evaluation set as one batch
    single : with one sample at a time; None where the file takes no single sample
    """

    whole: Ratio
    single: Ratio | None

    @property
    def slower(self) -> bool:
        """Whether the compressed file is slower, on the whole set or on single samples."""
        return any(each.differs and each.value > 1 for each in (self.whole, self.single) if each)

    def to_json(self) -> dict[str, Any]:
        return {"whole": self.whole.to_json(), "single": self.single and self.single.to_json()}
