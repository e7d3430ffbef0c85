"""What differs between two Compressions, a phrase for each thing."""

from dataclasses import replace

import pytest

from app.state.differs import differing
from app.state.state import DEFAULT, State


def recipe(*steps: dict) -> State:
    return State("digits-mlp").merged({"recipe": list(steps)})


PRUNED = recipe({"technique": "prune", "sparsity": 0.5})
BOTH = recipe({"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 3})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (PRUNED, recipe({"technique": "prune", "sparsity": 0.7}), ["prune 70 % instead of 50 %"]),
        (PRUNED, BOTH, ["palettize 3 bit instead of off"]),
        (BOTH, PRUNED, ["palettize off instead of 3 bit"]),
        (BOTH, replace(BOTH, recipe=BOTH.recipe[::-1]), ["palettize before prune"]),
        (
            recipe({"technique": "quantize", "bits": 4}),
            recipe({"technique": "quantize", "bits": 4, "granularity": "per_tensor"}),
            ["quantize granularity per tensor instead of per channel"],
        ),
        (PRUNED, PRUNED.merged({"layers": {"fc1": {"skip": True}}}), ["fc1 in float"]),
        (PRUNED.merged({"layers": {"fc1": {"skip": True}}}), PRUNED, ["fc1 no longer in float"]),
        (PRUNED, PRUNED.merged({"layers": {"fc2": {"prune": False}}}), ["fc2 at another strength of its own"]),
        (PRUNED, replace(PRUNED, seed=7), ["seed 7 instead of 0"]),
        (
            State("digits-early-exit"),
            State("digits-early-exit", threshold=0.6),
            ["threshold 0.6 instead of 0.8"],
        ),
        (
            State("digits-cnn").merged({"recipe": [{"technique": "prune", "sparsity": 0.9}]}),
            State("digits-cnn").merged({"recipe": [{"technique": "prune", "sparsity": 0.9}], "effort": "fine_tuned"}),
            ["fine-tuned weights instead of post-training ones"],
        ),
        (DEFAULT, DEFAULT, []),
    ],
)
def test_each_thing_that_differs_is_said_once(before, after, said):
    assert list(differing(before, after)) == said


def test_an_option_that_means_nothing_is_not_named_but_no_difference_goes_unsaid():
    plain, odd = (recipe({"technique": "prune", "sparsity": 0.5, "block_size": size}) for size in (4, 8))
    assert differing(plain, odd) == ("prune with other options that do nothing here",)


def test_what_is_only_looked_at_is_no_difference():
    assert differing(PRUNED, replace(PRUNED, view="layers", sample=3)) == ()
