"""The pipeline drives techniques: it answers what they ask, gives each layer its own strength, and can be stopped."""

import asyncio
import json
import zlib
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from app.pipeline.base import CALIBRATION
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Superseded, Watch
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from kernels import TECHNIQUES
from kernels.asking import Inputs, Moments, Progress
from kernels.calibrated.hessian import centred, gram
from kernels.calibrated.patches import patches
from kernels.technique import Parameter, Skipped, Technique
from tests.made import networks
from tests.made.calibrated import Calibrated, model_of

RNG = np.random.default_rng(9)
ROWS = RNG.standard_normal((50, 13)).astype(np.float32)
PICTURES = RNG.standard_normal((10, 3, 6, 6)).astype(np.float32)
MLP = networks.mlp((13, 11, 7, 5))


@pytest.fixture
def register(monkeypatch):
    """Adds a technique called "fake" that does what it is given."""

    def add(apply):
        parameters = (
            Parameter("strength", "int", 1, low=0, high=9, primary=True),
            Parameter("kind", "choice", "a", choices=("a", "b")),
        )
        monkeypatch.setitem(TECHNIQUES, "fake", Technique("fake", "Fake", "", parameters, apply, ""))

    return add


@pytest.fixture
def tiny():
    return Calibrated(MLP, ROWS)


def result(tiny, *steps, watch=Watch(), **change):  # noqa: B008 - a frozen value
    """The Result of a recipe of techniques, each alone or with parameters."""
    recipe = tuple(Step.of(step) if isinstance(step, str) else Step.of(step[0], **step[1]) for step in steps)
    return asyncio.run(tiny.pipeline.result(State(tiny.id, recipe).merged(change), watch))


def nothing(weights, params, setting):
    return list(weights)


# ---- what a layer reads ----------------------------------------------------------------------------------------------


def asking(into, *questions):
    """A technique that asks for inputs and keeps the answers."""

    def apply(weights, params, setting):
        named = {weight.name: weight for weight in weights}
        for question in questions:
            into.append((yield question(named)))
        return list(weights)

    return apply


def relu(x):
    return np.maximum(x, 0)


def test_inputs_are_what_the_network_reads(register, tiny):
    fc1, fc2, _ = tiny.network.weights
    first = relu(ROWS @ fc1.values.T + fc1.bias)
    got = []
    questions = Inputs("fc1"), Inputs("fc2"), Inputs("fc3"), Inputs("fc2", whole=True)
    register(asking(got, *[lambda named, question=question: question for question in questions]))
    result(tiny, "fake")
    assert [rows.shape for rows in got] == [(1, 50, 13), (1, 50, 11), (1, 50, 7), (50, 11)]
    expected = (ROWS, first, relu(first @ fc2.values.T + fc2.bias), first)
    for rows, right in zip(got, expected, strict=True):
        np.testing.assert_allclose(rows.reshape(right.shape), right, atol=1e-4)


def test_inputs_of_a_network_with_other_weights(register, tiny):
    fc1 = tiny.network.weights[0]
    got = []
    register(asking(got, lambda named: Inputs("fc2", named)))
    result(tiny, ("quantize", {"bits": 2}), "fake")
    coded = tiny.recipe(("quantize", {"bits": 2}))[0]
    np.testing.assert_allclose(got[0][0], relu(ROWS @ coded.values.T + fc1.bias), atol=1e-4)
    got.clear()
    result(tiny, ("structured", {"sparsity": 0.5}), "fake")
    fewer = tiny.recipe(("structured", {"sparsity": 0.5}))[0]
    np.testing.assert_allclose(got[0][0], relu(ROWS @ fewer.values.T + fewer.bias), atol=1e-4)


@pytest.mark.parametrize("about", [False, True])
def test_moments_are_those_of_inputs_and_kept_only_in_the_network_that_a_recipe_begins_with(register, tiny, about):
    """Fails where moments of other weights, or about other means, are taken for those that are kept."""
    got = []
    for steps in ((), (("quantize", {"bits": 2}),), ()):
        questions = [lambda named: Inputs("fc2", named), lambda named: Moments("fc2", named, centred=about)]
        questions += [lambda named: Moments("fc2", named, centred=not about)]
        register(asking(got, *questions))
        tiny.pipeline.memory.steps.clear()
        tiny.pipeline.memory.compressed.clear()
        result(tiny, *steps, "fake")
    for rows, H, other in zip(got[::3], got[1::3], got[2::3], strict=True):
        means = gram(rows), gram(centred(rows))
        np.testing.assert_allclose(H, means[about], rtol=1e-6)
        np.testing.assert_allclose(other, means[not about], rtol=1e-6)
    assert got[1] is got[7] and not np.allclose(got[1], got[4])


