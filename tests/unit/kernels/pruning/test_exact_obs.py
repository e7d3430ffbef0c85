"""ExactOBS against the definition: what each removal costs once all weights left have adapted."""

import numpy as np
import pytest

from kernels.calibrated.hessian import damped, gram, output_error
from kernels.calibrated.least_squares import refit
from kernels.pruning import exact_obs as module
from kernels.pruning.exact_obs import affordable_width, cheapest, exact_obs, too_wide
from kernels.pruning.masks import magnitude_masks, n_removed
from tests.made.odd_layers import every_layer, finished, layer


def test_every_step_removes_the_weight_that_costs_least():
    W, X = layer(3, 6, 60)
    H = damped(gram(X))
    removals = finished(exact_obs(W, H))
    for row, order, prices in zip(W, removals.order, removals.prices, strict=True):
        kept, lost, dearest = np.ones(6, dtype=bool), 0.0, 0.0
        for column, price in zip(order, prices, strict=True):
            losses = np.full(6, np.inf)
            for j in np.flatnonzero(kept):
                mask = kept & (np.arange(6) != j)
                losses[j] = output_error(row[None], refit(row[None], mask[None], H, share=1e-12), H)[0]
            assert losses.argmin() == column
            dearest = max(dearest, losses[column] - lost)
            assert price == pytest.approx(dearest, rel=1e-4)
            kept[column], lost = False, losses[column]
        assert not kept.any()


@every_layer
@pytest.mark.parametrize("width", [128, 3, 1])
def test_odd_layers(odd, width):
    W, X = odd
    removals = finished(exact_obs(W, damped(gram(X)), width))
    assert (np.sort(removals.order, axis=1) == np.arange(W.shape[1])).all()
    assert np.isfinite(removals.prices).all() and np.isfinite(removals.energy)
    for sparsity in (0, 0.4, 1):
        (mask,) = cheapest([removals], sparsity)
        assert np.count_nonzero(~mask) == n_removed(W.size, sparsity)


def test_chunks_of_rows_and_smaller_matrices_do_not_show(monkeypatch):
    W, X = layer(9, 30, 200)
    whole = finished(exact_obs(W, damped(gram(X))))
    monkeypatch.setattr(module, "CACHE", 2000)
    parts = finished(exact_obs(W, damped(gram(X))))
    assert (whole.order == parts.order).all() and np.allclose(whole.prices, parts.prices, rtol=1e-9)


def test_weights_pruned_before_go_first():
    W, X = layer(4, 10, 100)
    (before,) = magnitude_masks([W], 0.5)
    removals = finished(exact_obs(W * before, damped(gram(X))))
    (mask,) = cheapest([removals], 0.5)
    assert (mask == before).all()


def test_a_row_loses_its_weights_in_the_order_found():
    W, X = layer(6, 12, 100)
    removals = finished(exact_obs(W, damped(gram(X))))
    for sparsity in np.linspace(0, 1, 11):
        (mask,) = cheapest([removals], sparsity)
        for kept, order in zip(mask, removals.order, strict=True):
            n = np.count_nonzero(~kept)
            assert set(np.flatnonzero(~kept)) == set(order[:n])


def test_the_search_beats_magnitude_and_a_budget_for_all_beats_equal_shares():
    layers = [layer(20, 16, 300, seed) for seed in (0, 1)]
    layers[1][0][:] *= np.linspace(1, 0, 16)[:, None].repeat(1, axis=1).T ** 3  # has much to spare
    moments = [gram(X) for _, X in layers]
    found = [finished(exact_obs(W, damped(H))) for (W, _), H in zip(layers, moments, strict=True)]

    def damage(masks):
        return sum(
            output_error(W, refit(W, mask, H), H).sum() / output_error(W, 0, H).sum()
            for (W, _), mask, H in zip(layers, masks, moments, strict=True)
        )

    together, alone = cheapest(found, 0.6), [cheapest([each], 0.6)[0] for each in found]
    assert sum(np.count_nonzero(~mask) for mask in together) == n_removed(640, 0.6)
    by_size = [magnitude_masks([W], 0.6)[0] for W, _ in layers]
    assert damage(together) < damage(alone) < damage(by_size)


def test_wide_layers_are_searched_in_blocks_and_it_is_said():
    W, X = layer(4, 40, 200)
    removals = finished(exact_obs(W, damped(gram(X)), width=16))
    assert all(
        (np.sort(removals.order[:, part], axis=1) == np.arange(40)[part]).all() for part in (slice(14), slice(14, 27))
    )
    assert "3 blocks" in too_wide(40, 16) and too_wide(16, 16) is None


@every_layer
def test_rows_that_are_searched_stand_for_their_neighbours(odd):
    W, X = odd
    H = damped(gram(X))
    some, all = finished(exact_obs(W, H, most=2)), finished(exact_obs(W, H))
    stands_in = [0, 0, 0, 3, 3] if len(W) == 5 else [0]
    assert (some.order == all.order[stands_in]).all() and (some.prices == all.prices[stands_in]).all()
    assert some.energy == all.energy


def test_large_networks_are_searched_in_narrower_blocks():
    widths = [affordable_width([(100, 400)] * n) for n in (0, 1, 3, 1000)]
    assert widths == sorted(widths, reverse=True) and widths[0] == 128 > widths[2] > widths[3] == 32


def test_it_can_be_given_up():
    W, X = layer(300, 60, 100)
    search = exact_obs(W, damped(gram(X)))
    assert 0 < next(search) < 0.5
    search.close()
