"""In what two ways to compress one model differ, in the words of the registry."""

from __future__ import annotations

from app.state.checkpoint import target_of
from app.state.choices import Step
from app.state.compression import Compression
from app.state.efforts import EFFORTS, POST_TRAINING
from app.state.wording import shown
from kernels import TECHNIQUES
from kernels.technique import Parameter, Technique, wanted
from models import model as models


def differing(before: Compression, after: Compression) -> tuple[str, ...]:
    """What `after` has, and what `before` has in its place, a phrase for each: ``prune 70 % instead of 50 %``.

    Both are of one model. Only equal Compressions have no phrase.
    """
    old, new = ({step.technique: step for step in each.recipe} for each in (before, after))
    said = []
    for id, technique in TECHNIQUES.items():
        said += _of_technique(technique, old.get(id), new.get(id))
    both = [[id for id in steps if id in old and id in new] for steps in (old, new)]
    if both[0] != both[1]:
        said.append(" before ".join(TECHNIQUES[id].label.lower() for id in both[1]))
    said += _of_layers(before, after)
    if before.threshold != after.threshold:
        own = models.info(after.model).threshold.own
        now, was = (f"{own if each.threshold is None else each.threshold:g}" for each in (after, before))
        said.append(f"threshold {now} instead of {was}")
    now, was = (EFFORTS[each.effort if target_of(each) else POST_TRAINING].name for each in (after, before))
    if now != was:
        said.append(f"{now} weights instead of {was} ones")
    if before.seed != after.seed:
        said.append(f"seed {after.seed} instead of {before.seed}")
    return tuple(said)


def _of_technique(technique: Technique, before: Step | None, after: Step | None) -> list[str]:
    """What differs in one technique; its further options only where they mean something."""
    name, primary = technique.label.lower(), technique.primary
    old, new = (step and dict(step.params) for step in (before, after))
    if old is None or new is None:
        now, was = ("off" if params is None else _named(primary, params[primary.name]) for params in (new, old))
        return [f"{name} {now} instead of {was}"] if now != was else []
    said = []
    for parameter in technique.parameters:
        now, was = new[parameter.name], old[parameter.name]
        if now != was:
            what = name if parameter.primary else f"{name} {parameter.label or parameter.name}"
            quiet = not any(wanted(technique, parameter.name, params) for params in (new, old))
            said += [] if quiet else [f"{what} {_named(parameter, now)} instead of {_named(parameter, was)}"]
    return said or ([f"{name} with other options that do nothing here"] if old != new else [])


def _named(parameter: Parameter, value: object) -> str:
    """A value as the page calls it."""
    names = dict(zip(parameter.choices, parameter.labels, strict=False))
    return names.get(value) or shown(parameter, value)


def _of_layers(before: Compression, after: Compression) -> list[str]:
    """Which layers are treated otherwise than in the other."""
    said = []
    for names, words in (
        ([name for name in after.skipped if name not in before.skipped], "in float"),
        ([name for name in before.skipped if name not in after.skipped], "no longer in float"),
        (
            sorted({entry[0] for entry in set(before.overrides) ^ set(after.overrides)}),
            "at another strength of its own",
        ),
    ):
        if names:
            said.append(f"{', '.join(names)} {words}")
    return said
