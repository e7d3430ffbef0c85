"""What the build stores of a model is what reading and running its file gives, and makes way for what is run here."""

import asyncio
from dataclasses import replace

import pytest

from app.network.read import read
from app.pipeline import prebuilt
from app.pipeline.pipeline import Pipeline
from app.results.scene import Baseline, Scene
from app.runtime.native import NativeRuntime
from app.screen.figures import figures_html
from app.site.prerender import store_baseline
from app.state.choices import Step
from app.state.state import State
from models import MODELS
from models import model as models

RECIPE = (Step.of("prune", sparsity=0.8), Step.of("palettize", bits=3))


class Counting(NativeRuntime):
    """Notes which files are run."""

    def __init__(self):
        self.ran = []

    async def run(self, onnx, batch, **options):
        self.ran.append(onnx)
        return await super().run(onnx, batch, **options)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(prebuilt, "FOLDER", tmp_path)
    return tmp_path


def build(id):
    return asyncio.run(store_baseline(Pipeline(NativeRuntime()), models.load(id)))


@pytest.mark.parametrize("id", MODELS)
def test_a_stored_network_writes_the_same_file_and_is_small(id):
    model = models.load(id)
    network = read(model.onnx)
    data = prebuilt.dump(model, network, network.folded.values())
    again = prebuilt.read(model, data)
    assert again.write(again.weights).onnx == network.write(network.weights).onnx
    assert all(weight.values.flags.aligned and weight.values.flags.c_contiguous for weight in again.weights)
    assert len(data) < 50_000  # without any weight


@pytest.mark.parametrize("id", ["spirals", "digits-resnet"])
def test_the_first_choice_runs_only_the_compressed_file(folder, id):
    known, runtime = build(id), Counting()
    state, plain = State(id, RECIPE), Pipeline(NativeRuntime())
    first = asyncio.run(Pipeline(runtime).result(state))
    assert runtime.ran == [first.onnx]
    assert first.baseline.latency_ms is None and first.to_json()["baseline"]["latency_ms"] is None
    assert 'measuring</dd><dd class="detail">a sample<' in figures_html(Scene(first))
    wanted = asyncio.run(plain.result(state))
    assert first.onnx == wanted.onnx and first.changed.count == wanted.changed.count
    assert (first.baseline.outputs == wanted.baseline.outputs).all()
    assert known == Baseline.of(wanted.model, wanted.baseline)


def test_what_is_run_here_takes_the_place_of_what_was_stored(folder):
    build("spirals")
    model = models.load("spirals")
    found = prebuilt.load(model)
    wrong = replace(found.measured, answers=(found.measured.answers + 1) % len(model.classes), score=0.0)
    prebuilt.path("spirals").write_bytes(prebuilt.dump(model, replace(found, measured=wrong)))
    pipeline = Pipeline(NativeRuntime())

    async def timed():
        first = await pipeline.result(State("spirals", RECIPE))
        return first, await pipeline.timed(first, lambda: False), await pipeline.result(State("spirals"))

    first, then, next = asyncio.run(timed())
    assert first.baseline.score == 0 and first.changed.count > 0.9 * len(model.labels)
    assert then.baseline.score > 0.9 and then.times and then.baseline.latency_ms > 0
    assert then.changed.count < 0.5 * len(model.labels)
    assert (then.probed == first.probed).all()
    assert next.baseline.score == then.baseline.score and next.changed.count == 0


def test_nothing_is_stored_natively():
    assert prebuilt.load(models.load("spirals")) is None
