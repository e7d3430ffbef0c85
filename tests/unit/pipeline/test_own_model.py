"""A person's own model: what is accepted, how it is scored, and the sentences for what is not."""

import asyncio
import re
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from app.pipeline import own_model, own_noise
from app.pipeline.own_samples import Brought
from app.pipeline.pipeline import Pipeline
from app.results.scene import Scene
from app.runtime.native import NativeRuntime
from app.screen import sample
from app.screen.figures import figures_html
from app.screen.views import predictions
from app.state import link
from app.state.choices import Step
from app.state.preparation import preparation_of
from app.state.state import DEFAULT, State
from app.state.views import VIEWS
from app.tasks.inputs import attempt_of
from models import model as models
from tests.files import hand_files
from tests.files.opened import opened
from tests.made.networks import Net, cnn, mlp


def load(onnx: bytes, evaluation: bytes | None = None, **more):
    return asyncio.run(own_model.read(NativeRuntime(), onnx, Brought(evaluation, **more)))


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


def test_numbers_that_nothing_compresses_are_named():
    """The weights of an LSTM once stood under "rest", without a word."""
    said = load(hand_files.recurrent("LSTM")).summary
    assert "Not compressed here: other numbers, read by LSTM: 0.5 kB" in said


def test_without_samples_it_runs_on_noise_and_compresses():
    model = load(cnn())
    models.add(model)
    recipe = [{"technique": "quantize", "bits": 2, "granularity": "per_tensor"}]
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": recipe})))
    assert len(model.inputs) == own_noise.NOISE
    assert result.compressed.size_bytes < result.baseline.size_bytes
    assert result.to_json()["metric"] == "signal" and result.baseline.score == 100
    assert len(result.changed.broken) == result.changed.count, "an answer that left the baseline's counts as worse"


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


def test_models_of_ones_own_stand_side_by_side():
    """Menus tell models apart by their labels, so that of two called alike only one could be chosen."""
    first, second = (load(mlp(seed=seed), name="wine.onnx") for seed in (21, 22))
    assert first.label == second.label == "wine.onnx"
    models.add(first)
    assert (
        load(mlp(seed=22), name="wine.onnx").label == "wine.onnx 2"
        and load(mlp(seed=21), name="wine.onnx").label == "wine.onnx"
    )


def test_an_own_model_is_a_model_of_the_state_once_it_is_added():
    model = load(mlp(seed=7))
    with pytest.raises(ValueError, match="there is no model"):
        DEFAULT.merged({"model": model.id})
    models.add(model)
    assert DEFAULT.merged({"model": model.id}).model == model.id


