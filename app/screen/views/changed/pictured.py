"""What a picture of the changed answers is: the picture of the view "predictions" for one kind of sample.

A module here that ends in ``PICTURED = Pictured(...)`` is one; a kind of sample names it as its `Picture.view`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bokeh.models import UIElement

from app.results.scene import Scene
from app.screen.views.view import Act

ChangedAnswers = Mapping[str, Any]
"""What `predictions.data` gives, so that it is worked out once."""


@dataclass(frozen=True)
class Drawing:
    """A picture in one document: its root model and the function that shows the changed answers of a scene in it."""

    root: UIElement
    draw: Callable[[Scene, ChangedAnswers], None]


@dataclass(frozen=True)
class Pictured:
    """One picture of the changed answers.

    build : Act -> Drawing
    said : (Scene, changed answers) -> what the words about the answers leave out, "" for nothing
    sifts : whether it shows the answers one by one, so that some of them can be left out
    """

    build: Callable[[Act], Drawing]
    said: Callable[[Scene, ChangedAnswers], str]
    sifts: bool = True
