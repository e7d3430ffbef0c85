"""A person's own model: what is accepted, how it is scored, and the sentences for what is not."""

import asyncio
from io import BytesIO

import numpy as np
import pytest
from onnx import helper

from app.pipeline import own_model, own_samples
from app.pipeline.pipeline import Pipeline
from app.results.scene import Scene
from app.runtime.native import NativeRuntime
from app.screen.figures import figures_html
from app.screen.views import predictions
from app.state.choices import Step
from app.state.state import DEFAULT, State
from models import model as models
from tests.made.networks import Net, cnn, mlp


def load(onnx: bytes, evaluation: bytes | None = None):
    return asyncio.run(own_model.read(NativeRuntime(), onnx, evaluation))


def npz(**arrays) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def samples(n=20, shape=(13,)):
    return np.random.default_rng(1).standard_normal((n, *shape)).astype(np.float32)


def test_with_labels_it_is_scored_against_them():
    inputs = samples()
    labels = np.arange(20) % 5
    model = load(mlp(), npz(inputs=inputs, labels=labels))
    assert model.metric == "accuracy" and model.labels.tolist() == labels.tolist()
    assert model.classes == ("0", "1", "2", "3", "4")


def test_without_labels_its_own_answers_are_the_truth():
    model = load(mlp(), npz(inputs=samples()))
    models.add(model)
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": []})))
    assert model.metric == "agreement" and result.baseline.score == 1.0


@pytest.mark.parametrize(
    "labels", [np.arange(20) % 5 * 1.0, (np.arange(20) % 5)[:, None], np.eye(5)[np.arange(20) % 5]]
)
def test_labels_may_be_written_in_other_ways(labels):
    assert load(mlp(), npz(inputs=samples(), labels=labels)).labels.tolist() == (np.arange(20) % 5).tolist()


def test_weights_that_nothing_compresses_are_named():
    net = Net()
    lstm = ("W", (1, 32, 13)), ("R", (1, 32, 8))
    y = net.node("LSTM", net.node("Unsqueeze", "x", net.constant("axis", np.array([0]))),
                 *(net.tensor(name, *shape) for name, shape in lstm), hidden_size=8)  # fmt: skip
    net.gemm("fc", net.node("Reshape", y, net.constant("rows", np.array([-1, 8]))), 8, 5)
    said = load(net.bytes(["N", 13], ["N", 5])).summary
    assert "Not compressed here: the weights of LSTM, 2.7 kB" in said


def test_without_samples_it_runs_on_noise_and_compresses():
    model = load(cnn())
    models.add(model)
    recipe = [{"technique": "quantize", "bits": 2, "granularity": "per_tensor"}]
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": recipe})))
    assert len(model.inputs) == own_samples.NOISE
    assert result.compressed.size_bytes < result.baseline.size_bytes
    assert len(result.changed.broken) == result.changed.count, "an answer that left the baseline's counts as broken"


@pytest.mark.parametrize("onnx, shape", [(mlp(), (1, 13)), (cnn(), (6, 6))])
def test_its_samples_can_be_drawn(onnx, shape):
    model = load(onnx)
    pictures = model.pictures(np.array([0, 5]))
    assert pictures.shape == (2, *shape)
    assert pictures.min() >= 0 and pictures.max() <= 1


def test_large_pictures_are_thinned_out():
    model = load(mlp((100, 3)), npz(inputs=samples(shape=(100,))))
    assert max(model.pictures([0]).shape) <= models.SIDE


def test_the_same_files_have_the_same_id():
    assert load(mlp()).id == load(mlp()).id != load(mlp(seed=1)).id


def test_an_own_model_is_a_model_of_the_state_once_it_is_added():
    model = load(mlp(seed=7))
    with pytest.raises(ValueError, match="there is no model"):
        DEFAULT.merged({"model": model.id})
    models.add(model)
    assert DEFAULT.merged({"model": model.id}).model == model.id