def test_moments_of_the_parts_of_a_factorized_layer(register, tiny):
    got, thin = [], ("factorize", {"by": "rank", "keep": 0.3})
    named = ("fc2.inner", "fc2.outer")
    register(asking(got, *[lambda _, name=name, ask=ask: ask(name) for name in named for ask in (Inputs, Moments)]))
    result(tiny, thin, "fake")
    for rows, H in (got[:2], got[2:]):
        np.testing.assert_allclose(H, gram(rows), rtol=1e-6)


def test_inputs_of_the_parts_of_a_factorized_layer(register, tiny):
    got, thin = [], ("factorize", {"by": "rank", "keep": 0.3})
    register(asking(got, lambda named: Inputs("fc2.inner", named), lambda named: Inputs("fc2.outer", named)))
    result(tiny, thin, "fake")
    fc1, fc2, _ = tiny.recipe(thin)
    first = relu(ROWS @ fc1.values.T + fc1.bias)
    np.testing.assert_allclose(got[0][0], first, atol=1e-4)
    np.testing.assert_allclose(got[1][0], first @ fc2.form.inner.values.T, atol=1e-4)


@pytest.mark.parametrize("data", [networks.cnn(), networks.separable(), networks.residual()])
def test_inputs_of_convolutions_are_patches(register, data):
    tiny, got = Calibrated(data, PICTURES), []
    questions = [lambda named, name=layer.name: Inputs(name, named) for layer in tiny.network.layers]
    register(asking(got, *questions))
    result(tiny, "fake")
    watched = [layer.input for layer in tiny.network.layers if layer.input != "x"]
    held = dict(zip(watched, networks.run(tiny.network.write(tiny.network.weights, watched=watched).onnx, PICTURES)[1:],
                    strict=True))  # fmt: skip
    for layer, weight, rows in zip(tiny.network.layers, tiny.network.weights, got, strict=True):
        assert rows.shape[::2] == (weight.groups, weight.values[0].size)
        np.testing.assert_allclose(rows, patches(held.get(layer.input, PICTURES), layer.window), rtol=1e-6, atol=1e-4)


def test_at_most_so_many_samples_calibrate_and_original_inputs_are_read_once(register, monkeypatch):
    many = RNG.standard_normal((CALIBRATION + 44, 13)).astype(np.float32)
    tiny, got, traced = Calibrated(MLP, many), [], []
    trace = tiny.pipeline.runtime.trace

    async def counted(onnx, batch, beside):
        traced.append(len(batch))
        return await trace(onnx, batch, beside)

    monkeypatch.setattr(tiny.pipeline.runtime, "trace", counted)
    register(asking(got, *[lambda named: Inputs("fc3", named)] * 3))
    result(tiny, "fake")
    assert traced == [CALIBRATION] and all(rows is got[0] for rows in got)
    result(tiny, ("fake", {"strength": 2}))
    assert len(traced) == 1


@pytest.mark.parametrize("factor", [1e12, 1e25])
@pytest.mark.parametrize(
    "step",
    [
        ("structured", {"criterion": "obs"}), ("prune", {"criterion": "wanda"}), ("prune", {"criterion": "sparsegpt"}),
        ("prune", {"criterion": "exact_obs"}), ("factorize", {"weighted": "inputs"}), "repair",
        ("repair", {"effort": "instant"}), "activations",
    ],
    ids=str,
)  # fmt: skip
def test_inputs_too_large_to_compute_with_are_refused_in_words(factor, step):
    file = onnx.load_model_from_string(MLP)
    for tensor in file.graph.initializer:
        if tensor.name != "fc3.weight" and tensor.name.endswith("weight"):
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(factor), tensor.name))
    tiny = Calibrated(file.SerializeToString(), ROWS)
    if step == "activations":  # rounds inputs of any finite size
        assert len(result(tiny, step).layers) == 3
    else:
        with pytest.raises(ValueError, match=r"^Step 1 \(\w+\): fc\d reads numbers beyond 1e\+15, too large"):
            result(tiny, step)


# ---- strengths of single layers --------------------------------------------------------------------------------------


def test_each_layer_gets_its_own_parameters(register, tiny):
    seen = {}

    def apply(weights, params, setting):
        seen.update({weight.name: chosen for weight, chosen in zip(weights, params, strict=True)})
        return list(weights)

    register(apply)
    layers = {"fc1": {"fake": {"strength": 5}}, "fc2": {"fake": False}}
    shown = result(tiny, ("fake", {"kind": "b"}), layers=layers)
    assert seen == {"fc1": {"strength": 5, "kind": "b"}, "fc3": {"strength": 1, "kind": "b"}}
    assert [layer.note for layer in shown.layers] == ["", "Fake left out, as chosen.", ""]
    seen.clear()
    shown = result(tiny, "fake", layers={"fc3": {"skip": True}})
    assert [*seen] == ["fc1", "fc2"] and shown.layers[2].note == "Kept in float."


