"""What is in a person's file, told from the file alone, before anything of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """Some of the numbers in a file.

    operator : that reads them
    numbers, size_bytes : how many there are, and what they take
    why : why they stay as they are, in a few words; "" if they can be compressed
    """

    operator: str
    numbers: int
    size_bytes: int
    why: str = ""


@dataclass(frozen=True)
class Inspection:
    """What is in a file.

    size_bytes : its length
    operators : how many there are of each kind, the most frequent first
    inputs, outputs : name and shape of each, in words
    fed, scored : the names of inputs that samples may go into and of outputs that may be scored, what is usual in front
    shares : its numbers, the largest share first; those of one operator that have the same fate together
    memory_bytes : what running it takes, about: its numbers as floats, and what flows between operators for a batch;
        None where the file leaves sizes open
    """

    size_bytes: int
    operators: Mapping[str, int]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fed: tuple[str, ...]
    scored: tuple[str, ...]
    shares: tuple[Share, ...]
    memory_bytes: int | None

    @property
    def numbers(self) -> int:
        """How many there are in all."""
        return sum(share.numbers for share in self.shares)

    @property
    def compressible_bytes(self) -> int:
        """What those take that can be compressed."""
        return sum(share.size_bytes for share in self.shares if not share.why)
