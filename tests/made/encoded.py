"""Weights in every form, and a network of one layer to write them into."""

from dataclasses import replace
from functools import partial

import numpy as np
import onnx
from onnx import helper

from app.network import choice
from app.network.encodings import candidates
from app.network.read import read
from kernels.storage import affine, lookup
from kernels.storage.encoding import decode, pruned
from kernels.storage.floats import encode8
from kernels.storage.granularity import block_shape_of
from kernels.storage.scales import STORE
from kernels.weight import Float, Weight
from tests.made import networks

SHAPES = [(7, 13), (10, 64), (5, 3, 3, 3)]
DENSITIES = [None, 0.6, 0.08]
VECTORS = [(2, 100, "fp32"), (4, 100, "fp16"), (4, 100, "int8"), (2, 2, "int8"), (2, 4, "fp16"), (4, 4, "fp32")]


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


def options(shape, granularity, scales):
    """What every form with scales is made with; the last block is shorter."""
    block_shape = block_shape_of(granularity, shape, block_size=5 if len(shape) == 2 else 2)
    return {"block_shape": block_shape, "store_scale": STORE[scales]}


def channel_scales(shape):
    return np.random.default_rng(2).uniform(0.1, 3, shape[0]).astype(np.float32)


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


def forms(shape):
    """One maker of a form for each kind of encoding."""
    blocks = options(shape, "per_block", "int8")
    yield from (lambda values, form=form: form for form in (Float(16), Float(16, "bfloat"), Float(32)))
    yield partial(encode8, **blocks)
    yield partial(affine.encode, bits=16, symmetric=True, **options(shape, "per_channel", "fp16"))
    for bits in (2, 4, 8):
        yield partial(affine.encode, bits=bits, symmetric=True, **options(shape, "per_tensor", "fp32"))
        yield partial(affine.encode, bits=bits, symmetric=False, **blocks)
        palette = partial(lookup.encode, bits=bits, group_size=3)
        yield palette
        yield lambda values, palette=palette: lookup.with_table(palette(values), Float(16))
        yield partial(lookup.encode_vectors, bits=bits, group_size=4, cluster_dim=4)
        yield lambda values, palette=palette: lookup.quantize_table(palette(values), bits=4, symmetric=False)
