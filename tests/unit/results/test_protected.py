"""What it costs to spare layers, beside a run of the other State and a count of zeros."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from app.results.protected import Protected, layer_by_layer, unprotected
from app.results.scene import Scene
from app.screen.views import tradeoff
from app.state import link
from tests.made.real_results import PIPELINE


def both(query: str):
    state, notes = link.decode(query)
    assert not notes
    other = replace(state, **vars(unprotected(state)))
    return tuple(asyncio.run(PIPELINE.result(each)) for each in (state, other))


def test_others_are_pruned_harder_where_the_share_is_global():
    result, without = both("?model=spirals&recipe=prune,sparsity:0.6&keep=fc2")
    it = Protected.of(result, without)
    zeros, weights = (sum(count(each.after) for each in (result.layers[0], result.layers[2]))
                      for count in (lambda w: w.size - np.count_nonzero(w), np.size))  # fmt: skip
    assert it.pruned == pytest.approx(zeros / weights) and it.harder
    words = tradeoff.text(Scene(result, protected=it))
    was, now = (f"{100 * each.compressed.score:.1f} %" for each in (without, result))
    assert f"fc2 kept in float: {was} became {now}" in words and "because the share is global" in words


def test_where_each_layer_has_its_own_share_nothing_of_that_is_said():
    result, without = both("?model=spirals&recipe=prune,sparsity:0.6,scope:layer&keep=fc2")
    it = Protected.of(result, without)
    assert it.pruned == pytest.approx(it.pruned_without) and not it.harder
    words = tradeoff.text(Scene(result, protected=it))
    assert "fc2 kept in float" in words and "global" not in words


def test_a_layer_that_leaves_one_technique_out_is_spared_and_one_of_its_own_strength_is_not():
    result, without = both("?model=spirals&recipe=quantize,bits:3&own=fc1,quantize,off;fc3,quantize,bits:8")
    it = Protected.of(result, without)
    assert it.layers == ("fc1",) and not it.harder and without.state.overrides == result.state.overrides[1:]
    assert "fc1 spared: " in tradeoff.text(Scene(result, protected=it))


def test_where_nothing_is_spared_there_is_nothing_to_compare():
    for query in ("?recipe=prune,sparsity:0.5", "?recipe=none&keep=fc2"):
        assert unprotected(link.decode(query)[0]) is None


def test_what_is_offered_is_a_share_for_each_layer():
    state = link.decode("?recipe=prune,sparsity:0.6;quantize,bits:4&keep=fc2")[0]
    offered = state.merged(layer_by_layer(state))
    assert "scope:layer" in link.encode(offered) and offered.skipped == ("fc2",) and len(offered.recipe) == 2
