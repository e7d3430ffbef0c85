"""The curve of a slider: its strengths are measured behind the person's back, and remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from app.pipeline.cache import Shelf
from app.results.curve import Curve, Point
from app.results.result import Result
from app.state.compression import Compression
from app.state.slider import Slider, coarse_first

MANY = 100  # curves that are remembered: those of all lessons come with the site

Ask = Callable[[Compression], Awaitable[Result]]
"""Has a Compression computed; `app.store.Store.ask` in earnest."""


@dataclass(eq=False)
class _Line:
    """The points of one curve, by their values."""

    points: dict[float, Point] = field(default_factory=dict)
    done: bool = False


class Curves:
    """The curves that were begun. One that only its own slider moves along is the same curve."""

    def __init__(self):
        self._lines = Shelf(MANY)

    def add(self, curve: Curve) -> None:
        """Take over one that was measured elsewhere."""
        line = self._line(curve.slider, curve.around)
        line.points.update((point.value, point) for point in curve.points)
        line.done = True

    def curve(self, slider: Slider, result: Result) -> Curve:
        """What is known of the curve that a Result lies on; the Result is one of its points."""
        around, value = Compression.of(result.state), slider.value(result.state)
        line = self._line(slider, around)
        line.points.setdefault(value, Point.of(value, result))
        return self.known(slider, around)

    def known(self, slider: Slider, around: Compression) -> Curve:
        """What is known of a curve."""
        line = self._line(slider, around)
        found = (line.points.get(value) for value in slider.strengths(around))
        return Curve(slider, around, tuple(point for point in found if point), line.done)

    async def trace(
        self, slider: Slider, around: Compression, ask: Ask, seconds: float = inf
    ) -> AsyncIterator[Point]:  # fmt: skip
        """Measure what is not known yet, so that the first few points span all; what cannot be computed is left out.

        Parameters
        ----------
        seconds : after which no other point is begun

        Raises
        ------
        Superseded
            If it is given up.
        """
        line, began = self._line(slider, around), monotonic()
        for value in coarse_first(slider.strengths(around)):
            if value in line.points:
                continue
            if monotonic() - began > seconds:
                break
            try:
                result = await ask(slider.at(around, value))
            except ValueError:
                continue
            line.points[value] = Point.of(value, result)
            yield line.points[value]
        line.done = True

    def _line(self, slider: Slider, around: Compression) -> _Line:
        key = slider, slider.at(around, slider.declared.low)
        return self._lines.get(key) if key in self._lines else self._lines.put(key, _Line())