def test_what_is_left_out_is_said_for_each_layer_and_once_for_all(register, tiny):
    def apply(weights, params, setting):
        return [Skipped("it is small") if weight.name != "fc2" else weight for weight in weights]

    register(apply)
    shown = result(tiny, "fake")
    assert [layer.note for layer in shown.layers] == ["Fake left out: it is small.", "", "Fake left out: it is small."]
    assert shown.notes == ("fc1, fc3: Fake left out: it is small.",)


def test_layers_in_json():
    layers = {"fc1": {"skip": True}, "fc2": {"prune": {"sparsity": 0.3}, "quantize": False}, "fc3": {"skip": False}}
    state = State().merged({"layers": layers, "layer": "fc2", "recipe": [{"technique": "prune"}]})
    assert state.skipped == ("fc1",) and state.layer == "fc2"
    assert state.overrides == (("fc2", "prune", (("sparsity", 0.3),)), ("fc2", "quantize", None))
    said = state.to_json()
    assert said["layers"] == {"fc1": {"skip": True}, "fc2": {"prune": {"sparsity": 0.3}, "quantize": False}}
    assert said["layer"] == "fc2" and State().merged(said) == state
    (step,) = state.recipe
    assert state.params(step, "fc1") is None and state.params(step, "fc2")["sparsity"] == 0.3
    assert state.params(step, "fc3") == dict(step.params)
    moved = state.merged({"model": "digits-cnn"})
    assert (moved.skipped, moved.overrides, moved.layer) == ((), (), "")


@pytest.mark.parametrize(
    "layers",
    [
        ["fc1"], {"fc1": True}, {"fc1": {"skip": 1}}, {"fc1": {"prunne": {}}}, {"fc1": {"prune": True}},
        {"fc1": {"prune": {"sparsity": 2}}}, {"fc1": {"prune": {"spersity": 0.1}}}, {"fc1": {"prune": "0.5"}},
    ],
    ids=str,
)  # fmt: skip
def test_odd_layers_are_refused_in_words(layers):
    with pytest.raises(ValueError, match="layer|prune"):
        State().merged({"layers": layers})


def test_layers_that_a_model_does_not_have(tiny):
    for change in ({"layers": {"fc9": {"skip": True}}}, {"layers": {"fc9": {"prune": False}}}, {"layer": "fc9"}):
        with pytest.raises(ValueError, match="has no layer 'fc9'; it has fc1, fc2, fc3"):
            asyncio.run(tiny.pipeline.check(State(tiny.id).merged(change)))


def test_the_file_says_what_each_layer_has_of_its_own(tiny):
    layers = {"fc1": {"skip": True}, "fc2": {"prune": {"sparsity": 0.25}}}
    shown = result(tiny, "prune", layers=layers)
    said = {entry.key: entry.value for entry in onnx.load_model_from_string(shown.onnx).metadata_props}
    assert json.loads(said["recipe"])["layers"] == layers
    assert [round(layer.sparsity, 2) for layer in shown.layers] == [0, 0.25, 0.49]


# ---- being followed, stopped and wrong -------------------------------------------------------------------------------


def test_progress_is_passed_on(register, tiny):
    def apply(weights, params, setting):
        assert (yield Progress(0.25, "a quarter")) is None
        yield Progress(1)
        return list(weights)

    register(apply)
    told = []
    result(tiny, "fake", watch=Watch(progress=lambda *report: told.append(report)))
    assert told == [(0.25, "a quarter"), (1, "")]


def test_work_that_is_superseded_is_closed_and_not_kept(register, tiny):
    closed, asked = [], []

    def apply(weights, params, setting):
        try:
            for share in range(10):
                yield Progress(share / 10)
            return list(weights)
        finally:
            closed.append(share)

    register(apply)

    def stop():
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Superseded):
        result(tiny, "fake", watch=Watch(stop=stop))
    assert closed == [2]
    result(tiny, "fake")
    assert closed == [2, 9], "it is done anew"


def test_others_get_their_turn_while_it_works(register, tiny, monkeypatch):
    monkeypatch.setattr("app.pipeline.compress.BREATH", 0)
    turns = []

    def apply(weights, params, setting):
        for _ in range(5):
            yield Progress(0)
            turns.append("work")
        return list(weights)

    register(apply)

    async def both():
        async def other():
            for _ in range(5):
                turns.append("other")
                await asyncio.sleep(0)

        await asyncio.gather(tiny.pipeline.result(State(tiny.id, (Step.of("fake"),))), other())

    asyncio.run(both())
    assert turns != sorted(turns) and turns.count("work") == turns.count("other") == 5


