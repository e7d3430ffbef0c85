"""The page's Python, under Node, and this one give the same bytes, on some recipes of `tests.parity.everywhere`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.parity.everywhere import in_page, native

RECIPES = [
    ("digits-mlp", {"technique": "factorize", "keep": 0.34}, {"technique": "quantize", "bits": 5, "range": "hqq"}),
    ("digits-mlp", {"technique": "factorize"}, {"technique": "quantize", "range": "percentile"}),
    ("spirals", {"technique": "palettize", "bits": 3, "cluster_dim": 2}),
    ("spirals", {"technique": "prune", "criterion": "random"}, {"technique": "palettize", "mode": "uniform"}),
    ("cancer", {"technique": "equalize"}, {"technique": "quantize", "bits": 2, "range": "mse", "scales": "int8"}),
    ("tracker", {"technique": "structured"}, {"technique": "palettize", "per_channel_scale": "yes"}),
]  # fmt: skip


@pytest.mark.usefixtures("dist")
def test_without_calibration_data_the_bytes_are_the_same_in_the_page_and_natively():
    changes = [{"model": model, "recipe": list(steps)} for model, *steps in RECIPES]
    with ThreadPoolExecutor(1) as apart:  # from the event loop that Playwright keeps running
        here = apart.submit(native, changes).result()
    there = list(in_page(changes))
    assert [each["calibrated"] for each in here] == [False] * len(changes)
    assert [each["file"] for each in there] == [each["file"] for each in here]
