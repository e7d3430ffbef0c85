"""Kernels against torch, scikit-learn, kmeans1d and onnxruntime: other people's code for the same formulas."""

from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from sklearn.cluster import KMeans

from kernels.kmeans.clustering import kmeans
from kernels.pruning.masks import magnitude_masks
from kernels.storage import affine
from kernels.storage.floats import LARGEST, decode8, encode8, from_bf16, from_fp8, to_bf16, to_fp8
from kernels.storage.granularity import block_shape_of, spread_blocks
from kernels.storage.scales import exact

FC = (np.random.default_rng(0).normal(size=(24, 90)) / 9).astype(np.float32)
CONV = np.random.default_rng(1).laplace(size=(6, 8, 3, 5)).astype(np.float32)
TRAINED = np.load(Path(__file__).with_name("reference.npz"))["weight0"]  # see test_reference_table.py
every_weight = pytest.mark.parametrize("weight", [FC, CONV], ids=["fc", "conv"])
every_scheme = pytest.mark.parametrize("symmetric", [True, False], ids=["symmetric", "asymmetric"])


def coded(weight, bits, symmetric, granularity, block_size=32):
    block_shape = block_shape_of(granularity, weight.shape, block_size)
    return affine.encode(weight, bits=bits, symmetric=symmetric, block_shape=block_shape)


@every_weight
@every_scheme
@pytest.mark.parametrize("bits", range(2, 9))
def test_torch_rounds_to_the_same_values(weight, symmetric, bits):
    torch = pytest.importorskip("torch")
    form = coded(weight, bits, symmetric, "per_channel")
    low, high = affine.grid(bits, symmetric)
    theirs = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(weight),
        torch.from_numpy(form.scale.reshape(-1)),
        torch.from_numpy(form.zero_point.reshape(-1).astype(np.int32)),
        0,
        low,
        high,
    )
    assert (affine.dequantize(form) == theirs.numpy()).all()


@every_weight
def test_torch_rounds_to_the_same_values_of_16_bits(weight):
    torch = pytest.importorskip("torch")
    form = coded(weight, 16, True, "per_channel")
    scale, zero = torch.from_numpy(form.scale.reshape(-1)), torch.zeros(len(weight), dtype=torch.int32)
    theirs = torch.fake_quantize_per_channel_affine(torch.from_numpy(weight), scale, zero, 0, -32767, 32767)
    # torch multiplies by 1 / scale where we divide: at 15 bits the two may fall on either side of a half
    assert (np.abs(affine.dequantize(form) - theirs.numpy()) <= 1.001 * spread_blocks_of(form)).all()
    assert (affine.dequantize(form) == theirs.numpy()).mean() > 0.99


def spread_blocks_of(form):
    return spread_blocks(form.scale, form.block_shape, form.codes.shape)


@every_weight
@pytest.mark.parametrize("granularity", ["per_tensor", "per_channel"])
def test_torch_rounds_to_the_same_fp8_values(weight, granularity):
    """torchao's rule for float8 weights: scale = max|w| / 448, then a cast that cannot overflow."""
    torch = pytest.importorskip("torch")
    axes = tuple(range(1, weight.ndim)) if granularity == "per_channel" else None
    scale = torch.from_numpy(np.abs(weight).max(axis=axes, keepdims=True)) / 448
    theirs = (torch.from_numpy(weight) / scale).clamp(-448, 448).to(torch.float8_e4m3fn).to(torch.float32) * scale
    form = encode8(weight, block_shape=block_shape_of(granularity, weight.shape), store_scale=exact)
    assert (decode8(form) == theirs.numpy()).all()


EVERY_KIND = np.concatenate(  # random bits, what lies half way between fp8 or bf16 numbers, and the ends
    [
        np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32),
        np.arange(0, 2**32, 2**15, dtype=np.uint32),
        np.arange(0x39000000, 0x44000000, 2**14, dtype=np.uint32),
    ]
).view(np.float32)


def test_ml_dtypes_rounds_to_the_same_bf16():
    values = EVERY_KIND[np.abs(EVERY_KIND) <= LARGEST["bf16"]]
    assert (to_bf16(values) == values.astype(ml_dtypes.bfloat16).view(np.uint16)).all()
    assert (from_bf16(to_bf16(values)) == values.astype(ml_dtypes.bfloat16).astype(np.float32)).all()


