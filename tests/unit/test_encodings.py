"""Every encoding, written to a file and decoded by onnxruntime, gives back the weight bit for bit."""

from functools import partial

import networks
import numpy as np
import onnx
import pytest
from onnx import helper

from app import graph, unpackers
from app.encodings import candidates
from kernels import affine, lookup
from kernels.encoding import decode, pruned
from kernels.granularity import GRANULARITIES, block_shape_of
from kernels.technique import Float, Palette, Weight

SHAPES = [(7, 13), (10, 64), (5, 3, 3, 3)]
DENSITIES = [None, 0.6, 0.08]
BITS = range(1, 9)


def single(shape):
    """A network of one layer named ``only``, and an input for it."""
    weight = onnx.numpy_helper.from_array(np.zeros(shape, np.float32), "only.weight")
    op, more = ("Gemm", {"transB": 1}) if len(shape) == 2 else ("Conv", {})
    sizes = shape[1:2] if len(shape) == 2 else (shape[1], 5, 7)
    node = helper.make_node(op, ["x", "only.weight"], ["y"], name="only", **more)
    y = ["N", shape[0]] if len(shape) == 2 else ["N", shape[0], 3, 5]
    network = graph.read(networks.model([node], [weight], ["N", *sizes], y))
    return network, np.random.default_rng(1).standard_normal((2, *sizes)).astype(np.float32)


def masked(shape, form_of, density):
    """A weight in the form `form_of` makes of its values, then pruned to about `density` of them."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal(shape).astype(np.float32)
    weight = Weight("only", values, form_of(values))
    weight = Weight("only", decode(weight), weight.form)
    return weight if density is None else pruned(weight, rng.random(shape) < density)


def assert_all_decode(weight, monkeypatch):
    """Each candidate for `weight`, not just the smallest, decodes exactly, with and without graph optimization."""
    shape = weight.values.shape
    network, x = single(shape)
    found = list(candidates(weight, "only.weight"))
    assert found
    for candidate in found:
        monkeypatch.setattr(graph, "candidates", lambda weight, output, only=candidate: [only])
        written = network.write([weight])
        networks.check(written.onnx)
        assert written.stored["only"].size_bytes + written.overhead_bytes == len(written.onnx)
        for optimize in (True, False):
            got = networks.decoded(written.onnx, {"only.weight": shape}, x, optimize=optimize)["only.weight"]
            assert got.shape == shape and got.dtype == np.float32
            np.testing.assert_array_equal(got.view(np.uint32), weight.values.view(np.uint32), err_msg=candidate.label)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bits", [16, 32])
def test_floats_decode_exactly(shape, bits, density, monkeypatch):
    assert_all_decode(masked(shape, lambda values: Float(bits), density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("symmetric", [True, False])
def test_integers_decode_exactly(shape, granularity, symmetric, density, monkeypatch):
    block_shape = block_shape_of(granularity, shape, block_size=5 if len(shape) == 2 else 2)  # the last one is shorter
    for bits in BITS:
        if bits > 1 or not symmetric:
            encode = partial(affine.encode, bits=bits, symmetric=symmetric, block_shape=block_shape)
            assert_all_decode(masked(shape, encode, density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("group_size", [2, 4, 100])
def test_palettes_decode_exactly(shape, group_size, density, monkeypatch):
    for bits in BITS:
        encode = partial(lookup.encode, bits=bits, group_size=min(group_size, shape[0]))
        assert_all_decode(masked(shape, encode, density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("group_size", [3, 7])
@pytest.mark.parametrize("table", ["float16", "int8", "uint3"])
def test_tables_of_smaller_numbers_decode_exactly(group_size, table, density, monkeypatch):
    def form_of(values):
        form = lookup.encode(values, bits=3, group_size=group_size)
        if table == "float16":
            return lookup.with_table(form, Float(16))
        return lookup.quantize_table(form, bits=int(table[-1]), symmetric=table == "int8")

    assert_all_decode(masked((7, 13), form_of, density), monkeypatch)


@pytest.mark.parametrize("density", [0.0, 1.0])
@pytest.mark.parametrize("bits", [1, 4, 8])
def test_nothing_pruned_and_everything_pruned_decode_exactly(bits, density, monkeypatch):
    shape = (10, 64)  # more values than a table of eight bits holds
    affine_of = partial(affine.encode, bits=bits, symmetric=False, block_shape=(1, 64))
    palette_of = partial(lookup.encode, bits=bits, group_size=10)
    for form_of in (lambda values: Float(32), affine_of, palette_of):
        assert_all_decode(masked(shape, form_of, density), monkeypatch)


def test_a_palette_without_zero_can_be_stored_sparsely(monkeypatch):
    indices = np.array([[0, 1, 2, 3], [3, 2, 1, 0]], np.uint8)
    form = Palette(indices, np.array([[1, 2, 3, 4]], np.float32), bits=2, group_size=2)
    assert_all_decode(Weight("only", lookup.decode(form), form, np.ones((2, 4), bool)), monkeypatch)


def test_steps_longer_than_their_bits_reach_stop_on_the_way(monkeypatch):
    values = np.zeros((7, 130), np.float32)
    values[[0, 0, 0, 6], [0, 1, 2, 129]] = 1, 2, 3, 4  # the last step is 907 long
    weight = Weight("only", values, Float(32), values != 0)
    assert any(candidate.label.startswith("gaps") for candidate in candidates(weight, "only.weight"))
    assert_all_decode(weight, monkeypatch)


def test_minus_zero_keeps_its_sign(monkeypatch):
    values = np.array([[-0.0, 1.0, 0.0]], np.float32)
    assert_all_decode(Weight("only", values, Float(32), np.array([[True, True, False]])), monkeypatch)


def test_the_smallest_candidate_wins_and_codes_grow_only_where_unpacking_costs_more():
    values = np.random.default_rng(0).standard_normal((300, 64)).astype(np.float32)
    for shape, bits, label in (((300, 64), 3, "palette 3 bit"), ((7, 13), 3, "palette 3 bit")):
        part = values[: shape[0], : shape[1]].copy()
        form = lookup.encode(part, bits=bits, group_size=shape[0])
        network, _ = single(shape)
        stored = network.write([Weight("only", lookup.decode(form), form)]).stored["only"]
        assert stored.label == label
        payload = -(-part.size * bits // 8)
        if part.size > 10_000:
            assert payload < stored.size_bytes < payload + 250 and not stored.note
        else:
            assert "3-bit code takes 4 bits" in stored.note


def test_zeros_that_are_not_left_out_are_explained():
    weight = masked((7, 13), partial(lookup.encode, bits=2, group_size=7), 0.9)
    stored = single((7, 13))[0].write([weight]).stored["only"]
    assert stored.label == "palette 2 bit" and stored.note.startswith("Its zeros are stored like any other weight")


def test_functions_say_what_is_needed_and_nothing_else():
    for name in unpackers.NAMES:
        (function,) = onnx.load_model_from_string(unpackers.function(name)).functions
        assert function.name == name and 100 < len(unpackers.function(name)) < 400
        made = {output for node in function.node for output in node.output}
        read = {tensor for node in function.node for tensor in node.input} | set(function.output)
        assert read <= made | set(function.input) and made <= read  # nothing is missing, nothing is left over
