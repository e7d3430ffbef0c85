"""A State as the text of a link, and back.

``?v=1&model=digits-cnn&recipe=prune,sparsity:0.7;palettize,bits:4&keep=fc2&own=fc1,quantize,bits:4&size=20000&score=0.95&view=weights``

Defaults are left out, so equal States have one spelling. Any text decodes: what cannot be read is left out and said
in a note, and the rest of the link still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

from app.state.choices import Step
from app.state.state import DEFAULT, State
from kernels import TECHNIQUES

VERSION = "1"


def encode(state: State) -> str:
    """The query string of `state`, starting with ``?``."""
    parts = [f"v={VERSION}"]
    if state.model != DEFAULT.model:
        parts.append(f"model={quote(state.model)}")
    if state.recipe != DEFAULT.recipe:
        parts.append("recipe=" + (";".join(_step_text(step) for step in state.recipe) or "none"))
    if state.skipped:
        # Quoted twice: a comma in a name must outlive the split.
        parts.append("keep=" + ",".join(quote(quote(name, safe="/"), safe="/") for name in state.skipped))
    if state.overrides:
        parts.append("own=" + ";".join(_own_text(*entry) for entry in state.overrides))
    if state.budget.bytes is not None:
        parts.append(f"size={state.budget.bytes}")
    if state.budget.score is not None:
        parts.append(f"score={state.budget.score:.12g}")
    if state.threshold is not None:
        parts.append(f"threshold={state.threshold:g}")
    for name in ("effort", "view", "layer", "sample", "seed", "compare"):
        value = getattr(state, name)
        if value != getattr(DEFAULT, name):
            parts.append(f"{name}={quote(str(value))}")
    return "?" + "&".join(parts)


def decode(query: str) -> tuple[State, tuple[str, ...]]:
    """The State that a link spells, and a sentence for each part of it that was left out. Never raises."""
    state, notes = DEFAULT, []
    fields = dict(parse_qsl(query.lstrip("?"), keep_blank_values=True, errors="replace", max_num_fields=None))
    if fields.pop("v", VERSION) != VERSION:
        notes.append("This link was made by another version of the playground; what could be read of it is shown.")
    # The model comes first: choosing one resets what belongs to the one before.
    for name in sorted(fields, key=lambda name: name != "model"):
        try:
            state = state.merged(_change(name, fields[name], state, notes))
        except ValueError as error:
            notes.append(f"Left out of the link: {error}.")
    return state, tuple(notes)


def _change(name: str, text: str, state: State, notes: list[str]) -> dict:
    """One field of a link as a change of State. Raises ValueError."""
    if name in ("model", "effort", "view", "layer", "compare"):
        return {name: text}
    if name == "recipe":
        return {"recipe": [] if text in ("none", "") else _recipe(text, notes)}
    if name in ("keep", "own"):
        layers = state.to_json()["layers"]
        for layer, special in _kept(text) if name == "keep" else _own(text):
            layers[layer] = {**layers.get(layer, {}), **special}
        return {"layers": layers}
    if name in ("size", "score"):
        key = "bytes" if name == "size" else "score"
        return {"budget": {**state.budget.to_json(), key: _number(name, text)}}
    if name in ("sample", "seed", "threshold"):
        return {name: _number(name, text)}
    raise ValueError(f"{name!r:.40} is not a part of a link")


def _kept(text: str) -> list[tuple[str, dict]]:
    return [(unquote(layer), {"skip": True}) for layer in text.split(",") if layer]


def _own(text: str) -> list[tuple[str, dict]]:
    """Layer and what is special about it, from ``fc2,quantize,bits:4;fc3,prune,off``."""
    layers = []
    for part in filter(None, text.split(";")):
        layer, technique, *pairs = (*part.split(","), "")
        off = pairs[:1] == ["off"]
        layers.append((unquote(layer), {technique: False if off else _params(technique, filter(None, pairs))}))
    return layers


def _own_text(layer: str, technique: str, params) -> str:
    said = ["off"] if params is None else [_pair(*pair) for pair in params]
    return ",".join([quote(quote(layer, safe="/"), safe="/"), technique, *said])


def _recipe(text: str, notes: list[str]) -> list[dict]:
    """The steps that can be read; the others become notes."""
    steps: list[dict] = []
    for part in text.split(";"):
        try:
            step = _read_step(part)
            if any(step["technique"] == other["technique"] for other in steps):
                raise ValueError(f"{step['technique']} for the second time")
            steps.append(step)
        except ValueError as error:
            notes.append(f"Left out of the recipe in the link: {error}.")
    return steps


def _read_step(text: str) -> dict:
    technique, *pairs = text.split(",")
    return Step.of(technique, **_params(technique, pairs)).to_json()


def _params(technique: str, pairs: Iterable[str]) -> dict:
    """Parameters of a technique, from ``name:value``."""
    if technique not in TECHNIQUES:
        raise ValueError(f"unknown technique {technique!r:.40}")
    known = {p.name: p for p in TECHNIQUES[technique].parameters}
    params = {}
    for pair in pairs:
        name, _, value = pair.partition(":")
        if name in known and known[name].kind == "choice":
            params[name] = next((c for c in known[name].choices if str(c) == value), value)
        else:
            params[name] = _number(name, value)
    return params


def _step_text(step: Step) -> str:
    defaults = {p.name: p.default for p in TECHNIQUES[step.technique].parameters}
    primary = {p.name for p in TECHNIQUES[step.technique].parameters if p.primary}
    return ",".join([step.technique, *(_pair(k, v) for k, v in step.params if v != defaults[k] or k in primary)])


def _pair(name: str, value) -> str:
    return f"{name}:{value:.12g}" if isinstance(value, float) else f"{name}:{value}"


def _number(name: str, text: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r:.40}, not a number") from None
    return int(value) if value.is_integer() else value
