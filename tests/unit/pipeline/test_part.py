"""Where a run of all samples takes too long for a drag, a part of them is measured like a model of its own."""

import asyncio

import numpy as np
import pytest

from app.pipeline import measure
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Watch
from app.results.scene import Scene
from app.runtime.native import NativeRuntime
from app.screen.figures import figures_html
from app.state.state import DEFAULT

DRAG = Watch(dragging=True, part=True)


@pytest.fixture
def long(monkeypatch):
    """Every run takes long."""
    monkeypatch.setattr(measure, "LONG_MS", 0)


def both(model, change=(), watch=DRAG):
    """The Result of a drag, and of the same when it rests; as after a first Result."""

    async def compute():
        pipeline = Pipeline(NativeRuntime())
        await pipeline.result(DEFAULT.merged({"model": model}))
        state = DEFAULT.merged({"model": model, "recipe": [{"technique": "prune", "sparsity": 0.8}], **dict(change)})
        return await pipeline.result(state, watch), await pipeline.result(state), await pipeline.result(state, watch)

    return asyncio.run(compute())


def test_a_long_run_is_measured_on_the_first_samples_and_the_same_file_then_on_all(long):
    part, whole, again = both("digits-gate")
    n = len(part.model.labels)
    assert n == len(whole.model.labels) // 4 and part.partial_of == len(whole.model.labels) and part.onnx == whole.onnx
    for partly, wholly in ((part.baseline, whole.baseline), (part.compressed, whole.compressed)):
        assert np.array_equal(partly.values, wholly.values[:n]) and partly.score == wholly.values[:n].mean()
        assert np.ptp(partly.interval) > np.ptp(wholly.interval)
        assert np.array_equal(partly.route.went_on, wholly.route.went_on[:n])
    assert part.changed.indices.tolist() == [index for index in whole.changed.indices if index < n]
    assert part.to_json()["partial_of"] == whole.to_json()["n"] and "partial_of" not in whole.to_json()
    assert f"on {n} of {part.partial_of} samples" in figures_html(Scene(part))
    assert again.partial_of is None, "what has been measured whole is shown so"


@pytest.mark.parametrize(
    "model, change",
    [("digits-mlp", {"sample": 200}), ("digits-mlp", {"view": "predictions"}), ("denoiser", {})],
    ids=["a sample beyond it is on screen", "the view shows all samples", "samples belong together"],
)
def test_what_needs_all_samples_has_them(long, model, change):
    assert both(model, change)[0].partial_of is None


def test_what_is_quick_or_no_drag_is_whole(long, monkeypatch):
    assert both("digits-mlp", watch=Watch(dragging=True))[0].partial_of is None
    monkeypatch.setattr(measure, "LONG_MS", 10_000)
    assert both("digits-mlp")[0].partial_of is None