@pytest.mark.parametrize(
    ("evaluation", "said"),
    [
        (b"not a zip", "is not an .npz file"),
        (npz(pictures=samples()), "no array named inputs"),
        (npz(inputs=samples(shape=(12,))), "inputs have shape"),
        (npz(inputs=samples() * np.nan), "finite"),
        (npz(inputs=samples(0)), "one row for each sample"),
        (npz(inputs=np.array(["a"])), "is not an .npz file"),
        (npz(inputs=np.array([{}], dtype=object)), "is not an .npz file"),
        (npz(inputs=samples(), labels=np.arange(19)), "20 numbers of classes"),
        (npz(inputs=samples(), labels=np.full(20, 0.5)), "labels have fractions"),
        (npz(inputs=samples(), labels=np.full(20, 5)), "labels must lie in 0 to 4"),
    ],
)
def test_a_bad_evaluation_set_is_refused_in_words(evaluation, said):
    with pytest.raises(ValueError, match=said):
        load(mlp(), evaluation)


def test_what_is_not_a_network_is_refused_in_words():
    for data in (b"", b"hello", mlp()[:100]):
        with pytest.raises(ValueError):
            load(data)


def test_an_open_input_needs_samples():
    x = helper.make_tensor_value_info("x", 1, ["N", "M"])
    y = helper.make_tensor_value_info("y", 1, ["N", 3])
    weight = helper.make_tensor("w", 1, (3, 4), samples(3, (4,)).ravel().tolist())
    graph = helper.make_graph([helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)], "g", [x], [y], [weight])
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10).SerializeToString()
    with pytest.raises(ValueError, match="give an evaluation set"):
        load(data)
    assert load(data, npz(inputs=samples(shape=(4,)))).classes == ("0", "1", "2")


def test_the_gallery_draws_it():
    model = load(cnn(), npz(inputs=samples(shape=(3, 6, 6))))
    models.add(model)
    recipe = [{"technique": "quantize", "bits": 1, "granularity": "per_tensor"}]
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": recipe})))
    drawing = predictions.VIEW.build(lambda change: None)
    drawing.draw(Scene(result))


def test_the_same_file_on_other_samples_has_figures_of_its_own():
    """A run was once remembered by the bytes of the file alone."""
    pipeline, data = Pipeline(NativeRuntime()), models.load("spirals").onnx
    inputs, labels = models.load("spirals").inputs, models.load("spirals").labels
    shown = []
    for few in (slice(0, 100), slice(0, 40)):
        evaluation = BytesIO()
        np.savez(evaluation, inputs=inputs[few], labels=(labels[few] + (few.stop == 40)) % 3)
        model = asyncio.run(own_model.read(pipeline.runtime, data, evaluation.getvalue()))
        models.add(model)
        result = asyncio.run(pipeline.result(State(model.id)))
        shown.append((len(result.compressed.answers), result.changed.count, result.compressed.score))
        assert result.compressed.score == result.baseline.score
    assert [n for n, _, _ in shown] == [100, 40] and shown[0][2] > 0.9 > 0.5 > shown[1][2]


def test_samples_that_calibrate_are_not_those_that_score_unless_they_are_few():
    inputs = samples(200)
    labels = np.arange(200) % 5
    model = load(mlp(), npz(inputs=inputs, labels=labels))
    assert (len(model.inputs), len(model.labels), len(model.calibration)) == (150, 150, 50)
    rows = {row.tobytes(): label for row, label in zip(inputs, labels, strict=True)}
    assert [rows.pop(row.tobytes()) for row in model.inputs] == model.labels.tolist()
    assert {row.tobytes() for row in model.calibration} == set(rows)
    assert model.summary.startswith("Your file on your 150 labelled samples. Your 50 others, drawn by lot,")
    assert load(mlp(), npz(inputs=inputs, labels=labels)).calibration.tobytes() == model.calibration.tobytes()
    few = load(mlp(), npz(inputs=inputs[:100]))
    assert len(few.inputs) == 100 and len(few.calibration) == 0 and "too few to calibrate on others" in few.summary


@pytest.mark.parametrize("count, steps, seen", [(100, ["quantize", "repair"], True), (100, ["quantize"], False),
                                                (200, ["quantize", "repair"], False)])  # fmt: skip
def test_a_score_on_samples_it_was_calibrated_on_is_said_to_be_one(count, steps, seen):
    model = load(mlp(), npz(inputs=samples(count)))
    models.add(model)
    state = State(model.id, tuple(Step.of(step) for step in steps))
    result = asyncio.run(Pipeline(NativeRuntime()).result(state))
    assert result.scored_on_seen == result.to_json()["scored_on_seen"] == seen
    assert ("calibrated on these samples" in figures_html(Scene(result))) == seen
