"""Criteria and patterns of Prune: what they keep, how close the answers stay, and what they say."""

import numpy as np
import pytest

from kernels.asking import Progress
from kernels.prune import SAMPLED, TECHNIQUE
from kernels.pruning.surgery import LARGEST
from kernels.technique import Setting, Skipped
from kernels.weight import Weight
from tests.made import networks
from tests.made.calibrated import Calibrated
from tests.techniques import answered, noise, run

RNG = np.random.default_rng(3)
MIXED = (RNG.standard_normal((200, 13)) @ RNG.standard_normal((13, 13)) * np.linspace(0.1, 2, 13)).astype(np.float32)
MLP = Calibrated(networks.mlp((13, 16, 12, 5)), MIXED)
CNN = Calibrated(networks.cnn(), RNG.standard_normal((60, 3, 6, 6)).astype(np.float32))
GROUPED = Calibrated(networks.separable(), RNG.standard_normal((40, 3, 6, 6)).astype(np.float32))
NETWORKS = {"mlp": MLP, "cnn": CNN, "grouped": GROUPED}
on_every_network = pytest.mark.parametrize("tiny", NETWORKS.values(), ids=NETWORKS)


def pruned(tiny, criterion, sparsity=0.5, **params):
    return tiny.after("prune", criterion=criterion, sparsity=sparsity, **params)


def masks(weights):
    return np.concatenate([weight.mask.reshape(-1) for weight in weights])


@on_every_network
@pytest.mark.parametrize("criterion", [*SAMPLED, "random", "magnitude"])
@pytest.mark.parametrize("scope", ["global", "layer"])
def test_an_exact_count_goes(tiny, criterion, scope):
    weights = pruned(tiny, criterion, 0.37, scope=scope)
    if scope == "global" and criterion != "sparsegpt":
        assert (~masks(weights)).sum() == int(0.37 * masks(weights).size)
    else:  # SparseGPT counts in every group of a convolution
        for weight in weights:
            gone = np.count_nonzero(~weight.mask)
            assert int(0.37 * weight.mask.size) - weight.groups < gone <= int(0.37 * weight.mask.size)
    for weight in weights:
        assert not weight.values[~weight.mask].any() and np.isfinite(weight.values).all()


@on_every_network
@pytest.mark.parametrize("criterion", ["sparsegpt", "exact_obs"])
def test_moving_what_stays_beats_magnitude(tiny, criterion):
    scope = "layer" if criterion == "sparsegpt" else "global"
    assert tiny.error(pruned(tiny, criterion, scope=scope)) < 0.8 * tiny.error(pruned(tiny, "magnitude", scope=scope))


def test_wanda_looks_at_inputs():
    weights = [Weight("w", np.float32([[3, 1], [2, 1.5]]))]
    seen = np.float32([[[1, 10], [-1, -10]]])
    (kept,) = run("prune", weights, {"criterion": "wanda"}, answer=lambda asked: seen)
    assert kept.values.tolist() == [[0, 1], [0, 1.5]]
    (kept,) = run("prune", weights, {})
    assert kept.values.tolist() == [[3, 0], [2, 0]]
    rows = pruned(MLP, "wanda", scope="row")
    assert all((np.count_nonzero(~w.mask, axis=1) == w.mask.shape[1] // 2).all() for w in rows)
    assert MLP.error(rows) < MLP.error(pruned(MLP, "magnitude", scope="row"))


def test_chance_comes_from_the_seed():
    first, again, other = (masks(MLP.after("prune", criterion="random", seed=seed)) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).mean() > 0.3
    assert MLP.error(pruned(MLP, "random")) > MLP.error(pruned(MLP, "magnitude"))
    twins = [Weight(name, np.ones((8, 8), np.float32)) for name in ("one", "two")]
    one, two = run("prune", twins, {"criterion": "random"})
    assert (one.mask != two.mask).any(), "layers of one shape differ"


@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "sparsegpt", "random"])
def test_n_of_m(criterion):
    conv1, conv2, fc = pruned(CNN, criterion, 0.5, pattern="n_m", group=4)
    assert conv1.notes == ("2 of 4 kept. Of its last 3 input channels 2 are kept.",)
    assert conv2.notes == ("2 of 4 kept. Of its last 1 input channels 1 are kept.",)
    assert fc.notes == ("2 of 4 kept. Of its last 3 input channels 2 are kept.",)
    assert (conv1.mask.sum(axis=1) == 2).all() and (conv2.mask[:, :4].sum(axis=1) == 2).all() and conv2.mask[:, 4].all()
    assert (fc.mask[:, :60].reshape(11, 15, 4).sum(axis=2) == 2).all()
    (eight,) = run("prune", [Weight("w", RNG.standard_normal((3, 16)).astype(np.float32))],
                   {"pattern": "n_m", "group": 8, "sparsity": 0.7, "criterion": criterion})  # fmt: skip
    assert (eight.mask.reshape(3, 2, 8).sum(axis=2) == 3).all() and eight.notes == ("3 of 8 kept.",)