def test_ml_dtypes_rounds_to_the_same_fp8():
    values = EVERY_KIND[np.isfinite(EVERY_KIND)]
    theirs = np.clip(values, -448, 448).astype(ml_dtypes.float8_e4m3fn)  # clipped: beyond the end theirs is NaN
    assert (to_fp8(values) == theirs.view(np.uint8)).all()
    assert (from_fp8(to_fp8(values)) == theirs.astype(np.float32)).all()


@pytest.mark.parametrize("sparsity", [0.0, 0.25, 0.5, 0.75, 0.95])  # whole counts: torch rounds where we round down
def test_torch_prunes_the_same_weights(sparsity):
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    layers = [torch.nn.Linear(90, 24), torch.nn.Linear(24, 10)]
    arrays = [layer.weight.detach().numpy().copy() for layer in layers]
    for layer, array in zip(layers, arrays, strict=True):
        prune.l1_unstructured(layer, "weight", amount=sparsity)
        (mask,) = magnitude_masks([array], sparsity)
        assert (mask == layer.weight_mask.numpy().astype(bool)).all()
        prune.remove(layer, "weight")
        layer.weight.data = torch.from_numpy(array.copy())
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=sparsity)
    for layer, mask in zip(layers, magnitude_masks(arrays, sparsity), strict=True):
        assert (mask == layer.weight_mask.numpy().astype(bool)).all()


@pytest.mark.parametrize("weight", [FC, CONV, TRAINED], ids=["fc", "conv", "trained"])
@pytest.mark.parametrize("n_clusters", [1, 2, 3, 8, 16, 64, 256])
def test_kmeans1d_finds_nothing_better(weight, n_clusters):
    kmeans1d = pytest.importorskip("kmeans1d")
    exact = weight.reshape(-1).astype(np.float64)
    clusters, centroids = kmeans1d.cluster(exact.tolist(), n_clusters)
    optimum = ((exact - np.array(centroids)[clusters]) ** 2).sum()
    assert optimum * (1 - 1e-9) <= squared_error(exact, kmeans(weight, n_clusters)[0]) <= 1.001 * optimum


@pytest.mark.parametrize("n_clusters", [2, 4, 16])
def test_scikit_learn_finds_nothing_better(n_clusters):
    exact = FC.reshape(-1).astype(np.float64)
    theirs = KMeans(n_clusters, n_init=10, random_state=0).fit(exact[:, None]).inertia_
    assert squared_error(exact, kmeans(FC, n_clusters)[0]) <= 1.0005 * theirs


def squared_error(exact, centroids):
    return (np.abs(exact[:, None] - centroids.astype(np.float64)).min(axis=1) ** 2).sum()


@every_weight
@every_scheme
@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("granularity", ["per_tensor", "per_channel", "per_block"])
def test_onnxruntime_decodes_to_our_values(weight, symmetric, bits, granularity):
    form = coded(weight, bits, symmetric, granularity, block_size=16)
    session = onnxruntime.InferenceSession(dequantizer(form, granularity), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {})
    assert theirs.tobytes() == affine.dequantize(form).tobytes()


def dequantizer(form, granularity):
    """An ONNX file that holds the form and gives its values."""
    kind = getattr(TensorProto, f"{'INT' if form.symmetric else 'UINT'}{form.bits}")
    shape = {"per_tensor": (), "per_channel": (-1,), "per_block": form.scale.shape}[granularity]
    scale, zero_point = form.scale.reshape(shape), form.zero_point.reshape(shape)
    where = {"per_tensor": {}, "per_channel": {"axis": 0}, "per_block": {"axis": 1, "block_size": form.block_shape[1]}}
    integers = [
        helper.make_tensor(name, kind, array.shape, array.ravel())
        for name, array in (("codes", form.codes), ("zero_point", zero_point))
    ]
    graph = helper.make_graph(
        [helper.make_node("DequantizeLinear", ["codes", "scale", "zero_point"], ["values"], **where[granularity])],
        "dequantizer",
        [],
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, form.codes.shape)],
        [*integers, onnx.numpy_helper.from_array(scale, "scale")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()
