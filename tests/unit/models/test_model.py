"""Every listed model is complete, is what its card says it is, and is scored on samples it has never seen."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import pytest

import models
from app import tasks
from app.screen import pictures
from models import MODELS, card
from models import model as model_files
from models.card_numbers import TABLE, written
from models.metrics import METRICS
from models.model import info, is_here, load, read

ROOT = Path(models.__file__).parent
FEWER = {"cancer": 229}  # calibration samples where there are no 256 to train on
every_model = pytest.mark.parametrize("id", MODELS)


def folder_of(id):
    return ROOT / id.replace("-", "_")


def rows(array):
    """The samples of an array as a set of bytes."""
    return {sample.tobytes() for sample in np.ascontiguousarray(array)}


@every_model
def test_loads(id):
    model = load(id)
    tasks.check(model)
    pictures.check(model)
    n = len(model.inputs)
    assert model.id == id and load(id) is model
    assert model.inputs.dtype == model.calibration.dtype == np.float32
    if model.classes:
        assert model.labels.dtype == np.int64 and model.labels.shape == (n,)
    if model.task == "classification":
        assert set(model.labels) == set(range(len(model.classes)))
    assert model.calibration.shape == (FEWER.get(id, 256), *model.inputs.shape[1:])
    assert not any(array.flags.writeable for array in (model.inputs, model.labels, model.calibration))
    assert model.summary.endswith(".") and model.card.startswith(f"# {model.label}\n")


def test_shapes():
    assert {id: load(id).inputs.shape for id in MODELS[:3]} == {
        "digits-mlp": (360, 64), "digits-cnn": (360, 1, 8, 8), "spirals": (600, 2),
    }  # fmt: skip
    assert load("digits-mlp").picture_shape == (8, 8) and load("spirals").picture_shape == ()


@every_model
def test_inputs_stay_in_the_documented_range(id):
    model = load(id)
    low, high = (-1, 1) if model.picture == "point" else (0, 1)
    if model.picture_shape[:1] == (1,):  # a row of measurements, in standard deviations from the mean
        low, high = -20, 20
    for samples in (model.inputs, model.calibration):
        assert low <= samples.min() and samples.max() <= high


@every_model
def test_card_tells_the_truth(id):
    model, now = load(id), card.numbers(folder_of(id))
    assert model.numbers == now
    assert TABLE.search(model.card)[0] == written(now, METRICS[model.metric])


def test_card_numbers_agree_with_a_count_by_hand():
    mlp, cnn, spirals = (load(id).numbers for id in ("digits-mlp", "digits-cnn", "spirals"))
    assert mlp.parameters == 65 * 300 + 301 * 100 + 101 * 10
    assert mlp.macs == 64 * 300 + 300 * 100 + 100 * 10
    assert cnn.parameters == 10 * 8 + (8 * 9 + 1) * 16 + 257 * 100 + 101 * 10
    assert cnn.macs == 64 * (9 * 8 + 8 * 9 * 16) + 256 * 100 + 100 * 10
    assert spirals.parameters == 3 * 32 + 33 * 32 + 33 * 3


@every_model
def test_onnx_file(id):
    graph = (file := onnx.load_from_string(load(id).onnx)).graph
    onnx.checker.check_model(file, full_check=True)
    assert file.ir_version == 10 and [(o.domain, o.version) for o in file.opset_import] == [("", 21)]
    (x,), (y, *more) = graph.input, graph.output
    assert [output.name for output in more] == ([] if load(id).threshold is None else ["went_on"])
    n, *sample = x.type.tensor_type.shape.dim
    assert (x.name, y.name, n.dim_param) == ("x", "y", "N")
    assert tuple(d.dim_value for d in sample) == load(id).inputs.shape[1:]
    shape = tuple(d.dim_value for d in y.type.tensor_type.shape.dim)[1:]
    assert shape == ((len(load(id).classes),) if load(id).classes else load(id).labels.shape[1:])
    stored = {p.name: p for p in graph.initializer}
    read = [(node, name) for node in graph.node for name in node.input if name in stored]
    assert [name for _, name in read] == list(stored)  # each once, in the order in which they are needed
    assert all(name.rpartition(".")[0] == node.name.removesuffix(".add") for node, name in read)
    weights = [node.input[1] for node in graph.node if node.op_type in ("Gemm", "Conv")]
    assert all(name.endswith(".weight") and name in stored for name in weights)
    assert all(p.data_type == onnx.TensorProto.FLOAT for p in graph.initializer)


@every_model
def test_evaluation_and_calibration_share_no_sample(id):
    assert rows(load(id).inputs).isdisjoint(rows(load(id).calibration))


@pytest.mark.parametrize("id", [id for id in MODELS if id.startswith("digits-") and id != "digits-gate"])
def test_digits_are_held_out(id):
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    train_test_split = pytest.importorskip("sklearn.model_selection").train_test_split
    x, y = load_digits(return_X_y=True)  # written out here once more, so that the split cannot drift in silence
    x_train, x_test, _, y_test = train_test_split(x / 16, y, test_size=0.2, random_state=0, stratify=y)
    model, x_train = load(id), rows(x_train.astype(np.float32))
    np.testing.assert_array_equal(model.inputs.reshape(-1, 64), x_test)
    np.testing.assert_array_equal(model.labels, y_test)
    assert rows(model.inputs).isdisjoint(x_train)
    assert rows(model.calibration) <= x_train


@pytest.mark.parametrize("id", ["spirals", "moons-wide"])
def test_points_come_from_their_generator(id):
    data = import_module(f"models.{folder_of(id).name}.data")
    (training, _), (inputs, labels) = data.split()
    np.testing.assert_allclose(load(id).inputs, inputs, atol=1e-6)  # sin and cos may differ in the last bit
    np.testing.assert_array_equal(load(id).labels, labels)
    assert rows(inputs).isdisjoint(rows(training))


def test_importing_models_is_cheap():
    code = "import sys, models.model; print(sorted({'onnx', 'onnxruntime', 'torch', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def copy(tmp_path):
    """A copy of the spirals folder that a test may break."""
    return Path(shutil.copytree(folder_of("spirals"), tmp_path / "spirals"))


def test_copy_loads(copy):
    assert read(copy).onnx == load("spirals").onnx


@pytest.mark.parametrize("name", ["model.toml", "model.onnx", "evaluation.npz", "calibration.npz", "README.md"])
def test_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(ValueError, match=f"model 'spirals': {name} missing from its folder"):
        read(copy)


def samples(folder, name="evaluation.npz", **arrays):
    np.savez(folder / name, **arrays)


def single_array(path):
    with path.open("wb") as file:
        np.save(file, x)


def words(folder, old, new):
    path = folder / "model.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


x, y = np.zeros((4, 2), np.float32), np.zeros(4, np.int64)


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda f: samples(f, inputs=x), "evaluation.npz lacks the array labels; it holds inputs"),
        (lambda f: samples(f, inputs=x, labels=y[:3]), r"one label per sample; inputs \(4, 2\), labels \(3,\)"),
        (lambda f: samples(f, inputs=x, labels=y + 3), "labels must lie in 0 to 2"),
        (lambda f: samples(f, inputs=x * np.nan, labels=y), "every input must be finite"),
        (lambda f: samples(f, "calibration.npz", inputs=x[:, :1]), "calibration samples have shape"),
        (lambda f: (f / "evaluation.npz").write_bytes(b"no zip"), "evaluation.npz is not an .npz file"),
        (lambda f: (f / "evaluation.npz").write_bytes(b"PK\3\4 cut"), "evaluation.npz is not an .npz file"),
        (lambda f: single_array(f / "evaluation.npz"), "evaluation.npz is not an .npz file"),
        (lambda f: (f / "model.onnx").write_bytes(b""), "model.onnx is empty"),
        (lambda f: words(f, "metric", "metre"), "model.toml does not say metric"),
        (lambda f: words(f, "metric", 'colour = "red"\nmetric'), "model.toml says colour, which is not known"),
        (lambda f: words(f, "label = ", "label : "), "model.toml is not valid TOML"),
        (lambda f: words(f, "metric", "threshold = 0.5\nmetric"), "threshold needs label, low, high, own"),
        (lambda f: words(f, '"accuracy"', '"mae"'), "metric is"),
        (lambda f: words(f, '"point"', '"sound"'), "picture is 'sound'; choose one of image, point"),
    ],
)
def test_broken_folder_is_explained(copy, damage, message):
    damage(copy)
    with pytest.raises(ValueError, match=f"model 'spirals': .*{message}"):
        model = read(copy)
        tasks.check(model)
        pictures.check(model)


@pytest.mark.parametrize("ask", [load, info, is_here])
def test_unknown_model_names_the_choices(ask):
    with pytest.raises(ValueError, match="no model 'digits'; choose one of digits-mlp"):
        ask("digits")


@every_model
def test_every_model_is_here_natively(id):
    assert is_here(id)


def test_words_are_known_before_the_other_files_are_here(tmp_path, monkeypatch):
    for name in ("model.toml", "README.md"):
        shutil.copy(folder_of("cancer") / name, tmp_path)
    monkeypatch.setattr(model_files, "folder_of", lambda id: tmp_path)
    words = info("cancer-far-away")
    assert words.picture_shape == (1, 30) and words.numbers.size_bytes == 6673
    assert not is_here("cancer-far-away") and not hasattr(words, "inputs")
