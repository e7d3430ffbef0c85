"""Which of its encodings each weight of a file gets: those with which the file is smallest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from operator import itemgetter

from app.network.encodings import Candidate, candidates, floats
from app.network.encodings.functions import IMPORT, function
from app.network.encodings.positions import Positions
from app.network.integer.weights import Join, applies
from app.network.integer.weights import candidates as integer_candidates
from app.network.layer import Layer
from kernels.weight import Weight


def candidates_of(layer: Layer, weight: Weight, join: Join) -> Iterable[Candidate]:
    """Every valid way to write a weight for the operator of its layer."""
    if applies(layer, weight):
        return integer_candidates(layer, weight, join)
    return candidates(layer.as_written(weight), layer.weight)


def as_floats(layer: Layer, weight: Weight) -> Candidate:
    """The plainest way to write a weight that multiplies floats."""
    return next(floats.plain(layer.as_written(weight), Positions(), layer.weight))


def smallest(options: list[list[Candidate]], present: frozenset[str]) -> tuple[list[Candidate], Sequence[str]]:
    """For each weight the candidate to take so that the file is smallest, and the functions to put into the file.

    A function is paid for once however many weights need it, so every set of functions is tried; there are only a few.

    Parameters
    ----------
    options : the candidates of each weight
    present : functions that the file holds in any case
    """
    wanted = sorted(set().union(*(c.fragment.functions for each in options for c in each)) - present)
    choices = []
    for functions in chain.from_iterable(combinations(wanted, n) for n in range(len(wanted) + 1)):
        usable = present.union(functions)
        fitting = [[c for c in each if c.fragment.functions <= usable] for each in options]
        if all(fitting):
            chosen = [min(each, key=_size) for each in fitting]
            shared = sum(len(function(name)) for name in functions)
            shared += len(IMPORT) if functions and not present else 0
            choices.append((sum(map(_size, chosen)) + shared, chosen, functions))
    _, chosen, functions = min(choices, key=itemgetter(0))
    return chosen, functions


def _size(candidate: Candidate) -> int:
    return candidate.fragment.size
