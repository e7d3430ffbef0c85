"""One way to write one weight, and what encodings of all kinds say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from app.network.encodings.rice import Rice
from app.network.protobuf import Fragment


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to write one weight.

    label : its name for the page
    note : a sentence about a choice that may surprise, or ""
    zeros_are_stored : whether pruned weights are written like all others, instead of saying where they are
    """

    label: str
    fragment: Fragment
    note: str = ""
    zeros_are_stored: bool = False


def grain(shape: tuple[int, ...], block_shape: tuple[int, ...]) -> str:
    """How many weights share a scale, in a word or two."""
    if block_shape == shape:
        return "per-tensor"
    return "per-channel" if block_shape == (1, *shape[1:]) else f"per-block {block_shape[1]}"


def width_note(bits: int, width: int | Rice) -> str:
    """How codes of `bits` bits stand in the file, if not in as many."""
    if isinstance(width, Rice):
        return "Its codes are spelled in a Golomb-Rice code: those that are frequent take fewer bits than others."
    if width <= bits:
        return ""
    return f"Each {bits}-bit code takes {width} bits: in a layer this small, unpacking would cost more than it saves."
