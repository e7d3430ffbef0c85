"""Every kernel beside other people's code for the same thing: how far apart they are, and how far they may be.

`ROWS` is printed by ``python -m tests.parity`` and asserted, row by row, by test_oracles.py. Oracles that are light
enough to install run live; what llm-compressor, hqq and coremltools gave is stored, see the ``make_*.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from time import perf_counter

import ml_dtypes
import numpy as np
from onnxruntime.quantization.calibrate import HistogramCollector
from onnxruntime.quantization.quant_utils import compute_scale_zp
from sklearn.cluster import KMeans

from kernels.calibrated.calibration import entropy_range, reach
from kernels.calibrated.gptq import gptq
from kernels.calibrated.hessian import damped, gram, output_error
from kernels.calibrated.points import GridPoints
from kernels.kmeans import clustering, vector_clustering
from kernels.pruning.exact_obs import exact_obs
from kernels.pruning.masks import block_mask, magnitude_masks, n_m_mask
from kernels.pruning.sparsegpt import sparsegpt
from kernels.pruning.wanda import row_mask, wanda_scores
from kernels.storage import affine, lookup
from kernels.storage.distortion import mse
from kernels.storage.entropy import entropy_bits
from kernels.storage.floats import LARGEST, decode8, encode8, from_bf16, from_fp8, to_bf16, to_fp8
from kernels.storage.granularity import block_shape_of, spread_blocks
from kernels.storage.hqq import hqq
from kernels.storage.low_rank import decompose, factors
from kernels.storage.scales import exact
from kernels.weight import Weight
from tests.techniques import driven, recipe

HERE = Path(__file__).parent
COREML, MASKS, REPAIR, SPARSEGPT, REFERENCE = (
    np.load(HERE / f"{name}.npz") for name in ("coremltools", "masks", "repair", "sparsegpt", "reference")
)
LAYERS = {name: COREML[name] for name in ("fc", "conv")}
TRAINED = [REFERENCE[f"weight{i}"] for i in range(3)]
STORED = {"coremltools": str(COREML["version"]), **dict(each.split() for each in REPAIR["versions"])}


@dataclass(frozen=True)
class Row:
    """One comparison. `measure` gives a figure that is at most `bound`; `figure` says what it is."""

    what: str
    oracle: str
    figure: str
    bound: float
    measure: Callable[[], float]

    @property
    def version(self) -> str:
        """Of the oracle; PackageNotFoundError if it is not installed."""
        if self.oracle == "float64":
            return "definition"
        return STORED.get(self.oracle) or version(self.oracle)


ROWS: list[Row] = []


def row(what: str, oracle: str, figure: str, bound: float, *given):
    """Makes a function a `Row`; it is called with `given`."""

    def add(measure):
        ROWS.append(Row(what, oracle, figure, bound, lambda: float(measure(*given))))
        return measure

    return add


DIFFERENCE, OTHERS, RATIO = "largest difference", "codes that differ", "squared error, ratio"


def largest(pairs) -> float:
    """The largest difference within any pair of arrays, as a share of the largest number in the second."""
    return max(float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours, theirs in pairs)


# ---- coremltools, stored ---------------------------------------------------------------------------------------------


def named(*words, without=()) -> list[str]:
    """Recipes of coremltools.npz whose names contain all these words."""
    recipes = (name for name in COREML.files if "|" in name)
    return [n for n in recipes if all(w in n for w in words) and not any(w in n for w in without)]


def ours(name) -> np.ndarray:
    """What our techniques make of the weight that an entry of coremltools.npz is named for."""
    layer, steps = name.split("|")
    return recipe(steps, Weight(layer, LAYERS[layer])).values


for scheme in ("symmetric", "asymmetric"):
    for granularity in ("per_tensor", "per_channel", "per_block"):

        @row(f"4 and 8 bits, {scheme}, {granularity}", "coremltools", DIFFERENCE, 0, scheme, granularity)
        def linear(scheme, granularity):
            names = named("|quantize", f"={scheme}", granularity)
            return largest((ours(name), COREML[name]) for name in names)


@row("magnitude pruning, then int8 too", "coremltools", DIFFERENCE, 0)
def pruned_and_joint():
    return largest((ours(name), COREML[name]) for name in named("|prune", without=("palettize",)))


@row("N:M masks", "coremltools", OTHERS, 0)
def n_of_m():
    different = 0
    for name in (name for name in MASKS.files if "n_m" in name):
        layer, rule = name.split("|")
        keep, group = map(int, rule.removeprefix("n_m=").split(":"))
        different += np.count_nonzero(n_m_mask(np.abs(LAYERS[layer]), keep, group) != MASKS[name])
    return different


@row("block masks, blocks that fit", "coremltools", OTHERS, 0)
def blocks():
    different = 0
    for name in (name for name in MASKS.files if "block" in name):
        layer, rule = name.split("|")
        given = dict(word.split("=") for word in rule.split(","))
        axis, block = int(given["axis"]), int(given["block"])
        if LAYERS[layer].shape[axis] % block == 0:
            ours = block_mask(LAYERS[layer], float(given["sparsity"]), block, axis)
            different += np.count_nonzero(ours != MASKS[name])
    return different


@row("uniform palettes", "coremltools", DIFFERENCE, 2.0**-22)  # theirs are spaced in float32
def uniform():
    return largest((ours(name), COREML[name]) for name in named("uniform"))


def worst_error(names) -> float:
    """The largest ratio of our squared error to theirs."""
    original = {name: LAYERS[name.split("|")[0]] for name in names}
    return max(mse(original[name], ours(name)) / mse(original[name], COREML[name]) for name in names)


@row("k-means palettes, joint ones too", "coremltools", RATIO, 1.002)  # rounding of int8 tables and of a shared zero
def palettes():
    return worst_error(named("palettize", without=("uniform", "cluster_dim")))


@row("vector palettes", "coremltools", RATIO, 1.01)  # local optima
def vector_palettes():
    return worst_error(named("cluster_dim"))


# ---- torch, ml_dtypes and onnxruntime --------------------------------------------------------------------------------


for symmetric in (True, False):

    @row(f"2 to 8 bits per channel, {'' if symmetric else 'a'}symmetric", "torch", DIFFERENCE, 0, symmetric)
    def fake_quantize(symmetric):
        import torch

        def pairs():
            for weight in LAYERS.values():
                for bits in range(2, 9):
                    block_shape = block_shape_of("per_channel", weight.shape)
                    form = affine.encode(weight, bits=bits, symmetric=symmetric, block_shape=block_shape)
                    scale = torch.from_numpy(form.scale.reshape(-1))
                    zero_point = torch.from_numpy(form.zero_point.reshape(-1).astype(np.int32))
                    grid = affine.grid(bits, symmetric)
                    theirs = torch.fake_quantize_per_channel_affine(
                        torch.from_numpy(weight), scale, zero_point, 0, *grid
                    )
                    yield affine.dequantize(form), theirs.numpy()

        return largest(pairs())


@row("fp8 with channel scales", "torch", DIFFERENCE, 0)
def fp8_with_scales():
    import torch

    weight = LAYERS["fc"]
    scale = torch.from_numpy(np.abs(weight).max(axis=1, keepdims=True)) / 448
    theirs = (torch.from_numpy(weight) / scale).clamp(-448, 448).to(torch.float8_e4m3fn).to(torch.float32) * scale
    form = encode8(weight, block_shape=block_shape_of("per_channel", weight.shape), store_scale=exact)
    return largest([(decode8(form), theirs.numpy())])


BITS = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32)


@row("bf16 of any bits", "ml_dtypes", OTHERS, 0)
def bf16():
    values = BITS[np.abs(BITS) <= LARGEST["bf16"]]
    theirs = values.astype(ml_dtypes.bfloat16)
    ours = to_bf16(values)
    return np.count_nonzero(ours != theirs.view(np.uint16)) + np.count_nonzero(from_bf16(ours) != theirs)


@row("fp8 of any bits", "ml_dtypes", OTHERS, 0)
def fp8():
    values = BITS[np.isfinite(BITS)]
    theirs = np.clip(values, -448, 448).astype(ml_dtypes.float8_e4m3fn)  # clipped: beyond the end theirs is NaN
    ours = to_fp8(values)
    return np.count_nonzero(ours != theirs.view(np.uint8)) + np.count_nonzero(from_fp8(ours) != theirs.astype("f4"))


@row("magnitude masks, per layer and global", "torch", OTHERS, 0)
def magnitude():
    import torch
    from torch.nn.utils import prune

    different = 0
    for sparsity in (0.25, 0.5, 0.75):  # whole counts: torch rounds where we round down
        layers = [torch.nn.Linear(*weight.shape[::-1]) for weight in TRAINED]
        for layer, weight in zip(layers, TRAINED, strict=True):
            layer.weight.data = torch.from_numpy(weight.copy())
            prune.l1_unstructured(layer, "weight", amount=sparsity)
            different += np.count_nonzero(
                magnitude_masks([weight], sparsity)[0] != layer.weight_mask.numpy().astype(bool)
            )
            prune.remove(layer, "weight")
            layer.weight.data = torch.from_numpy(weight.copy())
        prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=sparsity)
        for layer, mask in zip(layers, magnitude_masks(TRAINED, sparsity), strict=True):
            different += np.count_nonzero(mask != layer.weight_mask.numpy().astype(bool))
    return different


@row("channels by their norm", "torch", OTHERS, 0)
def channels():
    import torch
    from torch.nn.utils import prune

    weight, different = LAYERS["conv"], 0
    for axis in (0, 1):
        layer = torch.nn.Conv2d(8, 6, 3)
        layer.weight.data = torch.from_numpy(weight.copy())
        prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=axis)
        lines = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1).T  # a channel is a block of one column
        mask = block_mask(lines, 0.5, len(lines))[0]
        theirs = np.moveaxis(layer.weight_mask.numpy(), axis, 0).reshape(len(mask), -1)
        different += np.count_nonzero(theirs != mask[:, None])
    return different


@row("Wanda, the line of the paper", "torch", OTHERS, 0)
def wanda():
    import torch

    rng = np.random.default_rng(3)
    X, W, different = (rng.normal(size=(50, 64)) * rng.gamma(1, size=64)).astype(np.float32), LAYERS["fc"], 0
    energies = np.square(X, dtype=np.float64).mean(axis=0)
    for sparsity in (0.25, 0.5, 0.75):
        metric = torch.from_numpy(W).abs() * torch.from_numpy(X).norm(p=2, dim=0)
        removed = metric.sort(dim=1, stable=True).indices[:, : int(64 * sparsity)]
        theirs = torch.ones_like(metric, dtype=torch.bool).scatter(1, removed, False).numpy()
        different += np.count_nonzero(row_mask(wanda_scores(W, energies), sparsity) != theirs)
    return different


for block_size in (32, 128):

    @row(f"4 bits in blocks of {block_size}, asymmetric", "torchao", OTHERS, 0, block_size)
    def blocks_of_torchao(block_size):
        ours, theirs = _both(LARGE, block_size)
        return np.count_nonzero(ours() != theirs().numpy())

    @row(f"524,288 weights in blocks of {block_size}, one thread", "torchao", "time, ratio", 1.3, block_size)  # noise
    def time_of_torchao(block_size):
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        ours, theirs = (min(seconds(work) for _ in range(10)) for work in _both(LARGE, block_size))
        torch.set_num_threads(threads)
        return ours / theirs


def _both(weight, block_size):
    """What quantizes a weight to 4 bits in blocks, ours and torchao's."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of much when it is imported
        from torchao.quantization.quant_primitives import MappingType, choose_qparams_affine, quantize_affine

    tensor, block, span = torch.from_numpy(weight), (1, block_size), {"quant_min": 0, "quant_max": 15}

    def theirs():
        kinds = {"scale_dtype": torch.float32, "zero_point_dtype": torch.int32}
        grid = choose_qparams_affine(tensor, MappingType.ASYMMETRIC, block, torch.int32, **span, **kinds)
        return quantize_affine(tensor, block, *grid, torch.int32, **span)

    return lambda: affine.encode(weight, bits=4, symmetric=False, block_shape=block).codes, theirs


