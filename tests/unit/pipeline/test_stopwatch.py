"""Two files are timed against each other: what is said of them is true whatever the machine does besides."""

import asyncio
import random
from dataclasses import replace

import numpy as np
import pytest

from app.pipeline.pipeline import Pipeline
from app.pipeline.stopwatch import ERROR, LONGEST, LOOKS, NARROW, Lap, less, order, settled
from app.results.times import Ratio, Times
from app.runtime import CannotRun
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from tests.made import networks
from tests.made.calibrated import Calibrated

ROWS = np.random.default_rng(9).standard_normal((50, 13)).astype(np.float32)
MLP = networks.mlp((13, 11, 7, 5))
TRIALS = 500
BUSY = ["quiet", "noisy", "bursts", "warms up", "drifts", "second is slower", "coarse clock", "wild"]


def machine(kind, slots, rng):
    """How many times as long as on a quiet machine a run takes in each of `slots` moments, one after the other."""
    t = np.arange(slots)
    slow = np.exp(rng.normal(0, {"quiet": 0.01, "wild": 0.5}.get(kind, 0.05), slots))
    if kind in ("bursts", "wild"):  # of some runs, on one moment in eight
        begins = rng.random(slots) < 0.04
        slow *= np.where(np.convolve(begins, np.ones(4))[:slots] > 0, rng.uniform(1.5, 4), 1)
    if kind in ("warms up", "wild"):  # code that is compiled as it runs
        slow *= 1 + 2 * np.exp(-t / rng.uniform(1, 8))
    if kind in ("drifts", "wild"):
        slow *= np.exp(rng.normal(0, 0.03, slots).cumsum())
    if kind in ("second is slower", "wild"):  # as garbage is collected, say
        slow *= 1 + 0.2 * (t % 2)
    return np.maximum(np.round(4 * slow), 1) if kind == "coarse clock" else slow


def raced(kind, faster, rng):
    """What is said of a file that takes ``1 / faster`` of the baseline's time."""
    rounds, slow = [], machine(kind, 4 * LOOKS[-1], rng).tolist()
    while slow:
        laps = ([], [])
        for file in order():
            ms = slow.pop(0) / (faster if file else 1)
            laps[file].append(Lap(ms, ms))
        rounds.append((less(*laps[0]), less(*laps[1])))
        if times := settled(rounds):
            return times, len(rounds)
    raise AssertionError("never settled")


@pytest.mark.parametrize("kind", BUSY)
def test_the_same_file_is_not_called_another(kind):
    rng = np.random.default_rng(BUSY.index(kind))
    random.seed(BUSY.index(kind))
    found = [raced(kind, 1.0, rng)[0].whole for _ in range(TRIALS)]
    assert np.mean([not each.low <= 1 <= each.high for each in found]) <= ERROR, "the stated error"
    assert sum(each.differs for each in found) <= (TRIALS * ERROR if kind == "wild" else 0)


@pytest.mark.parametrize("kind", BUSY[:-1])
@pytest.mark.parametrize("faster", [0.5, 2.0])
def test_a_file_twice_as_fast_or_slow_is_found_out(kind, faster):
    rng = np.random.default_rng(7)
    found = [raced(kind, faster, rng)[0].whole for _ in range(200)]
    assert np.mean([each.differs for each in found]) >= 0.97
    assert np.mean([each.low <= 1 / faster <= each.high for each in found]) >= 1 - 2 * ERROR
    assert np.median([each.value for each in found]) == pytest.approx(1 / faster, rel=0.03)


def test_a_quiet_machine_is_done_soon_and_a_busy_one_in_the_end():
    rng = np.random.default_rng(1)
    assert {raced("quiet", 2.0, rng)[1] for _ in range(20)} == {LOOKS[0]}
    assert {raced("wild", 2.0, rng)[1] for _ in range(20)} == {LOOKS[-1]}


def test_it_is_settled_at_looks_alone_and_sooner_where_it_takes_long():
    wide = [(Lap(1.0, 1.0), Lap(1.0 + i % 2, 1.0)) for i in range(LOOKS[1])]
    assert settled(wide[:8], 2 * LONGEST) is None
    assert settled(wide[:9]) is None and settled(wide[:9], 2 * LONGEST).whole == Ratio(1.0, 1.0, 2.0)
    narrow = [(Lap(1.0, 1.0), Lap(1.0, NARROW - 0.01 * (i % 2))) for i in range(LOOKS[0])]
    assert settled(narrow).single.high == NARROW


