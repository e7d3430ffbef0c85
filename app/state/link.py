"""A State as the text of a link, and back.

``?v=1&model=digits-cnn&recipe=prune,sparsity:0.7;palettize,bits:4&keep=fc2&own=fc1,quantize,bits:4&size=20000&score=0.95&view=weights``

Defaults are left out, so equal States have one spelling; but for the recipe where a lesson is open, for
``?lesson=pruning&stop=2`` alone stands for what that stop shows, see `names_recipe`. Any text decodes: what cannot be
read is left out and said in a note, and the rest of the link still holds.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

from app.state.fields import LINKED
from app.state.preparation import PRESETS, Preparation, parsed, preparation_of
from app.state.state import DEFAULT, State

VERSION = "1"
SAID = 5  # notes on a link; nobody reads thousands
_USUAL = {key: spelled.text(DEFAULT) for key, (_, spelled) in LINKED.items()}


def encode(state: State) -> str:
    """The query string of `state`, starting with ``?``."""
    said = ((key, spelled.text(state)) for key, (_, spelled) in LINKED.items())
    needed = {"recipe"} if state.lesson else set()
    return "&".join([f"?v={VERSION}", *(f"{key}={text}" for key, text in said if text != _USUAL[key] or key in needed)])


def hand_in(state: State) -> str:
    """The link of a State that someone hands in: what was done, asked and guessed, and nothing of how it was shown."""
    shown = ("view", "layer", "sample", "by", "compare", "title", "text", "hidden", "locked")
    return encode(replace(state, **{name: getattr(State, name) for name in shown}))


def names_recipe(query: str) -> bool:
    """Whether a link says what is done to the model."""
    return "recipe" in _parts(query)


def decode(query: str) -> tuple[State, tuple[str, ...]]:
    """The State that a link spells, and a sentence for each part of it that was left out. Never raises."""
    state, notes = DEFAULT, []
    parts = _parts(query)
    if parts.pop("v", VERSION) != VERSION:
        notes.append("This link was made by another version of the playground; what could be read of it is shown.")
    # The model comes first: choosing one resets what belongs to the one before.
    for key in sorted(parts, key=lambda key: key != "model"):
        try:
            state = _with(state, key, parts[key], notes)
        except ValueError as error:
            notes.append(f"Left out of the link: {error}.")
    if len(notes) > SAID:
        notes[SAID:] = [f"Left out of the link besides: {len(notes) - SAID} more."]
    return state, tuple(notes)


def model_of(query: str) -> str:
    """The id of the model that a link names, whether there is such a model or not; "" if it names none."""
    return _parts(query).get("model", "")


def prepare_of(query: str) -> Preparation | None:
    """How a link has a person's own model fed, whether that is here or not; None if it cannot be read.

    Links of older versions say it by the end of the id alone, ``own-1a2b3c4d-imagenet``.
    """
    parts = _parts(query)
    word = parts.get("model", "").rpartition("-")[2]
    try:
        return preparation_of(parsed(parts.get("prepare", "")) or {"pixels": word if word in PRESETS else ""})
    except ValueError:
        return None


def _parts(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.lstrip("?"), keep_blank_values=True, errors="replace", max_num_fields=None))


def _with(state: State, key: str, text: str, notes: list[str]) -> State:
    """The State with one part of a link put in its place. Raises ValueError."""
    if key not in LINKED:
        raise ValueError(f"{key!r:.40} is not a part of a link")
    field, spelled = LINKED[key]
    return state.merged({field.name: spelled.value(text, state, notes)})
