"""One step of a recipe: a technique on all weights, factorized ones taken apart into their layers and joined again."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kernels.storage.low_rank import compose
from kernels.technique import Setting, Skipped, Technique
from kernels.weight import LowRank, Weight


def step(
    technique: Technique, weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Any, Any, list[Weight | Skipped]]:
    """What a technique makes of the weights of a network; a generator of its questions and reports.

    Parameters
    ----------
    technique : Technique
    weights, params, setting : as for ``technique.apply``

    Returns
    -------
    list of Weight or Skipped, one for each weight

    Raises
    ------
    ValueError
        If ``technique.apply`` does.
    """
    taken = [(weight,) if technique.whole else parts_of(weight) for weight in weights]
    each = [chosen for parts, chosen in zip(taken, params, strict=True) for _ in parts]
    work = technique.apply([part for parts in taken for part in parts], each, setting)
    outcome = iter((yield from work) if isinstance(work, Generator) else work)
    results = [[next(outcome) for _ in parts] for parts in taken]
    return [new[0] if len(new) == 1 else _joined(weight, new) for weight, new in zip(weights, results, strict=True)]


def parts_of(weight: Weight) -> tuple[Weight, ...]:
    """The weights that a weight is stored as: two if it is factorized, else itself."""
    return (weight.form.inner, weight.form.outer) if isinstance(weight.form, LowRank) else (weight,)


def with_parts(weight: Weight, parts: Sequence[Weight]) -> Weight:
    """A factorized weight with other parts."""
    inner, outer = parts
    return replace(weight, values=compose(inner.values, outer.values), form=LowRank(inner, outer), bias=outer.bias)


def _joined(weight: Weight, results: Sequence[Weight | Skipped]) -> Weight | Skipped:
    """A factorized weight with what became of its parts; Skipped if nothing did."""
    if all(isinstance(new, Skipped) for new in results):
        return results[0]
    parts = [old if isinstance(new, Skipped) else new for old, new in zip(parts_of(weight), results, strict=True)]
    said = [f"{old.name}: {new.reason}." for old, new in zip(parts_of(weight), results, strict=True)
            if isinstance(new, Skipped)]  # fmt: skip
    for old, new in zip(parts_of(weight), parts, strict=True):
        said += [note for note in new.notes if note not in old.notes]
    joined = with_parts(weight, parts)
    return replace(joined, notes=weight.notes + tuple(dict.fromkeys(said)))