LARGE = np.random.default_rng(0).normal(size=(512, 1024)).astype(np.float32)
SAMPLES = [
    np.random.default_rng(5).normal(size=8000), np.maximum(np.random.default_rng(6).normal(size=8000), 0),
    np.random.default_rng(7).laplace(size=8000), np.append(np.random.default_rng(8).normal(size=5000), 40),
]  # fmt: skip
SAMPLES = [samples.astype(np.float32) for samples in SAMPLES]


def calibrated(samples, method, **options):
    """The range that onnxruntime's calibrator finds."""
    settings = {"num_bins": 512, "num_quantized_bins": 128, "percentile": 99.999, **options}
    collector = HistogramCollector(method=method, symmetric=False, scenario="same", **settings)
    with redirect_stdout(StringIO()):  # it tells what it does
        collector.collect({"x": samples})
        return collector.compute_collection_result()["x"][:2]


@row("entropy calibrator", "onnxruntime", DIFFERENCE, 0)
def entropy_calibrator():
    return largest(
        (np.float64(entropy_range(each, levels=levels, bins=bins)),
         np.float64(calibrated(each, "entropy", num_bins=bins, num_quantized_bins=levels)))
        for each in SAMPLES for levels, bins in ((128, 128), (128, 512), (32, 256))
    )  # fmt: skip


