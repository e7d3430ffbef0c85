"""A curve is measured coarse to fine, each of its points once."""

import asyncio
from dataclasses import fields, replace

from app.pipeline import curves as module
from app.pipeline.curves import Curves
from app.results.curve import Curve, Point
from app.state.compression import Compression
from app.state.slider import Slider, coarse_first
from app.state.state import DEFAULT, State
from tests.unit.test_store import result_of

SLIDER = Slider("prune", "sparsity")
AROUND = Compression.of(DEFAULT)


class Asked:
    """Answers at once, and remembers which strengths were wanted."""

    def __init__(self, refused=()):
        self.values, self.refused = [], refused

    async def __call__(self, compression):
        self.values.append(SLIDER.value(compression))
        if self.values[-1] in self.refused:
            raise ValueError("this cannot be computed")
        return result_of(State(**{each.name: getattr(compression, each.name) for each in fields(Compression)}))


def trace(curves, ask, around=AROUND, **more):
    async def all():
        return [point async for point in curves.trace(SLIDER, around, ask, **more)]

    return asyncio.run(all())


def test_points_come_coarse_to_fine_and_are_kept_in_order():
    curves, ask = Curves(), Asked()
    points = trace(curves, ask)
    values = SLIDER.strengths(AROUND)
    assert ask.values == [point.value for point in points] == coarse_first(values)
    curve = curves.known(SLIDER, AROUND)
    assert [point.value for point in curve.points] == list(values) and curve.done
    assert curve.points[0].to_json() == {"value": 0.0, "score": 0.9, "bytes": 100, "changed": 0}


def test_a_move_along_the_slider_measures_nothing_again():
    curves, ask = Curves(), Asked()
    trace(curves, ask)
    moved = SLIDER.at(DEFAULT, 0.83)
    curve = curves.curve(SLIDER, result_of(moved))
    assert 0.83 in [point.value for point in curve.points] and len(curve.points) == 16 and curve.done
    ask.values.clear()
    trace(curves, ask, Compression.of(moved))
    assert ask.values == []
    trace(curves, ask, replace(AROUND, seed=1))
    assert len(ask.values) == len(SLIDER.strengths(AROUND)), "another seed is another curve"


def test_what_cannot_be_computed_is_left_out_and_tried_again():
    curves, ask = Curves(), Asked(refused=(0.99,))
    trace(curves, ask)
    assert 0.99 not in [point.value for point in curves.known(SLIDER, AROUND).points]
    ask.values.clear()
    trace(curves, ask)
    assert ask.values == [0.99]


def test_seconds_are_limited_and_the_next_rest_goes_on(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    curves, ask = Curves(), Asked()
    first = trace(curves, ask, seconds=5)
    assert [point.value for point in first] == coarse_first(SLIDER.strengths(AROUND))[:5]
    assert curves.known(SLIDER, AROUND).done
    trace(curves, ask, seconds=5)
    assert len(ask.values) == len(set(ask.values)) == 10


def test_what_the_build_measured_is_not_measured_again():
    curves, ask = Curves(), Asked()
    points = tuple(Point(value, 0.5, 7, 1) for value in SLIDER.strengths(AROUND))
    curves.add(Curve(SLIDER, AROUND, points, done=True))
    assert trace(curves, ask) == [] and curves.known(SLIDER, AROUND).points == points
