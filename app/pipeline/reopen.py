"""A file that the playground wrote, opened again: the State it came from, if that still gives exactly this file."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any

from google.protobuf.message import DecodeError
from onnx import ModelProto

from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Superseded, Watch
from app.state.compression import Compression
from app.state.state import DEFAULT

LONGEST = 100_000  # characters of a recipe: it may come from anywhere
PATIENCE = 60  # seconds to repeat a recipe; beyond them the file is opened for what it holds


async def recipe(pipeline: Pipeline, onnx: bytes, watch: Watch) -> dict[str, Any] | None:
    """The change of State that leads to this very file; None if it says of none, or that gives another file.

    Other versions, another machine's rounding and people's own models give other files: those are `own.read`.
    """
    said = _said(onnx)
    if said is None:
        return None
    until = monotonic() + PATIENCE
    try:
        usual = Compression().to_json()
        change = {**usual, **{name: value for name, value in said.items() if name in usual}}
        state = DEFAULT.merged(change)
        await pipeline.check(state, watch)
        result = await pipeline.result(state, Watch(watch.progress, lambda: watch.stop() or monotonic() > until))
    except (ValueError, Superseded):
        return None
    return change if result.onnx == onnx else None


def _said(onnx: bytes) -> dict[str, Any] | None:
    """What the metadata of a file say of its recipe."""
    try:
        entries = ModelProto.FromString(onnx).metadata_props
        text = next((entry.value for entry in entries if entry.key == "recipe"), "")
        said = json.loads(text) if len(text) <= LONGEST else None
    except (DecodeError, ValueError, TypeError, RecursionError):
        return None
    return said if isinstance(said, dict) and {"model", "recipe"} <= said.keys() else None
