"""Every encoding, written to a file and decoded by onnxruntime, gives back the weight bit for bit."""

from dataclasses import replace
from functools import partial

import numpy as np
import onnx
import pytest
from onnx import helper

from app.network import choice
from app.network.encodings import candidates, functions
from app.network.read import read
from kernels.storage import affine, hqq, lookup
from kernels.storage.encoding import decode, pruned
from kernels.storage.floats import encode8
from kernels.storage.granularity import GRANULARITIES, block_shape_of
from kernels.storage.scales import STORE
from kernels.weight import Float, Palette, Weight
from tests.made import networks

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
    network = read(networks.model([node], [weight], ["N", *sizes], y))
    return network, np.random.default_rng(1).standard_normal((2, *sizes)).astype(np.float32)


def masked(shape, form_of, density):
    """A weight in the form `form_of` makes of its values, then pruned to about `density` of them."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal(shape).astype(np.float32)
    weight = Weight("only", values, form_of(values))
    weight = replace(weight, values=decode(weight))
    return weight if density is None else pruned(weight, rng.random(shape) < density)


def assert_all_decode(weight, monkeypatch):
    """Each candidate for `weight`, not just the smallest, decodes exactly, with and without graph optimization."""
    shape = weight.values.shape
    network, x = single(shape)
    found = list(candidates(weight, "only.weight"))
    assert found
    for candidate in found:
        monkeypatch.setattr(choice, "candidates", lambda weight, output, only=candidate: [only])
        written = network.write([weight])
        networks.check(written.onnx)
        cost = written.stored["only"].cost
        assert sum(cost.values()) + sum(written.overhead.values()) == len(written.onnx)
        data = sum(len(tensor.raw_data) for tensor in onnx.load_model_from_string(written.onnx).graph.initializer)
        assert data - 64 <= sum(cost.values()) - cost["graph"] <= data  # shapes are tensors, too, and count as graph
        for optimize in (True, False):
            got = networks.decoded(written.onnx, {"only.weight": shape}, x, optimize=optimize)["only.weight"]
            assert got.shape == shape and got.dtype == np.float32
            np.testing.assert_array_equal(got.view(np.uint32), weight.values.view(np.uint32), err_msg=candidate.label)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", [Float(16), Float(16, "bfloat"), Float(32)], ids=["fp16", "bf16", "fp32"])
def test_floats_decode_exactly(shape, form, density, monkeypatch):
    assert_all_decode(masked(shape, lambda values: form, density), monkeypatch)


def options(shape, granularity, scales):
    """What every form with scales is made with; the last block is shorter."""
    block_shape = block_shape_of(granularity, shape, block_size=5 if len(shape) == 2 else 2)
    return {"block_shape": block_shape, "store_scale": STORE[scales]}


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", STORE)
def test_fp8_and_int16_decode_exactly(shape, granularity, scales, density, monkeypatch):
    rule = options(shape, granularity, scales)
    assert_all_decode(masked(shape, partial(encode8, **rule), density), monkeypatch)
    assert_all_decode(masked(shape, partial(affine.encode, bits=16, symmetric=True, **rule), density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", [*SHAPES, (40, 64)])  # the last has scales enough to make them smaller
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", ["fp16", "int8"])
def test_integers_with_smaller_scales_decode_exactly(shape, granularity, scales, density, monkeypatch):
    rule = options(shape, granularity, scales)
    for bits, symmetric in ((3, True), (4, False), (8, True)):
        encode = partial(affine.encode, bits=bits, symmetric=symmetric, **rule)
        assert_all_decode(masked(shape, encode, density), monkeypatch)


def test_scales_are_stored_as_smaller_numbers_where_that_pays():
    values = np.random.default_rng(0).standard_normal((40, 64)).astype(np.float32)
    costs = {}
    for scales in STORE:
        form = affine.encode(values, bits=4, symmetric=True, **options(values.shape, "per_block", scales))
        stored = single(values.shape)[0].write([Weight("only", affine.dequantize(form), form)]).stored["only"]
        costs[scales] = stored.cost["scales"]
        assert stored.cost["payload"] == 40 * 64 / 2
    assert costs == {"fp32": 40 * 13 * 4, "fp16": 40 * 13 * 2, "int8": 40 * 13 + 4}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", STORE)
def test_real_zero_points_decode_exactly(shape, granularity, scales, monkeypatch):
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for bits in (1, 3, 4, 8):
        form = hqq.encode(values, bits=bits, **options(shape, granularity, scales))
        assert form.zero_point.dtype == np.float32
        weight = Weight("only", hqq.dequantize(form), form)
        assert_all_decode(weight, monkeypatch)
        assert_all_decode(replace(weight, mask=np.ones(shape, bool)), monkeypatch)


def test_positions_win_where_next_to_nothing_is_left(monkeypatch):
    for shape in ((64, 64), (300, 70), (5, 300, 3, 3)):
        values = np.zeros(shape, np.float32)
        values.flat[[0, 70, 4000]] = 1, -2, 3
        weight = Weight("only", values, mask=values != 0)
        with monkeypatch.context() as patch:
            assert_all_decode(weight, patch)
        assert single(shape)[0].write([weight]).stored["only"].label == "COO + float32"


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


VECTORS = [(2, 100, "fp32"), (4, 100, "fp16"), (4, 100, "int8"), (2, 2, "int8"), (2, 4, "fp16"), (4, 4, "fp32")]


@pytest.mark.parametrize("density", [None, 0.6, 0.0, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cluster_dim, group_size, table", VECTORS)
def test_palettes_of_vectors_decode_exactly(shape, cluster_dim, group_size, table, density, monkeypatch):
    def form_of(values, bits):
        rule = {"bits": bits, "group_size": min(group_size, shape[0]), "cluster_dim": cluster_dim}
        form = lookup.encode_vectors(values, **rule)
        if table == "fp32":
            return form
        if table == "fp16":
            return lookup.with_table(replace(form, scale=channel_scales(shape)), Float(16))
        return lookup.quantize_table(form, bits=8, symmetric=True)

    for bits in (1, 4, 6):
        assert_all_decode(masked(shape, partial(form_of, bits=bits), density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("group_size", [2, 100])
def test_channel_scales_decode_exactly(shape, group_size, density, monkeypatch):
    def form_of(values):
        return replace(lookup.encode(values, bits=3, group_size=min(group_size, shape[0])), scale=channel_scales(shape))

    assert_all_decode(masked(shape, form_of, density), monkeypatch)


def channel_scales(shape):
    return np.random.default_rng(2).uniform(0.1, 3, shape[0]).astype(np.float32)


def test_a_vector_palette_of_which_everything_was_pruned_later(monkeypatch):
    values = np.array([[1, 5], [2, 6], [1, 5]], np.float32)
    form = lookup.encode_vectors(values, bits=1, group_size=3, cluster_dim=2)
    assert_all_decode(pruned(Weight("only", values, form), np.zeros((3, 2), bool)), monkeypatch)


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
            assert payload < stored.size_bytes < payload + 250 and not stored.weights[0].note
        else:
            assert "3-bit code takes 8 bits" in stored.weights[0].note


def test_zeros_that_are_not_left_out_are_explained():
    weight = masked((7, 13), partial(lookup.encode, bits=2, group_size=7), 0.9)
    stored = single((7, 13))[0].write([weight]).stored["only"]
    assert stored.label == "palette 2 bit" and stored.weights[0].zeros_are_stored


def test_functions_say_what_is_needed_and_nothing_else():
    for name in functions.NAMES:
        (function,) = onnx.load_model_from_string(functions.function(name)).functions
        assert function.name == name and 100 < len(functions.function(name)) < 400
        made = {output for node in function.node for output in node.output}
        read = {tensor for node in function.node for tensor in node.input} | set(function.output)
        assert read <= made | set(function.input) and made <= read  # nothing is missing, nothing is left over
