"""What the pipeline remembers: one shelf a stage, each entry found by value, the least recently used given up first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

KEPT = 24  # entries of a shelf; a drag revisits its values
HEAVY = 20_000_000  # numbers on a shelf: weights of a large model, after each step of each strength, would fill a tab
LEAST = 4  # entries that are kept however heavy they are: the steps of a recipe


class Shelf:
    """The results of one stage by what they were made of.

    Parameters
    ----------
    size : how many are kept
    heavy : how many numbers they may hold together

    Examples
    --------
    >>> shelf = Shelf(2)
    >>> for key in "aab":
    ...     _ = shelf.put(key, key.upper())
    >>> shelf.get("a"), shelf.put("c", "C"), "b" in shelf, "a" in shelf
    ('A', 'C', False, True)
    """

    def __init__(self, size: int = KEPT, heavy: int = HEAVY):
        self._size, self._heavy = size, heavy
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._numbers: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def get(self, key: Hashable) -> Any:
        """The entry of that key, which counts as used; KeyError if there is none."""
        self._entries.move_to_end(key)
        return self._entries[key]

    def touch(self, key: Hashable) -> None:
        """Count the entry of that key as used, if there is one."""
        if key in self._entries:
            self._entries.move_to_end(key)

    def put(self, key: Hashable, value: Any, numbers: int = 0) -> Any:
        """Keep `value`, which holds so many numbers, and give it."""
        self._entries[key], self._numbers[key] = value, numbers
        self._entries.move_to_end(key)
        while len(self._entries) > self._size or (len(self._entries) > LEAST and self._is_heavy()):
            del self._numbers[self._entries.popitem(last=False)[0]]
        return value

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self._numbers.clear()

    def _is_heavy(self) -> bool:
        return sum(self._numbers.values()) > self._heavy


class Memory:
    """The shelves of one pipeline.

    bases : what belongs to each model whatever is done to it, by its id; never given up, for baselines are always shown
    starts : the weights of a checkpoint, by model and checkpoint
    steps : weights after some steps of a recipe, by checkpoint and the Compression of these steps
    compressed : files, by Compression
    measured : what a run told of a file, by model, number of samples and file: other samples are another model
    run_ms : how long the last run of a file took on all samples, by model
    parts : each model with a part of its samples, by its id, see `app.pipeline.part`; never given up
    rounds : the rounds in which a file was timed beside the baseline, by model and file
    times : what they said once they had settled, as fields of a Result, by the same
    baselines : each baseline with the best of its times, by its model; never given up
    compared : what changed beside the baseline, by the same as `measured`
    inputs : what layers read in the uncompressed network, by model, checkpoint and layer
    moments : second moments of that, by the same and by whether they are about the means
    flows : what flows through a file, by Compression and sample
    traces : what the layers of a baseline say, by model, file and sample; large, so few are kept
    """

    def __init__(self):
        self.bases: dict[str, Any] = {}
        self.baselines: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.run_ms: dict[str, float] = {}
        self.starts: dict[tuple[str, str], Any] = {}
        self.steps, self.compressed, self.measured, self.compared, self.inputs = (Shelf() for _ in range(5))
        self.moments, self.rounds, self.times = (Shelf() for _ in range(3))
        self.flows, self.traces = Shelf(), Shelf(2)
