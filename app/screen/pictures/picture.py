"""What a kind of picture is: how one sample of a model is drawn, and which view draws all that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.results.attempt import Attempted
from app.results.result import Result
from models.model import Model


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One way to draw a sample.

    Attributes
    ----------
    id : str, as in model.toml
    needs : Model -> (whether it holds, what is wrong otherwise) for what the samples must be
    draw : (Result, index of a sample, whether only the baseline is shown) -> HTML
    tried : (Attempted, whether only the baseline is shown) -> HTML of an input of the person's own
    view : the module of `app.screen.views.changed` whose `PICTURED` draws the changed answers
    """

    id: str
    needs: Callable[[Model], Iterable[tuple[bool, str]]]
    draw: Callable[[Result, int, bool], str]
    tried: Callable[[Attempted, bool], str]
    view: str


def sized(model: Model, values: int, channels: int = 1) -> tuple[bool, str]:
    """Whether a sample has so many values in each of its channels."""
    sample = model.inputs.shape[1:]
    holds = model.inputs[0].size == channels * values
    return holds, f"a sample of shape {sample} cannot be drawn as one {model.picture} of {values} values"


def svg(box: str, name: str, body: str, more: str = "") -> str:
    """An SVG picture; `name` is markup already, quotes included."""
    return f'<svg viewBox="{box}" role="img" aria-label="{name}"{more}>{body}</svg>'
