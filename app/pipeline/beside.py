"""What a view shows beside a Result: the curve of the slider in hand, each layer alone, what it costs to spare some.

All of it is measured behind the person's back once they rest, and remembered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

from app.pipeline.curves import Ask, Curves
from app.pipeline.sensitivity import Sensitivities
from app.pipeline.watch import Superseded
from app.results.curve import Curve
from app.results.protected import Protected, unprotected
from app.results.result import Result
from app.results.sensitivity import Sensitivity
from app.state.compression import Compression
from app.state.slider import Slider, first, in_hand
from app.state.state import State

CURVED = "tradeoff"  # the view that shows the curve of the slider in hand
LAYERED = "layers", "sensitivity"  # the view, and how it is looked at, that shows each layer alone
SECONDS = 5  # that a curve may take
SOMETIMES = 0.2  # seconds between two pictures of what comes


class Beside:
    """What is known of it, and how the rest is found.

    Parameters
    ----------
    state : the first State
    curves : those that have been measured elsewhere
    """

    def __init__(self, state: State, curves: Iterable[Curve]):
        self._slider = first(state)  # in hand
        self._curves, self._sensitivities = Curves(), Sensitivities()
        self._protected: dict[Compression, Protected] = {}
        for curve in curves:
            self._curves.add(curve)

    def moved(self, before: State, after: State) -> None:
        """The State is another one: so may be the slider in hand."""
        self._slider = in_hand(self._slider, before, after)

    def known(self, result: Result, state: State) -> dict[str, Any]:
        """What is known of it around a Result, by the names of a Scene; `state` says what is looked at."""
        return {
            "curve": self._curve(result),
            "sensitivity": self._sensitivity(result, state),
            "protected": self._protected.get(Compression.of(result.state)),
        }

    async def find(self, result: Result, state: State, ask: Ask, show: Callable[[], None]) -> None:
        """Measure what the view shows and is not known yet; call `show` now and then, and at the end."""
        if (state.view, state.by) == LAYERED:
            trials = self._sensitivities.measure(Compression.of(result.state), _layers(result), ask)
            await _as_it_comes(trials, show)
        elif state.view == CURVED:
            await self._compare_unprotected(result, ask, show)
            if (curve := self._curve(result)) is not None:
                await _as_it_comes(self._curves.trace(curve.slider, curve.around, ask, SECONDS), show)

    async def curve(self, slider: Slider, around: Compression, ask: Ask) -> Curve:
        """The whole curve of a slider. Raises Superseded if it is given up."""
        async for _ in self._curves.trace(slider, around, ask):
            pass
        return self._curves.known(slider, around)

    async def sensitivity(self, result: Result, around: Compression, ask: Ask) -> Sensitivity:
        """Each layer alone under each technique of a Compression. Raises Superseded if it is given up."""
        async for _ in self._sensitivities.measure(around, _layers(result), ask):
            pass
        return self._sensitivities.known(around, _layers(result))

    async def _compare_unprotected(self, result: Result, ask: Ask, show: Callable[[], None]) -> None:
        """Have the same recipe measured in all layers, if some are spared: what that costs."""
        key, other = Compression.of(result.state), unprotected(result.state)
        if other is None or key in self._protected:
            return
        with suppress(Superseded, ValueError):
            self._protected = {key: Protected.of(result, await ask(other))}
            show()

    def _curve(self, result: Result) -> Curve | None:
        slider = self._slider  # of the State chosen last, which need not be that of the Result
        return None if slider is None or slider.value(result.state) is None else self._curves.curve(slider, result)

    def _sensitivity(self, result: Result, state: State) -> Sensitivity | None:
        if (state.view, state.by) != LAYERED:
            return None
        return self._sensitivities.known(Compression.of(result.state), _layers(result))


async def _as_it_comes(found: AsyncIterator[Any], show: Callable[[], None]) -> None:
    """Show now and then what has been found, and at the end, also if the rest is given up."""
    drawn = monotonic()
    with suppress(Superseded):
        async for _ in found:
            if monotonic() - drawn > SOMETIMES:
                show()
                drawn = monotonic()
    show()


def _layers(result: Result) -> tuple[str, ...]:
    """The names of the layers of a network, in its order."""
    return tuple(layer.name for layer in result.layers)