@row("percentile calibrator", "onnxruntime", "samples on the other side", 3)  # they end at the edge of a bin
def percentile_calibrator():
    counts = []
    for each in SAMPLES:
        ours = reach(each, method="percentile", bits=8, share=0.99)
        low, high = calibrated(each, "percentile", num_bins=65_536, percentile=99)
        for end, other in zip(ours, (min(low, 0), high), strict=True):
            counts.append(abs(np.count_nonzero(each > end) - np.count_nonzero(each > other)))
    return max(counts)


@row("min-max scale and zero point", "onnxruntime", DIFFERENCE, 1e-7)  # they divide in float64
def minmax_calibrator():
    def pairs():
        for each in SAMPLES:
            least, most = reach(each, method="minmax", bits=8)
            scale, zero_point = affine.qparams_of(least, most, bits=8, symmetric=False)
            other, theirs = compute_scale_zp(least[0], most[0], np.uint8(0), np.uint8(255))
            yield scale, np.float64(theirs)
            yield 1.0 + zero_point, 1.0 + np.float64(other)

    return largest(pairs())


# ---- clustering ------------------------------------------------------------------------------------------------------


def squared_error(values, centroids) -> float:
    return (np.abs(values[:, None] - centroids.astype(np.float64)).min(axis=1) ** 2).sum()


