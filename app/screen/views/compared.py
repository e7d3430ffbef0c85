"""Where all that was tried stands in the trade-off plot, on any pair of axes.

No score falls off its axis, and the ranges of a model stay put while a slider moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from app.results.experiment import Experiment
from app.results.facts import Facts, facts_before, facts_of
from app.results.result import Result
from app.results.scene import Baseline, Other, Scene
from app.screen.views import curve
from app.screen.views.axes import Look, look_of
from app.screen.views.experiments import limits, placed
from app.screen.views.rival import is_beside
from app.state.axes import ACROSS, UP
from app.state.choices import Budget
from models.metrics import METRICS

KILOBYTES = ("size", "zipped")  # axes on which a small model leaves room to the left
BELOW, ABOVE = 0.06, 0.36  # room on the axis below the worst mark, and for words above the best


def look(scene: Scene) -> Look:
    """The axes that the State names, for the model that is shown."""
    return look_of(scene.result.state, shown(scene).baseline)


def shown(scene: Scene) -> Other:
    """The model that is shown, with all that was tried with it."""
    return scene.coming or Other(Baseline.of(scene.result.model, scene.result.baseline), scene.history)


def known(scene: Scene) -> Facts:
    """What is known of the baseline besides, where an axis shows it: much, once the model is here."""
    return {} if scene.coming or look(scene).is_usual else facts_before(scene.result)


def data(scene: Scene) -> Mapping[str, Any]:
    """Where baseline, experiments, Result, rival and curve stand across and up, by default sizes in kB and scores.

    While a model is on its way there is no Result of it: "compressed" is then None.
    """
    result, model, axes = scene.result, shown(scene), look(scene)
    new, budget = (None, Budget()) if scene.coming else (_now(result, axes), result.state.budget)
    floor = float(axes.up.height(axes.up.marks[0]))

    def height(values) -> np.ndarray:
        """Nothing is too bad to be seen."""
        return np.maximum(axes.up.height(values), floor)

    framed = replace(axes, up=replace(axes.up, height=height))
    it, rival = placed(model, framed, known(scene)), placed(scene.rival, framed) if is_beside(scene) else None
    both = [each for each in (it, rival) if each]
    x, y = (axes.across.value(new), axes.up.value(new)) if new else (nan, nan)
    is_score = axes.up.id == UP[0]
    heights = height([y, *(_ends(result, axes) if new and is_score else (y, y))])
    sizes = [*(each["sizes"] for each in both), [each["baseline"][0] for each in both], [x]]
    best = [each["heights"] for each in both] + [[each["old height"] for each in both], heights]
    traced = None
    if scene.curve and not scene.coming and axes.is_usual:
        traced = curve.placed(scene.curve, height, budget, METRICS[result.model.metric])
        sizes.append(traced["sizes"])
        best.append(traced["heights"])
    if is_score:
        best.append(height([*model.baseline.interval]))
    size, score = None if axes.across.id != ACROSS[0] or budget.bytes is None else budget.bytes / 1000, budget.score
    score = score if is_score else None
    edge = it["frontier"]
    best_of_edge = None if axes.is_usual else curve.knee(it["sizes"][edge], it["heights"][edge])  # the curve has one
    return {
        **it,
        "rival": rival,
        "curve": traced,
        "knee": None if best_of_edge is None else int(edge[best_of_edge]),
        "compressed": (x, y) if isfinite(x) and isfinite(y) else None,
        "new heights": tuple(heights.tolist()) if isfinite(x) and isfinite(y) else None,
        "budget": (size, score),
        "budget height": None if score is None else float(height(score)),
        "limits": limits(it["baseline"][0], np.concatenate(sizes), 1 if axes.across.id in KILOBYTES else inf),
        "ends": (floor - BELOW, float(np.nanmax(np.concatenate([*best, [floor]]))) + ABOVE),
        "marks": tuple(height(axes.up.marks).tolist()),
    }


def _now(result: Result, axes: Look) -> Experiment:
    """The file as it is now, as an experiment, with what the axes show of it."""
    new, facts = result.compressed, {} if axes.is_usual else facts_of(result)
    return Experiment(result.state, new.score, new.size_bytes, result.changed.count, "", facts=facts)


def _ends(result: Result, axes: Look) -> list[float]:
    """Of the interval of the score, the worse one first."""
    return sorted(result.compressed.interval, key=METRICS[result.model.metric].goodness)
