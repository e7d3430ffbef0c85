"""What a kind of input is that a person makes: from a few settings to samples as the network takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.results.attempt import Setting
from app.runtime import Probe
from models.model import Model, ModelInfo

Samples = tuple[np.ndarray, np.ndarray | None]
"""Samples, float32 of shape (n, ...), and what is right about them; None if nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """One kind of input.

    Attributes
    ----------
    id : str
    label : what the page calls it
    hint : what there is to do, in a sentence
    fits : what is said of a model -> whether it takes such an input
    settings : (Model, chosen sample, what was learnt) -> its sliders
    samples : (Model, chosen sample, values) -> Samples
    others : what it is made from besides: the name of a value -> what reads a foreign one, and what it is at first
    box : left, top, right, bottom of its picture in the units of the settings `x` and `y`, which a drag there moves
    ink : whether it is drawn with a pen
    learns : Model -> what is found out with the baseline before the first sample is made, or None
    writes : (Model, values) -> what a file goes on to write, or None
    """

    id: str
    label: str
    hint: str
    fits: Callable[[ModelInfo], bool]
    settings: Callable[[Model, int, Any], tuple[Setting, ...]]
    samples: Callable[[Model, int, Mapping[str, Any]], Samples]
    others: Mapping[str, tuple[Callable[[Any], Any], Any]] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    ink: bool = False
    learns: Callable[[Model], Probe | None] = lambda model: None
    writes: Callable[[Model, Mapping[str, Any]], Probe | None] = lambda model, values: None

    def complete(self, settings: tuple[Setting, ...], values: Mapping[str, Any]) -> dict[str, Any]:
        """All that a sample is made from, those that are not given as they are at first. Raises ValueError."""
        known = {each.id: (each.read, each.start) for each in settings} | dict(self.others)
        for name in values:
            if name not in known:
                raise ValueError(f"{self.label!r} has no {name!r:.40}; it has {', '.join(known)}")
        return {name: read(values[name]) if name in values else start for name, (read, start) in known.items()}

    def dragged(self, settings: tuple[Setting, ...], values: Mapping[str, Any], move: Mapping[str, Any]) -> dict:
        """The values after a drag on the picture.

        Parameters
        ----------
        move : ``{"at": [right, down]}``, each a share of the picture from 0 to 1, or ``{"by": [right, down]}`` in steps

        Examples
        --------
        >>> from app.tasks.inputs.point import INPUT
        >>> INPUT.dragged(INPUT.settings(None, 0, None), {"x": 0.5, "y": 0}, {"by": [1, 1]})
        {'x': 0.54, 'y': -0.04}
        """
        left, top, right, bottom = self.box
        x, y = (next(each for each in settings if each.id == name) for name in "xy")
        if "at" in move:
            across, down = move["at"]
            places = left + (right - left) * across, top + (bottom - top) * down
        else:
            across, down = move["by"]
            places = values["x"] + x.step * across, values["y"] + y.step * down * (1 if bottom > top else -1)
        place = zip((x, y), places, strict=True)
        return {**values, **{each.id: each.read(round(float(value), 6)) for each, value in place}}