def flat(weight) -> np.ndarray:
    return weight.reshape(-1).astype(np.float64)


for bits in (1, 2, 3, 4, 6, 7, 8):

    @row(f"k-means, {bits} bit", "kmeans1d", "squared error / optimum", 1.001, bits)
    def optimum(bits):
        import kmeans1d

        ratios = []
        for weight in (*LAYERS.values(), *TRAINED):
            values = flat(weight)
            clusters, centroids = kmeans1d.cluster(values.tolist(), 2**bits)
            best = ((values - np.array(centroids)[clusters]) ** 2).sum()
            ratios.append(squared_error(values, clustering.kmeans(weight, 2**bits)[0]) / best)
        return max(ratios)


@row("k-means, 4 bit, best of 10", "scikit-learn", RATIO, 1.0005)
def best_of_ten():
    ratios = []
    for weight in (LAYERS["fc"], LAYERS["conv"], TRAINED[2]):
        theirs = KMeans(16, n_init=10, random_state=0).fit(flat(weight)[:, None]).inertia_
        ratios.append(squared_error(flat(weight), clustering.kmeans(weight, 16)[0]) / theirs)
    return max(ratios)


@row("k-means of pairs, 4 bit, best of 10", "scikit-learn", RATIO, 1.02)
def vectors_best_of_ten():
    pairs = TRAINED[1].reshape(-1, 2)
    centroids, indices = vector_clustering.kmeans(pairs, 16)
    theirs = KMeans(16, n_init=10, random_state=0).fit(pairs.astype(np.float64)).inertia_
    return np.square(pairs - centroids[indices], dtype=np.float64).sum() / theirs


def seconds(work) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


for bits in (2, 4, 6, 8):

    @row(f"palette of 8192 weights, {bits} bit, beside KMeans()", "scikit-learn", "time, ratio", 1, bits)
    def time_of_sklearn(bits):
        weight = TRAINED[0]
        ours = seconds(lambda: lookup.encode(weight, bits=bits, group_size=len(weight)))
        return ours / seconds(lambda: KMeans(2**bits, random_state=0).fit(weight.reshape(-1, 1)))

    @row(f"palette of 8192 weights, {bits} bit, as coremltools calls it", "scikit-learn", "time, ratio", 1, bits)
    def time_of_coremltools(bits):
        weight = TRAINED[0]
        ours = seconds(lambda: lookup.encode(weight, bits=bits, group_size=len(weight)))
        theirs = KMeans(2**bits, init="k-means++", n_init=1, tol=1e-2, random_state=0)
        return ours / seconds(lambda: theirs.fit(weight.reshape(-1, 1)))


# ---- with second moments ---------------------------------------------------------------------------------------------


def layer():
    """The weight of repair.npz and its second moments."""
    upper = np.zeros((96, 96))
    upper[np.triu_indices(96)] = REPAIR["moments"]
    return np.ascontiguousarray(TRAINED[1][:, REPAIR["columns"]]), upper + np.triu(upper, 1).T


def stated(name) -> dict[str, str]:
    """The options in the name of a stored output."""
    return dict(word.split("=") for word in name.split(":")[1].split(","))