@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "random"])
def test_blocks_of_output_channels(criterion):
    (fc1, *_) = pruned(MLP, criterion, 0.5, pattern="block", block_size=4)
    blocks = fc1.mask.reshape(4, 4, 13)
    assert (blocks == blocks[:, :1]).all() and (~blocks[:, 0]).sum() == 26


def test_exact_obs_makes_up_for_the_layers_before():
    together, alone = pruned(MLP, "exact_obs", 0.7, scope="layer"), []
    for i, weight in enumerate(MLP.network.weights):
        others = {other.name: {"sparsity": 0} for other in MLP.network.weights if other is not weight}
        alone.append(MLP.after("prune", own=others, criterion="exact_obs", sparsity=0.7, scope="layer")[i])
    assert MLP.error(together) < MLP.error(alone)
    means = [MLP.answers(weights).mean(axis=0) for weights in (MLP.network.weights, together)]
    np.testing.assert_allclose(*means, atol=1e-4)


def test_what_a_criterion_cannot_do_says_why():
    for criterion, pattern in (("sparsegpt", "block"), ("exact_obs", "block"), ("exact_obs", "n_m")):
        for result in MLP.outcome("prune", criterion=criterion, pattern=pattern):
            assert isinstance(result, Skipped) and "chooses weights one by one" in result.reason
    coded = MLP.recipe(("quantize", {"bits": 8}))
    for criterion in ("sparsegpt", "exact_obs"):
        assert all("let it go first" in each.reason for each in MLP.outcome("prune", coded, criterion=criterion))
        huge = [Weight("w", np.full((2, 3), 10 * LARGEST, np.float32))]
        assert "too large" in run("prune", huge, {"criterion": criterion})[0].reason
    assert pruned(MLP, "sparsegpt")[0].notes == ("SparseGPT prunes layer by layer, the same share of each.",)
    assert pruned(MLP, "sparsegpt", scope="layer")[0].notes == ()
    assert pruned(MLP, "exact_obs", scope="row")[0].notes == ("ExactOBS compares all rows of a layer.",)


@pytest.mark.parametrize("criterion", ["sparsegpt", "exact_obs"])
def test_pruned_weights_stay_pruned(criterion):
    once = pruned(MLP, "magnitude", 0.4)
    twice = MLP.after("prune", once, criterion=criterion, sparsity=0.7, scope="layer")
    for old, new in zip(once, twice, strict=True):
        assert not new.mask[~old.mask].any() and np.count_nonzero(~new.mask) == int(0.7 * new.mask.size)


@pytest.mark.parametrize("criterion", ["sparsegpt", "exact_obs"])
@pytest.mark.parametrize("dtype", ["fp16", "bf16"])
def test_moved_weights_stay_within_numbers_of_16_bits(criterion, dtype):
    values = np.float32([[65504, 60000, 1], [1, 2, 60000]])
    seen = np.float32(RNG.standard_normal((1, 50, 1)) * [1, 1, 1])  # all inputs are the same, so one weight takes all
    (half,) = run("quantize", [Weight("w", values)], {"dtype": dtype})
    (new,) = run("prune", [half], {"criterion": criterion, "sparsity": 0.5}, answer=lambda asked: seen)
    assert np.isfinite(new.values).all() and new.form == half.form and np.abs(new.values).max() >= 60000


@pytest.mark.parametrize("criterion", SAMPLED)
@pytest.mark.parametrize("scope", ["global", "layer"])
def test_progress_goes_from_nothing_to_all(criterion, scope):
    weights, shares, answer = MLP.network.weights, [], None
    params = [TECHNIQUE.check({"criterion": criterion, "scope": scope})] * len(weights)
    work = TECHNIQUE.apply(weights, params, Setting(originals=MLP.base.weights))
    while True:
        try:
            asked = work.send(answer)
        except StopIteration:
            break
        answer = None
        if isinstance(asked, Progress):
            shares.append(asked.share)
        else:
            answer = answered(asked, lambda inputs: noise(inputs, MLP.base.weights))
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] <= 1
    assert criterion != "exact_obs" or shares[-1] == pytest.approx(1)