@pytest.mark.parametrize(
    ("evaluation", "said"),
    [
        (b"not a zip", "holds no samples"),
        (npz(pictures=samples()), "no array named inputs"),
        (npz(inputs=samples(shape=(12,))), "inputs have shape"),
        (npz(inputs=samples() * np.nan), "finite"),
        (npz(inputs=samples(0)), "one row for each sample"),
        (npz(inputs=np.array(["a"])), "is not an .npz file"),
        (npz(inputs=np.array([{}], dtype=object)), "is not an .npz file"),
        (npz(inputs=samples(), labels=np.arange(19)), "20 numbers of classes"),
        (b"\0\1\2", "is not an .npz file"),
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


@pytest.mark.parametrize(
    ("outputs", "labels", "task", "metric"),
    [
        (1, np.arange(20) % 2, "classification", "accuracy"),
        (1, np.arange(20) % 2 == 1, "classification", "accuracy"),
        (1, np.linspace(0, 5, 20), "signal", "signal"),
        (3, np.linspace(0, 5, 60).reshape(20, 3), "signal", "signal"),
        (1, None, "echo", "signal"),
        (3, None, "imitation", "agreement"),
        (3, np.array(["cat", "dog"])[np.arange(20) % 2], "classification", "accuracy"),
    ],
)
def test_what_labels_mean_decides_how_a_model_is_scored(outputs, labels, task, metric):
    """A regression was once told that its labels must be whole numbers; one logit was no classifier."""
    model = load(mlp((13, 7, outputs)), npz(inputs=samples(), **({} if labels is None else {"labels": labels})))
    assert (model.task, model.metric) == (task, metric)
    models.add(model)
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": []})))
    truth = model.labels if task != "classification" and task != "imitation" else None
    if truth is not None:
        error, power = np.square(result.compressed.outputs - truth).mean(), np.var(truth, axis=0).mean()
        assert result.compressed.score == pytest.approx(min(100, 10 * np.log10(power / max(error, 1e-30))), abs=1e-3)


@pytest.mark.parametrize("classes, last", [(4, False), (4, True), (1, False), (1, True)])
@pytest.mark.parametrize("channel", [False, True])
def test_a_class_for_each_pixel_is_scored_by_the_share_of_right_ones(classes, last, channel):
    inputs, labels = samples(20, (3, 8, 8)), np.random.default_rng(3).integers(0, max(classes, 2), (20, 8, 8))
    given = np.expand_dims(labels, -1 if last else 1) if channel else labels
    model = load(hand_files.segmentation(classes, last), npz(inputs=inputs, labels=given))
    assert (model.task, model.metric) == ("segmentation", "pixels") and "share of their pixels" in model.summary
    models.add(model)
    recipe = [{"technique": "quantize", "bits": 2}]
    result = asyncio.run(Pipeline(NativeRuntime()).result(DEFAULT.merged({"model": model.id, "recipe": recipe})))
    for onnx, measured in ((model.onnx, result.baseline), (result.onnx, result.compressed)):
        out = onnxruntime.InferenceSession(onnx).run(None, {"x": inputs})[0]
        out = out.transpose(0, 3, 1, 2) if last else out
        right = (out.argmax(axis=1) if classes > 1 else out[:, 0] > 0) == labels
        assert measured.score == pytest.approx(right.mean(), abs=0.01)
    with pytest.raises(ValueError, match="(class of each pixel|labels)"):
        load(hand_files.segmentation(classes, last), npz(inputs=inputs, labels=labels[:, 1:]))


def test_classes_of_pixels_that_there_are_not_are_told():
    with pytest.raises(ValueError, match="whole numbers of 0 to 3, the class of each pixel"):
        load(hand_files.segmentation(), npz(inputs=samples(20, (3, 8, 8)), labels=np.full((20, 8, 8), 255)))


def test_one_logit_is_read_as_two_classes():
    model = load(mlp((13, 7, 1)), npz(inputs=samples(), labels=np.arange(20) % 2))
    logits = asyncio.run(NativeRuntime().run(model.onnx, model.inputs)).outputs
    assert (model.scores(logits).argmax(axis=1) == (logits[:, 0] > 0)).all()
    assert "its one output is read as logit of the class 1" in model.summary


def test_a_table_may_hold_samples_and_labels():
    head = ",".join([*(f"a{i}" for i in range(13)), "kind"])
    lines = [",".join([*map(str, row), "abcde"[i % 5]]) for i, row in enumerate(samples())]
    model = load(mlp(), "\n".join([head, *lines]).encode())
    assert model.classes == tuple("abcde") and model.labels[:6].tolist() == [0, 1, 2, 3, 4, 0]
    np.testing.assert_array_equal(model.inputs, samples())
    with pytest.raises(ValueError, match="no column 'nothing'"):
        load(mlp(), "\n".join([head, *lines]).encode(), label="nothing")
    with pytest.raises(ValueError, match="line 3 of the CSV file has 'x' in the column a0, which is no number"):
        load(mlp(), "\n".join([head, lines[0], "x" + lines[1][lines[1].index(",") :]]).encode())
    with pytest.raises(ValueError, match="12 columns besides the labels, but the network reads 13"):
        load(mlp(), "\n".join(line.partition(",")[2] for line in (head, *lines)).encode(), label="kind")


class Decoding(NativeRuntime):
    """Decodes a picture whose file is one byte: all pixels are that."""

    async def picture(self, data, height, width):
        return np.full((height, width, 3), data[0], np.uint8)


def test_pictures_in_folders_are_classes():
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for i, folder in enumerate("abab"):
            archive.writestr(f"all/{folder}/{i}.png", bytes([i * 50]))
    brought = Brought(file.getvalue(), prepare=preparation_of("signed"))
    model = asyncio.run(own_model.read(Decoding(), cnn(classes=2), brought))
    assert model.classes == ("a", "b") and model.labels.tolist() == [0, 0, 1, 1]
    assert model.inputs.shape == (4, 3, 6, 6)
    np.testing.assert_allclose(model.inputs[:, 0, 0, 0], (np.array([0, 100, 50, 150]) / 255 - 0.5) / 0.5, rtol=1e-6)
    assert "brought to 6 x 6, colour, channels first; pixels as −1 to 1" in model.summary
    alone = asyncio.run(own_model.read(Decoding(), cnn(classes=2), Brought(others={"cat.jpg": b"\xff"})))
    assert alone.metric == "agreement" and alone.inputs.max() == alone.inputs.min() == 1
    assert alone.id != model.id


def pictured(onnx, **prepare):
    """A model that is fed with two pictures, all of whose pixels are 0 and 255."""
    others = {"a.png": b"\x00", "b.png": b"\xff"}
    return asyncio.run(own_model.read(Decoding(), onnx, Brought(others=others, prepare=preparation_of(prepare))))


def test_pixels_become_the_numbers_that_are_chosen_and_all_of_it_is_told():
    model = pictured(cnn(), scale=255, mean="100, 110; 120", deviation=50, order="bgr")
    np.testing.assert_allclose(model.inputs[:, :, 0, 0], (np.array([[0], [255]]) - [[100, 110, 120]]) / 50, rtol=1e-6)
    assert "pixels as (pixel / 255 × 255 − (100, 110, 120)) / 50, blue first." in model.summary
    assert model.prepared == {
        "input": "x", "output": "y", "given": [], "made_up": [], "size": [6, 6], "layout": "first", "channels": 3,
        "scale": 255, "mean": [100, 110, 120], "deviation": [50], "order": "bgr",
    }  # fmt: skip
    assert model.prepare == {"scale": 255, "mean": [100, 110, 120], "deviation": 50, "order": "bgr"}
    models.add(model)
    state = DEFAULT.merged({"model": model.id})
    assert state.to_json()["prepare"] == model.prepare and link.decode(link.encode(state)) == (state, ())
    assert "prepare=scale:255,mean:100;110;120,deviation:50,order:bgr" in link.encode(state)
    assert state.merged({"model": "spirals"}).to_json()["prepare"] == {}
    with pytest.raises(ValueError, match="open its files anew"):
        state.merged({"prepare": "imagenet"})
    result = asyncio.run(Pipeline(NativeRuntime()).result(state))
    assert result.to_json()["prepared"] == model.prepared


def test_what_the_file_decides_anyway_makes_no_other_model():
    usual = pictured(cnn())
    assert pictured(cnn(), size="6 x 6", layout="first", scale=1, mean=[0, 0, 0], input="x", output="y").id == usual.id
    assert usual.prepare == {} and usual.id.count("-") == 1
    assert pictured(cnn(), pixels="imagenet").id == f"{usual.id}-imagenet"
    assert load(mlp(), npz(inputs=samples()), prepare=preparation_of("imagenet")).prepare == {}, "these are no pictures"


def test_sizes_and_layouts_that_a_network_does_not_read_are_refused_in_words():
    for prepare, said in (
        ({"size": [8, 8]}, "reads pictures of 6 x 6, and of no other size"),
        ({"layout": "last"}, "reads pictures with channels first, and in no other layout"),
    ):
        with pytest.raises(ValueError, match=said):
            pictured(cnn(), **prepare)
    with pytest.raises(ValueError, match="reads grey pictures; give one number"):
        pictured(mlp((9, 5)), mean=[1, 2, 3])


def test_a_size_that_the_file_leaves_open_is_chosen():
    net = Net()
    net.gemm("fc", net.node("Flatten", net.node("GlobalAveragePool", net.conv("conv", "x", 3, 4))), 4, 5)
    data = net.bytes(["N", 3, "H", "W"], ["N", 5])
    model = pictured(data, size="10 x 12")
    assert model.inputs.shape == (2, 3, 10, 12) and model.prepare == {"size": [10, 12]}
    assert "brought to 12 x 10" in model.summary
    assert pictured(data).inputs.shape == (2, 3, 224, 224)


def test_which_input_is_fed_and_which_output_is_scored_is_chosen():
    two = hand_files.two_inputs()
    usual, other = load(two), load(two, prepare=preparation_of({"input": "row"}))
    assert usual.inputs.shape[1:] == (3, 6, 6) and other.inputs.shape[1:] == (4,) and other.id != usual.id
    assert "Samples go into the input x. Made up, as ones: the input row." in usual.summary
    assert "Samples go into the input row. Made up, as ones: the input x." in other.summary
    assert other.prepare == {"input": "row"} and other.prepared["made_up"] == ["x"]
    both = hand_files.two_outputs()
    first = load(both, npz(inputs=samples()))
    hidden = load(both, npz(inputs=samples()), prepare=preparation_of({"output": first.prepared["output"]}))
    assert hidden.id == first.id
    name = next(name for name in ("y", *_outputs(both)) if name != first.prepared["output"])
    chosen = load(both, npz(inputs=samples()), prepare=preparation_of({"output": name}))
    assert f"Scored is the output {name}." in chosen.summary and chosen.prepare == {"output": name}
    right = onnxruntime.InferenceSession(both).run([name], {"x": chosen.inputs})[0]
    models.add(chosen)
    result = asyncio.run(Pipeline(NativeRuntime()).result(State(chosen.id, prepare=preparation_of(chosen.prepare))))
    np.testing.assert_allclose(result.compressed.outputs, right, rtol=1e-5)
    for prepare in ({"input": "z"}, {"output": "z"}):
        with pytest.raises(ValueError, match=r"no (in|out)put 'z'.*; it has"):
            load(two, prepare=preparation_of(prepare))


@pytest.mark.parametrize("batch", [None, 4])
def test_further_inputs_get_what_comes_along_under_their_names(batch):
    """A row beside each sample once was ones, whatever came along."""
    data = hand_files.two_inputs(batch)
    rng = np.random.default_rng(2)
    pictures, rows = samples(150, (3, 6, 6)), rng.standard_normal((150, 4)).astype(np.float32)
    model = load(data, npz(x=pictures, row=rows, labels=np.arange(150) % 5))
    assert "From your arrays of the same name: the input row." in model.summary
    assert model.prepared["given"] == ["row"] and model.prepared["made_up"] == []
    models.add(model)
    pipeline = Pipeline(NativeRuntime())
    steps = [{"technique": "quantize", "bits": 4}, {"technique": "repair"}]
    result = asyncio.run(pipeline.result(DEFAULT.merged({"model": model.id, "view": "network", "recipe": steps})))
    assert len(model.inputs) == 113 == len(model.beside["row"]) and len(model.calibration_beside["row"]) == 37
    places = {picture.tobytes(): row for picture, row in zip(pictures, rows, strict=True)}
    assert all((places[x.tobytes()] == row).all() for x, row in zip(model.inputs, model.beside["row"], strict=True))
    size = batch or len(model.inputs)
    session = onnxruntime.InferenceSession(result.onnx)
    for start in range(0, 113 - size + 1, size):
        feeds = {"x": model.inputs[start : start + size], "row": model.beside["row"][start : start + size]}
        right = session.run(None, feeds)[0]
        np.testing.assert_allclose(result.compressed.outputs[start : start + size], right, rtol=1e-4, atol=1e-5)
    timed = asyncio.run(pipeline.timed(result, lambda: False))
    assert timed.times is not None
    result = asyncio.run(pipeline.result(replace(result.state, sample=5, view="layers")))
    right = result.compressed.outputs[5]  # of the chosen sample, whose row goes along
    _, predicted = asyncio.run(pipeline.predict(result, model.inputs[5]))
    attempted = asyncio.run(pipeline.attempt(result, attempt_of(model, {"input": "perturbed"})))
    for outputs in (predicted, attempted.outputs[1][0]):
        np.testing.assert_allclose(outputs, right, rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_a_further_input_is_refused_in_words():
    two, pictures = hand_files.two_inputs(), samples(20, (3, 6, 6))
    for row in (np.ones((20, 3)), np.ones((19, 4)), np.full((20, 4), np.nan)):
        with pytest.raises(
            ValueError, match=r"the array row has shape .* in the shape \(any, 4\), a row for each of 20"
        ):
            load(two, npz(x=pictures, row=row))


def _outputs(onnx: bytes) -> list[str]:
    return [output.name for output in onnxruntime.InferenceSession(onnx).get_outputs()]


@pytest.mark.parametrize("kind, dtype", [(TensorProto.INT64, np.int64), (TensorProto.UINT8, np.uint8)])
def test_tokens_are_fed_as_the_network_wants_them(kind, dtype):
    model = load(hand_files.tokens(kind))
    session = onnxruntime.InferenceSession(model.onnx)
    right = session.run(None, {"x": model.inputs.astype(dtype)})[0]
    np.testing.assert_allclose(asyncio.run(NativeRuntime().run(model.onnx, model.inputs)).outputs, right, rtol=1e-6)
    assert 2 < model.inputs.max() < 50


def test_weights_in_a_second_file_come_with_it_by_name_alone():
    onnx, others = hand_files.external()
    with pytest.raises(ValueError, match="in a second file, mlp.bin; open or drop both"):
        load(onnx)
    with pytest.raises(ValueError, match="mlp.bin is not the second file of this network, or only a part"):
        load(onnx, others={"mlp.bin": others["mlp.bin"][:-1]})
    assert len(load(onnx, others=others).network.layers) == 2
    away = onnx.replace(b"mlp.bin", b"../../x"), {"x": others["mlp.bin"]}
    assert len(load(away[0], others=away[1]).network.layers) == 2, "folders in a name mean nothing"


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
        model = asyncio.run(own_model.read(pipeline.runtime, data, Brought(evaluation.getvalue())))
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


@pytest.mark.parametrize("file", list(hand_files.files()), ids=lambda file: file.name)
def test_what_other_tools_write_opens_or_is_refused_in_a_sentence(file):
    outcome = opened(file)
    assert outcome.kind == ("sentence" if file.refused else "opened"), outcome.said


@pytest.mark.parametrize(
    "name",
    ["one logit, labels", "lstm, both ways", "keras: pictures with channels last", "a class for each pixel, labels"],
)
def test_every_view_draws_a_model_of_any_kind(name):
    """One logit once had two names and one place for them; weights were gone that the picture does not have."""
    file = next(file for file in hand_files.files() if file.name == name)
    model = load(file.onnx, file.evaluation)
    models.add(model)
    pipeline, recipe = Pipeline(NativeRuntime()), [{"technique": "quantize", "bits": 3}]
    for id in VIEWS:
        state = DEFAULT.merged({"model": model.id, "view": id, "recipe": recipe})
        scene, view = Scene(asyncio.run(pipeline.result(state))), import_module(f"app.screen.views.{id}").VIEW
        view.build(lambda change: None).draw(scene)
        view.table(scene)
        said = view.text(scene)
        assert all(float(share) <= 100 for share in re.findall(r"([0-9.]+) % of", said)), said
        figures_html(scene), sample.picture_html(scene), sample.answers_html(scene), scene.result.to_json()