@row("GPTQ at 2, 3 and 4 bits, both orders", "llmcompressor", OTHERS, 0)
def gptq_codes():
    (W, moments), different = layer(), 0
    for name in (name for name in REPAIR.files if name.startswith("gptq")):
        rule = stated(name)
        bits, block_shape = int(rule["bits"]), block_shape_of(rule["granularity"], W.shape, 32)
        grids = affine.choose_qparams(W, bits=bits, symmetric=False, block_shape=block_shape)
        grids = (spread_blocks(each, block_shape, W.shape) for each in grids)
        points = GridPoints(*grids, 0, 2**bits - 1, W.shape)
        different += np.count_nonzero(gptq(W, damped(moments), points, order=rule["order"]) != REPAIR[name])
    return different


@row("HQQ at 2, 3 and 4 bits, zero points", "hqq", "largest difference, steps", 1e-4)
def hqq_zero_points():
    (W, _), apart = layer(), []
    for name in (name.rsplit(":", 1)[0] for name in REPAIR.files if name.endswith("mse")):
        rule = stated(name)
        rows, block_shape = np.float32(rule["times"]) * W, (1, int(rule["block_size"]))
        _, zero_point = hqq(rows, bits=int(rule["bits"]), block_shape=block_shape)
        apart.append(np.abs(zero_point - REPAIR[f"{name}:zero_point"]).max())
    return max(apart)


@row("SparseGPT, error of the layer", "llmcompressor", RATIO, 1.005)  # it removes one weight more in each block
def sparsegpt_errors():
    (W, moments), ratios = layer(), []
    for name in (name for name in SPARSEGPT.files if name != "version"):
        rule, _, block = name.partition(",block=")
        key, _, value = rule.partition("=")
        given = {"n_m": tuple(map(int, value.split(":")))} if key == "n_m" else {key: float(value)}
        ours, _ = sparsegpt(W, damped(moments), block=int(block or 128), **given)
        ratios.append(output_error(W, ours, moments).sum() / output_error(W, SPARSEGPT[name], moments).sum())
    return max(ratios)


@row("SparseGPT, weights for the same zeros", "llmcompressor", DIFFERENCE, 2e-4)  # it works in float32
def sparsegpt_weights():
    W, moments = layer()
    results = [SPARSEGPT[name] for name in SPARSEGPT.files if name != "version"]
    return largest((sparsegpt(W, damped(moments), mask=theirs != 0)[0], theirs) for theirs in results)


@row("ExactOBS, order of removals", "float64", OTHERS, 0)
def removals():
    """By trying: the weight goes whose absence costs least once the others are solved for again."""
    rng = np.random.default_rng(2)
    W, X = rng.normal(size=(4, 8)).astype(np.float32), rng.normal(size=(1, 60, 8)) * np.linspace(0.3, 2, 8)
    H = damped(gram(X.astype(np.float32)))[0]
    inverse, different = np.linalg.inv(H), 0
    found = driven(exact_obs(W, H), None)
    for w, order in zip(W.astype(np.float64), found.order, strict=True):
        gone = []
        for column in order:
            prices = {}
            for j in set(range(8)).difference(gone):
                lost = [*gone, j]
                prices[j] = w[lost] @ np.linalg.solve(inverse[np.ix_(lost, lost)], w[lost])
            different += min(prices, key=prices.get) != column
            gone.append(column)
    return different


@row("low rank, plain and weighted", "numpy", "squared error / singular values left", 1 + 1e-5)
def low_rank():
    (W, moments), ratios = layer(), []
    H = damped(moments)
    root = np.linalg.cholesky(H)
    for rank in (1, 8, 32):
        for given, weighed in (((), np.eye(96)), ((H,), root)):
            first, second = factors(*decompose(W, *given), rank)
            left = np.square(np.linalg.svd(W @ weighed, compute_uv=False)[rank:]).sum()
            ratios.append(np.square((W - first.astype(np.float64) @ second) @ weighed).sum() / left)
    return max(ratios)


@row("low rank, the matrix", "torch", DIFFERENCE, 1e-5)
def low_rank_matrix():
    import torch

    W, pairs = layer()[0], []
    left, values, right = (each.numpy() for each in torch.linalg.svd(torch.from_numpy(W).double(), full_matrices=False))
    for rank in (1, 8, 32):
        first, second = factors(*decompose(W), rank)
        pairs.append((first @ second, (left[:, :rank] * values[:rank]) @ right[:rank]))
    return largest(pairs)


@row("entropy of codes", "scipy", DIFFERENCE, 1e-12)
def entropy_of_codes():
    from scipy.stats import entropy

    codes = [affine.encode(w, bits=4, symmetric=True, block_shape=w.shape).codes for w in TRAINED]
    return largest((np.float64(entropy_bits(c)), entropy(np.unique(c, return_counts=True)[1], base=2)) for c in codes)
