"""Channels removed by what their readers lose, who then adapt; norms where nobody reads them."""

from dataclasses import replace

import numpy as np
import pytest

from kernels.asking import Progress
from kernels.channel_group import ChannelGroup, Member
from kernels.structured import TECHNIQUE
from kernels.technique import Setting, Skipped
from kernels.weight import Weight
from tests.made import networks
from tests.made.calibrated import Calibrated
from tests.techniques import answered, run

RNG = np.random.default_rng(2)
PICTURES = RNG.standard_normal((40, 3, 6, 6)).astype(np.float32)
NETWORKS = {
    "mlp": Calibrated(networks.mlp((13, 11, 7, 5)), RNG.standard_normal((80, 13)).astype(np.float32)),
    "cnn": Calibrated(networks.cnn(), PICTURES),
    "residual": Calibrated(networks.residual(), PICTURES),
    "separable": Calibrated(networks.separable(), PICTURES),
    "dense": Calibrated(networks.dense(), PICTURES),
    "transformer": Calibrated(networks.transformer(), PICTURES),
}
MADE = Weight("a", np.float32([[2, 0], [0, 1], [2, 0]]))
READ = Weight("b", np.float32([[3, 1, 3]]), bias=np.float32([5]))
CHAIN = (ChannelGroup(3, (Member("a"),), (Member("b"),)),)
SEEN = np.float32([[[2, 1, 2], [4, -1, 4], [6, 1, 6], [8, -1, 8]]])
"What b reads: its first and third channel are the same."


def by_loss(weights, channel_groups=CHAIN, seen=SEEN, **params):
    return run("structured", weights, {"criterion": "obs", **params}, channel_groups, answer=lambda asked: seen)


def test_of_two_equal_channels_one_goes_and_the_other_does_its_work():
    a, b = by_loss([MADE, READ], sparsity=0.4)
    assert a.kept_out.tolist() == [1, 2] and b.kept_in.tolist() == [1, 2], "by norm the second would have gone"
    np.testing.assert_allclose(b.values, [[1, 6]], rtol=0.03)
    np.testing.assert_allclose(b.bias, [5], atol=0.3)
    assert (SEEN[0] @ READ.values.T + READ.bias).mean() == pytest.approx((SEEN[0, :, 1:] @ b.values.T + b.bias).mean())


def test_without_a_bias_the_means_count_too():
    constant = np.float32([[[3, 1, 0], [3, -1, 2], [3, 1, -2], [3, -1, 0]]])
    kept = {}
    for bias in (None, np.float32([0])):
        a, b = by_loss([MADE, replace(READ, bias=bias)], seen=constant, sparsity=0.4)
        kept[bias is None] = a.kept_out.tolist()
    assert kept == {True: [0, 2], False: [1, 2]}, "a bias takes a constant over, so its channel costs nothing"
    assert b.bias[0] == pytest.approx(9)


@pytest.mark.parametrize("tiny", NETWORKS.values(), ids=NETWORKS)
def test_answers_stay_closer_than_by_norm(tiny):
    norm, loss = (tiny.after("structured", sparsity=0.3, criterion=criterion) for criterion in ("l2", "obs"))
    assert [w.values.shape for w in norm] == [w.values.shape for w in loss], "as many channels go"
    assert tiny.error(loss) < tiny.error(norm)
    written = tiny.network.write(loss).onnx
    networks.check(written)
    networks.same_answers(written, tiny.network.write(networks.zeroed(tiny.network, loss)).onnx, tiny.x)


def test_heads_lose_as_many():
    tiny = NETWORKS["transformer"]
    weights = {weight.name: weight for weight in tiny.after("structured", sparsity=0.5, criterion="obs")}
    assert (weights["v"].kept_out < 6).sum() == 3 == (weights["v"].kept_out >= 6).sum()
    assert weights["q"].notes == ("Its channels went by their L2 norm: no layer reads them by itself.",)
    assert weights["fc1"].notes == ()


def test_multiples_and_rounding():
    wide = [Weight("a", np.ones((10, 2), np.float32)), Weight("b", np.ones((1, 10), np.float32))]
    chain = (ChannelGroup(10, (Member("a"),), (Member("b"),)),)
    seen = RNG.standard_normal((1, 30, 10)).astype(np.float32)
    for multiple, left in ((1, 5), (4, 8), (8, 8), (16, 10)):
        a, b = by_loss(wide, chain, seen, sparsity=0.5, multiple=multiple)
        assert len(a.values) == b.values.shape[1] == left
    assert a.notes == ("None of its output channels goes: of so few the chosen share, rounded, is none.",)


def test_zeros_of_the_reader_stay():
    mask = np.array([[True, False, True]])
    masked = replace(READ, values=np.where(mask, READ.values, 0), mask=mask)
    _, b = by_loss([MADE, masked], sparsity=0.4)
    assert not b.values[~b.mask].any() and b.mask.tolist() == [[True, True]]  # the empty column went


def test_a_reader_too_large_to_compute_with():
    a, _ = by_loss([MADE, Weight("b", np.float32([[1e20, 1, 1]]))], sparsity=0.4)
    assert a.notes == ("Its channels went by their L2 norm: b has weights beyond 1e+18, too large to compute with.",)


def test_a_strength_that_another_layer_decides_is_told():
    a, b, c = (
        Weight("a", np.ones((2, 1), np.float32)),
        Weight("b", np.ones((2, 1), np.float32)),
        Weight("c", np.ones((1, 2), np.float32)),
    )
    channel_group = ChannelGroup(2, (Member("a"), Member("b")), (Member("c"),))
    results = run("structured", [a, b, c], {"sparsity": 0.5}, [channel_group], own={"b": {"sparsity": 0.1}})
    assert [len(each.values) for each in results] == [1, 1, 1] and results[0].notes == ()
    assert results[1].notes == ("Its output channels go with those of a, at the strength chosen there.",)


def test_it_says_how_far_it_is_and_asks_nothing_for_norms():
    def reports(criterion):
        params = [TECHNIQUE.check({"criterion": criterion, "sparsity": 0.7})] * 2
        work, said, answer = TECHNIQUE.apply([MADE, READ], params, Setting(CHAIN)), [], None
        while True:
            try:
                said.append(work.send(answer))
            except StopIteration:
                return said
            answer = None if isinstance(said[-1], Progress) else answered(said[-1], lambda _: SEEN)

    assert reports("l2") == []
    shares = [each.share for each in reports("obs") if isinstance(each, Progress)]
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares) and len(shares) == 3


def test_repair_comes_closer_still():
    tiny = NETWORKS["cnn"]
    weights = tiny.recipe(("structured", {"sparsity": 0.5, "criterion": "obs"}))
    assert not any(isinstance(new, Skipped) for new in tiny.outcome("repair", weights))
    assert tiny.error(tiny.after("repair", weights)) < 1.2 * tiny.error(weights)