class Clock(NativeRuntime):
    """A machine on which a file takes the time that is next; `times` of (baseline, any other) and of a single sample.

    After `until` runs of a file with a number of repeats, whoever times is asked to stop.
    """

    def __init__(self, baseline):
        self.baseline, self.times, self.runs, self.until = baseline, (6.0, 12.0), 0, 10**9

    async def run(self, onnx, batch, *, repeats=1, singles=0, probe=None, beside=None):
        self.runs += repeats > 1 and singles > 0
        ran = await super().run(onnx, batch, singles=singles, probe=probe)
        ms = self.times[onnx != self.baseline]
        return replace(ran, run_ms=ms, single_ms=ms / 3 if singles else None)

    def stop(self):
        return self.runs >= self.until


@pytest.fixture
def tiny():
    return Calibrated(MLP, ROWS)


def test_times_are_compared_once_they_have_settled_and_are_kept(tiny):
    clock = Clock(MLP)
    pruned = State(tiny.id, (Step.of("prune"),))

    async def twice():
        pipeline = Pipeline(clock)
        first = await pipeline.result(pruned)
        timed = await pipeline.timed(first, clock.stop)
        again = await pipeline.result(pruned)
        runs = clock.runs
        return first, timed, again, await pipeline.timed(again, clock.stop), clock.runs - runs

    first, timed, again, still, runs = asyncio.run(twice())
    assert first.times is None and not first.to_json()["latency_steady"]
    assert timed.times == again.times == Times(Ratio(2, 2, 2), Ratio(2, 2, 2)) and still is again and runs == 0
    n = len(ROWS)
    for each in (timed, again):
        assert (each.baseline.latency_ms, each.compressed.latency_ms) == (6 / n, 12 / n)
        assert (each.baseline.single_ms, each.compressed.single_ms) == (2, 4)


def test_a_stopwatch_that_is_stopped_goes_on_where_it_was(tiny):
    clock, pruned = Clock(MLP), State(tiny.id, (Step.of("prune"),))

    async def stopped():
        pipeline = Pipeline(clock)
        first = await pipeline.result(pruned)
        clock.until = 11
        given_up = await pipeline.timed(first, clock.stop)
        clock.until = 10**9
        return first, given_up, await pipeline.timed(first, clock.stop)

    first, given_up, timed = asyncio.run(stopped())
    assert given_up.times is None and timed.times
    assert clock.runs == 11 + 4 * (LOOKS[0] - 2)  # two whole rounds, one that is lost, and the rest


def test_a_worse_baseline_takes_no_better_ones_place(tiny):
    clock = Clock(MLP)

    async def busy():
        pipeline, found = Pipeline(clock), []
        for strength, times in ((0.3, (6.0, 6.0)), (0.4, (24.0, 12.0)), (0.5, (3.0, 3.0))):
            clock.times = times
            result = await pipeline.result(State(tiny.id, (Step.of("prune", sparsity=strength),)))
            found.append((result.baseline, await pipeline.timed(result, clock.stop)))
        return found, await pipeline.result(State(tiny.id, (Step.of("prune", sparsity=0.6),)))

    found, last = asyncio.run(busy())
    n = len(ROWS)
    assert [before.latency_ms * n for before, _ in found] == pytest.approx([6, 6, 6])
    assert [timed.baseline.latency_ms * n for _, timed in found] == pytest.approx([6, 24, 3])  # of the same rounds
    assert [timed.times.whole.value for _, timed in found] == [1, 0.5, 1]
    assert last.baseline.latency_ms * n == pytest.approx(3)


def test_a_file_of_one_batch_size_has_no_time_of_a_single_sample(tiny):
    class Whole(Clock):
        async def run(self, onnx, batch, **options):
            if options.get("singles"):
                raise CannotRun("one size")
            return await super().run(onnx, batch, **options)

    async def timed():
        pipeline = Pipeline(Whole(MLP))
        return await pipeline.timed(await pipeline.result(State(tiny.id, (Step.of("prune"),))), lambda: False)

    shown = asyncio.run(timed())
    assert shown.times.single is None and shown.compressed.single_ms is None
    assert shown.to_json()["times"]["single"] is None and shown.to_json()["times"]["whole"]["differs"]
