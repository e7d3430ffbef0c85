"""The models that are no classifiers, and the untrained one: each shows what its card promises, on samples held out."""

from pathlib import Path

import numpy as np
import pytest

from models.metrics import METRICS
from models.model import load
from tests.unit.models.test_zoo import compressed, palettize, prune, quantize, rows

REPAIR = ("repair",)
FEW_STEPS = ("activations", ("bits", 4))
ENDS = ("embed", "fc2")

PROMISED = [
    ("tracker", "0.07 px", (), quantize(8)),
    ("tracker", "0.56 px", (), quantize(3)),
    ("tracker", "0.09 px", ("place",), quantize(3)),
    ("denoiser", "27.66 dB", (), quantize(8)),
    ("denoiser", "22.41 dB", (), quantize(4)),
    ("denoiser", "11.93 dB", (), quantize(3)),
    ("denoiser", "21 dB", (), palettize(3)),
    ("words", "6.24", (), quantize(8)),
    ("words", "7.44", (), quantize(4)),
    ("words", "18.14", (), quantize(4, "per_tensor")),
    ("words", "17.35", (), quantize(3)),
    ("words", "7.55", ENDS, quantize(3)),
]
SIZES = [
    (183.8, 110.2, (quantize(8),)),
    (98.0, 57.9, (quantize(4),)),
    (41.8, 44.1, (prune(0.8), quantize(4))),
    (180.0, 180.0, (("structured", ("sparsity", 0.5)),)),
]


@pytest.mark.parametrize("id, said, keep, steps", [(id, said, keep, steps) for id, said, keep, *steps in PROMISED])
def test_card_says_what_a_recipe_leaves(id, said, keep, steps):
    assert said in load(id).card
    number, score = said.split()[0], compressed(id, *steps, keep=keep).compressed.score
    last_digit = 0.1 ** len(number.partition(".")[2])
    assert score == pytest.approx(float(number), rel=0.01, abs=0.6 * last_digit)


# ---- tracker ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, keep, steps",
    [
        ("0.09 px", (), ()),
        ("0.09 px", (), (quantize(8),)),
        ("0.38 px", (), (quantize(3),)),
        ("0.09 px", ("place",), (quantize(3),)),
        ("0.20 px", (), (quantize(8), FEW_STEPS)),
        ("0.11 px", ("place",), (quantize(8), FEW_STEPS)),
    ],
)
def test_the_output_trembles_where_it_is_quantized(said, keep, steps):
    after = compressed("tracker", *steps, keep=keep).compressed.outputs
    model, metric = load("tracker"), METRICS["jitter"]
    jitter = metric.of(metric.values(after, model.labels, model.row))
    assert said in model.card and jitter == pytest.approx(float(said.split()[0]), abs=0.012)


def test_video_comes_from_its_generator():
    from models.tracker import data

    (training, _), (inputs, labels) = data.split()
    np.testing.assert_allclose(load("tracker").inputs, inputs, atol=1.1 / 255)  # the last bit of a sine may turn a step
    np.testing.assert_allclose(load("tracker").labels, labels, atol=1e-4)
    assert rows(inputs).isdisjoint(rows(training)) and rows(load("tracker").inputs).isdisjoint(rows(training))
    assert len(inputs) == 6 * load("tracker").row
    paths = labels.reshape(6, -1, 2)
    assert np.abs(np.diff(paths, axis=1)).max() < 2.5 and np.abs(paths - 7.5).max() <= 5


# ---- denoiser --------------------------------------------------------------------------------------------------------


def test_blocks_appear_at_few_bits():
    clean, ratios = load("denoiser").labels, []
    for steps in ((), (quantize(8),), (quantize(4),)):
        error = np.square(compressed("denoiser", *steps).compressed.outputs.clip(0, 1) - clean)
        ratios.append(error.mean() / error[..., 1:-1, 1:-1].mean())  # over that without the borders of the patches
    np.testing.assert_allclose(ratios, [1.06, 1.06, 1.35], atol=0.05)


