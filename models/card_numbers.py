"""The numbers on a model's card as fields: read from the table on the card, and written as that table.

Here alone stands how the table looks. ``models/card.py`` computes the numbers; who shows them reads the fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.metrics.metric import Metric

TABLE = re.compile(r"\| number \| value \|\n\|---\|---\|\n((?:\|.*\|\n)+)")
COUNTED = re.compile(r"\((\d+) of (\d+)\)")


@dataclass(frozen=True)
class CardNumbers:
    """What a card says of a model uncompressed.

    Attributes
    ----------
    parameters : int, numbers that training may change; a threshold counts as one
    macs : int, multiply-accumulates for one sample that goes all the way
    size_bytes : int, of the file
    score : str, with its unit, such as "97.1 %" or "0.12 px"
    right : (int, int), of so many samples; None where the score is no share
    interval : (str, str), the ends of the 95 % interval of the score
    went_on : (int, int), samples of a dynamic network that go on, and all; None of others
    mean_macs : int, multiply-accumulates of a dynamic network on average; None of others
    """

    parameters: int
    macs: int
    size_bytes: int
    score: str
    right: tuple[int, int] | None
    interval: tuple[str, str]
    went_on: tuple[int, int] | None = None
    mean_macs: int | None = None


def read(card: str, metric: Metric) -> CardNumbers | None:
    """The numbers on a card, whose model is scored by this metric; None if the card has no table.

    Examples
    --------
    >>> from models.metrics import METRICS
    >>> from models.model import info
    >>> numbers = read(info("digits-mlp").card, METRICS["accuracy"])
    >>> numbers.macs, numbers.score, numbers.right
    (50200, '99.2 %', (357, 360))
    """
    found = TABLE.search(card)
    if found is None:
        return None
    cells = dict([cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines())
    score, low, high = cells[metric.label].partition(" (")[0], *cells[_interval(metric)].split(" to ")
    return CardNumbers(
        parameters=int(cells["parameters"]),
        macs=int(cells["multiply-accumulates per sample"]),
        size_bytes=int(cells["file size"].removesuffix(" bytes")),
        score=_spaced(score),
        right=_pair(cells[metric.label]),
        interval=(_spaced(low), _spaced(high)),
        went_on=_pair(cells.get("samples that go on", "")),
        mean_macs=int(cells["multiply-accumulates on average"]) if "multiply-accumulates on average" in cells else None,
    )


def written(numbers: CardNumbers, metric: Metric) -> str:
    """The table for the card."""
    cells = {"parameters": numbers.parameters, "multiply-accumulates per sample": numbers.macs}
    if numbers.went_on is not None:
        on, n = numbers.went_on
        cells["samples that go on"] = f"{on / n:.1%} ({on} of {n})"
        cells["multiply-accumulates on average"] = numbers.mean_macs
    cells["file size"] = f"{numbers.size_bytes} bytes"
    counted = "" if numbers.right is None else " ({} of {})".format(*numbers.right)
    cells[metric.label] = numbers.score.replace(" %", "%") + counted
    cells[_interval(metric)] = " to ".join(numbers.interval).replace(" %", "%")
    rows = "".join(f"| {name} | {value} |\n" for name, value in cells.items())
    return f"| number | value |\n|---|---|\n{rows}"


def _interval(metric: Metric) -> str:
    return f"95% {metric.uncertainty.method} interval"


def _spaced(score: str) -> str:
    """A score as metrics write it: the cards have no space before the per cent sign."""
    return score.replace("%", " %")


def _pair(cell: str) -> tuple[int, int] | None:
    """What stands in brackets: so many of so many."""
    counted = COUNTED.search(cell)
    return counted and (int(counted[1]), int(counted[2]))