@pytest.mark.parametrize("late", [False, True])
def test_errors_name_the_step_and_close_it(register, tiny, late):
    def at_once(weights, params, setting):
        raise ValueError("'fc1' is odd")

    def in_the_end(weights, params, setting):
        yield Progress(0.5)
        raise ValueError("'fc1' is odd")

    register(in_the_end if late else at_once)
    with pytest.raises(ValueError, match=r"^Step 2 \(fake\): 'fc1' is odd$"):
        result(tiny, "prune", "fake")


def test_what_did_not_change_is_not_done_again(register, tiny):
    calls = []

    def apply(weights, params, setting):
        calls.append(setting.seed)
        return nothing(weights, params, setting)

    register(apply)
    first = result(tiny, "fake", ("quantize", {"bits": 8}))
    assert result(tiny, "fake", ("quantize", {"bits": 8})).onnx is first.onnx
    result(tiny, "fake", ("quantize", {"bits": 4}))
    result(tiny, "fake", ("quantize", {"bits": 4}), view="layers", budget={"bytes": 100}, sample=3)
    assert calls == [0]
    result(tiny, "fake", seed=1)
    result(tiny, ("fake", {"strength": 2}))
    result(tiny, "fake", layers={"fc1": {"fake": {"strength": 3}}})
    assert calls == [0, 1, 0, 0]


def test_a_length_under_deflate_is_found_in_pieces_and_given_up(tiny, monkeypatch):
    monkeypatch.setattr("app.pipeline.measure.PIECE", 100)
    pruned = ("prune", {"sparsity": 0.3})
    assert result(tiny, pruned, watch=Watch(dragging=True)).compressed.zipped_bytes is None
    assert result(tiny, pruned, watch=Watch(stop=lambda: True)).compressed.zipped_bytes is None  # drawn all the same
    done = result(tiny, pruned)
    assert done.compressed.zipped_bytes == len(zlib.compress(done.onnx, 6))


def test_a_pipeline_for_several_models_keeps_them_apart(register):
    other = networks.mlp((13, 11, 7, 5), seed=1)
    pipeline = Pipeline(NativeRuntime())
    files = [asyncio.run(pipeline.result(State(model_of(data, ROWS).id, (Step.of("prune"),)))).onnx
             for data in (MLP, other, MLP)]  # fmt: skip
    assert files[0] == files[2] != files[1]


def test_of_a_network_only_what_lies_behind_what_is_known_is_run(tiny, register):
    ran = []

    class Watched(NativeRuntime):
        async def trace(self, onnx_bytes, batch, beside):
            ran.append([node.op_type for node in onnx.load_from_string(onnx_bytes).graph.node])
            return await super().trace(onnx_bytes, batch)

    def apply(weights, params, setting):
        for weight in weights:
            yield Inputs(weight.name, {weight.name: weight})
        return list(weights)

    register(apply)
    asyncio.run(Pipeline(Watched()).result(State(tiny.id, (Step.of("fake"),))))
    assert ran == [["Gemm", "Relu"], ["Gemm", "Relu"]]  # to the second layer, and from there to the third


@pytest.mark.parametrize("changed", [False, True])
def test_of_a_factorized_network_no_more_is_run_either(tiny, register, changed):
    """Fails where parts put together anew count as changed, and where changed ones count as what they were."""
    ran, got = [], []

    class Watched(NativeRuntime):
        async def trace(self, onnx_bytes, batch, beside):
            ran.append([node.op_type for node in onnx.load_from_string(onnx_bytes).graph.node])
            return await super().trace(onnx_bytes, batch)

    def apply(weights, params, setting):
        now = {weight.name: weight for weight in weights}
        for weight in weights:
            if weight.name == "fc3.inner" and changed:
                now["fc1.outer"] = replace(now["fc1.outer"], values=2 * now["fc1.outer"].values)
            got.append((yield Inputs(weight.name, dict(now))))
        return list(weights)

    register(apply)
    thin = Step.of("factorize", by="rank", keep=0.3)
    asyncio.run(Pipeline(Watched()).result(State(tiny.id, (thin, Step.of("fake")))))
    assert len(got) == 6 and ran == [["Gemm", "Relu"], ["Gemm", "Relu"] * (2 if changed else 1)]
    fc1, fc2, _ = tiny.recipe(("factorize", {"by": "rank", "keep": 0.3}))
    scale = 2 if changed else 1
    first = relu(scale * ROWS @ fc1.values.T + fc1.bias)
    np.testing.assert_allclose(got[4][0], relu(first @ fc2.values.T + fc2.bias), atol=1e-4)