@pytest.mark.parametrize("step", [quantize(4), palettize(3)])
def test_repair_brings_the_photographs_back(step):
    """By how much depends on the order of sums: rounded codes are chosen one after the other."""
    assert "then repair: above 25 dB again" in load("denoiser").card
    assert compressed("denoiser", step).compressed.score < 23
    assert compressed("denoiser", step, REPAIR).compressed.score > 25


def test_photographs_are_held_out():
    pytest.importorskip("sklearn")
    from models.denoiser import data

    training, (noisy, clean) = data.split()
    model = load("denoiser")
    np.testing.assert_allclose(model.inputs, noisy, atol=2.1 / 255)  # readers of JPEG may differ by a step
    np.testing.assert_allclose(model.labels, clean, atol=2.1 / 255)
    assert len(training) == 6966 and rows(clean).isdisjoint(rows(training))
    noise = METRICS["psnr"].of(METRICS["psnr"].each(model.inputs, model.labels))
    assert f"{noise:.2f} dB" in model.card
    squares = model.labels.reshape(12, 2, 12, 16, 16).transpose(1, 0, 3, 2, 4).reshape(2, 192, 192)
    assert np.abs(np.diff(squares, axis=1)).mean() < 0.06  # stitched, they are photographs: neighbours are alike


# ---- words -----------------------------------------------------------------------------------------------------------


def held_out_words():
    """The words whose letters and ends the evaluation set holds, one after the other."""
    model = load("words")
    text = "".join(model.classes[label] for label in model.labels)
    assert text.endswith(model.classes[0])
    return text[:-1].split(model.classes[0])


def test_words_are_whole():
    from models.words import data

    words = held_out_words()
    assert len(words) == len(set(words)) == 200 and load("words").classes == data.LETTERS
    contexts, letters = data.pairs(words)
    np.testing.assert_array_equal(load("words").inputs, data.one_hot(contexts))
    np.testing.assert_array_equal(load("words").labels, letters)


def test_words_are_held_out():
    """No held-out word is trained on. Contexts that words share are; the card says so."""
    from models.words import data

    if not Path(data.FOLDER).is_dir():
        pytest.skip("Debian's package scowl is not installed")
    training, held_out = data.words()
    assert held_out == held_out_words() and set(held_out).isdisjoint(training)
    assert (len(training), len(held_out)) == (37635, 200)
    assert rows(load("words").calibration) <= rows(data.one_hot(data.pairs(training)[0]))


def test_the_fewer_entries_the_worse():
    assert "6.7, 8.2, 12 and 25" in load("words").card
    scores = [compressed("words", palettize(bits)).compressed.score for bits in (4, 3, 2, 1)]
    np.testing.assert_allclose(scores, [6.7, 8.2, 12, 25], rtol=0.04)  # palettes of equal error differ in their words


def test_words_fall_apart():
    """Made up with the same random numbers, most words stay at 8 bits; at 3 bits hardly any does."""
    old, eight = compressed("words", quantize(8)).probed
    _, three = compressed("words", quantize(3)).probed
    stay = [np.mean((old == new).all(axis=1)) for new in (eight, three)]
    assert stay[0] > 0.5 and stay[1] < 0.1


# ---- untrained -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("here, there, steps", SIZES)
def test_sizes_are_known_before_training(here, there, steps):
    for id, said in (("untrained", here), ("digits-resnet", there)):
        assert f"{said} kB" in load("untrained").card
        assert len(compressed(id, *steps).onnx) == pytest.approx(1000 * said, abs=60)


def test_the_score_is_a_guess():
    low, high = compressed("untrained").baseline.interval
    assert low < 0.1 < high


def test_untrained_is_where_training_began():
    torch = pytest.importorskip("torch")
    from onnx import load_from_string, numpy_helper

    from models.digits_resnet.train import build

    torch.manual_seed(0)
    began = {name: value.numpy() for name, value in build().state_dict().items()}
    stored = [numpy_helper.to_array(p) for p in load_from_string(load("untrained").onnx).graph.initializer]
    kernels = [value for value in stored if value.ndim == 4]
    first = [value for value in began.values() if value.ndim == 4]
    assert len(kernels) == len(first) == 15
    assert all(np.array_equal(*pair) for pair in zip(kernels, first, strict=True))
