"""Masks against coremltools and torch, Wanda against the paper's line in torch, SparseGPT against llm-compressor, and
low rank against the optimum of Eckart and Young. See make_masks.py and make_sparsegpt.py."""

from pathlib import Path

import numpy as np
import pytest

from kernels.calibrated.hessian import damped, output_error
from kernels.pruning.masks import block_mask, n_m_mask
from kernels.pruning.sparsegpt import sparsegpt
from kernels.pruning.wanda import row_mask, wanda_scores
from kernels.storage.low_rank import decompose, factors

HERE = Path(__file__).parent
MASKS, SPARSEGPT, LAYER = (np.load(HERE / f"{name}.npz") for name in ("masks", "sparsegpt", "repair"))
WEIGHTS = {layer: np.load(HERE / "coremltools.npz")[layer] for layer in ("fc", "conv")}
TRAINED = np.load(HERE / "reference.npz")["weight1"]


@pytest.fixture(scope="module")
def layer():
    """The weight of sparsegpt.npz and its second moments."""
    upper = np.zeros((96, 96))
    upper[np.triu_indices(96)] = LAYER["moments"]
    return np.ascontiguousarray(TRAINED[:, LAYER["columns"]]), upper + np.triu(upper, 1).T


def test_stored_outputs_name_their_versions():
    assert (str(MASKS["version"]), str(SPARSEGPT["version"])) == ("9.0", "0.14.0")


@pytest.mark.parametrize("name", [name for name in MASKS.files if "n_m" in name])
def test_coremltools_keeps_the_same_n_of_m(name):
    which, rule = name.split("|")
    keep, group = map(int, rule.removeprefix("n_m=").split(":"))
    assert (n_m_mask(np.abs(WEIGHTS[which]), keep, group) == MASKS[name]).all()


@pytest.mark.parametrize("name", [name for name in MASKS.files if "block" in name])
def test_coremltools_keeps_the_same_blocks(name):
    which, rule = name.split("|")
    given = dict(word.split("=") for word in rule.split(","))
    theirs, weight = MASKS[name], WEIGHTS[which]
    axis, block, sparsity = int(given["axis"]), int(given["block"]), float(given["sparsity"])
    ours = block_mask(weight, sparsity, block, axis)
    # Its threshold is a percentile over weights, not blocks: where the last block is shorter it may stop a few earlier.
    more = np.count_nonzero(ours != theirs) / block
    assert more == 0 if weight.shape[axis] % block == 0 else more <= 0.02 * ours.size / block
    assert (ours <= theirs).all() or (ours >= theirs).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_torch_prunes_the_same_channels(axis):
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    weight = WEIGHTS["conv"]
    layer = torch.nn.Conv2d(8, 6, 3)
    layer.weight.data = torch.from_numpy(weight.copy())
    prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=axis)
    # A whole channel is a block of one column of all the rest.
    lines = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1).T
    mask = block_mask(lines, 0.5, len(lines)).T.reshape(np.moveaxis(weight, axis, 0).shape)
    assert (np.moveaxis(mask, 0, axis) == layer.weight_mask.numpy().astype(bool)).all()


@pytest.mark.parametrize("sparsity", [0.25, 0.5, 0.75])
def test_wanda_is_the_papers_line(sparsity):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    X, W = (rng.normal(size=(50, 64)) * rng.gamma(1, size=64)).astype(np.float32), WEIGHTS["fc"]
    metric = torch.from_numpy(W).abs() * torch.from_numpy(X).norm(p=2, dim=0)
    removed = metric.sort(dim=1, stable=True).indices[:, : int(64 * sparsity)]
    theirs = torch.ones_like(metric, dtype=torch.bool).scatter(1, removed, False)
    assert (row_mask(wanda_scores(W, np.square(X, dtype=np.float64).mean(axis=0)), sparsity) == theirs.numpy()).all()


@pytest.mark.parametrize("name", [name for name in SPARSEGPT.files if name != "version"])
def test_llm_compressor_leaves_the_same_weights(name, layer):
    W, moments = layer
    H, theirs = damped(moments), SPARSEGPT[name]
    rule, _, block = name.partition(",block=")
    if rule.startswith("n_m="):
        keep, group = map(int, rule.removeprefix("n_m=").split(":"))
        ours, mask = sparsegpt(W, H, n_m=(keep, group), block=128)
    else:
        ours, mask = sparsegpt(W, H, sparsity=float(rule.removeprefix("sparsity=")), block=int(block or 128))
    # It removes one weight more in each block, and works in float32: a tie in rounding may fall the other way.
    assert np.count_nonzero(mask != (theirs != 0)) <= 6
    error, energy = (output_error(W, Q, moments).sum() for Q in (ours, theirs))
    assert error == pytest.approx(energy, rel=0.005)
    same, _ = sparsegpt(W, H, mask=theirs != 0)
    assert np.abs(same - theirs).max() <= 2e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("rank", [1, 8, 32, 64])
def test_low_rank_reaches_the_optimum(rank, layer):
    W, moments = layer
    H = damped(moments)
    left_over = np.linalg.svd(W.astype(np.float64), compute_uv=False)[rank:]
    first, second = factors(*decompose(W), rank)
    error = np.square(W - first @ second, dtype=np.float64).sum()
    assert error == pytest.approx(np.square(left_over).sum(), rel=1e-6, abs=1e-9)  # the factors are rounded to float32
    # Weighted: no matrix of this rank changes the layer's answers less than what the singular values left over say.
    root = np.linalg.cholesky(H)
    left_over = np.linalg.svd(W @ root, compute_uv=False)[rank:]
    first, second = factors(*decompose(W, H), rank)
    error = output_error(W, first @ second, H).sum()
    assert error == pytest.approx(np.square(left_over).sum(), rel=1e-5, abs=1e-9)
    plain, rows = factors(*decompose(W), rank)
    assert error <= output_error(W, plain @ rows, H).sum() + 1e-9
