"""Which elements of a weight are stored, and how the others find their value again.

What is left out is whatever is the most common: zeros, or in a palette the first entry of a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.network.encodings.rice import Rice, rice
from app.network.encodings.tensors import bits, coded, whole_bytes
from app.network.protobuf import INT64, Fragment
from kernels.weight import Palette, Weight


@dataclass(frozen=True, eq=False)
class Positions:
    """Where the stored elements stand in the weight; all others are zero, or index 0.

    indices : flat indices of the stored elements, ascending; None if all are stored
    marks : what the file holds to find them: a mask of the weight's shape, or the steps from one to the next, as rows
    bits : of one mark, or how steps are spelled; 1 is a mask
    """

    indices: np.ndarray | None = None
    marks: np.ndarray | None = None
    bits: int | Rice = 0

    @property
    def dense(self) -> bool:
        return self.indices is None

    def label(self, form: str) -> str:
        return form if self.dense else f"{'mask' if self.bits == 1 else 'gaps'} + {form}"

    def pick(self, array: np.ndarray) -> np.ndarray:
        """The elements to store: all of `array`, or a vector."""
        return array if self.dense else array.reshape(-1)[self.indices]

    def spread(self, fragment: Fragment, weight: Weight, stored: str, kind: int, output: str) -> str:
        """Give the tensor of stored elements, of the type `kind`, the weight's shape, with zeros between; its name."""
        if self.dense:
            return stored
        shape = weight.values.shape
        if self.bits == 1:
            mask = bits(fragment, f"{weight.name}.h", lambda: self.marks, 1, self.marks.size, part="places")
            return whole_bytes(fragment, "Fill", mask, stored, output=output, shape=shape)
        gaps = coded(fragment, f"{weight.name}.g", self.marks, self.bits, kind=INT64, part="places")
        return fragment.call("Jump", gaps, stored, output=output, shape=shape, kind=kind)


def is_pruned(weight: Weight) -> bool:
    """Whether some of its elements are pruned."""
    return weight.mask is not None and not weight.mask.all()


def most_common(form: Palette) -> np.ndarray:
    """The index that is looked up most often in each table: int64."""
    tables, entries = form.lut.shape
    places = form.indices.reshape(len(form.indices), -1) + entries * _tables(form)[:, None]
    return np.bincount(places.ravel(), minlength=tables * entries).reshape(tables, entries).argmax(axis=1)


def _tables(form: Palette) -> np.ndarray:
    """The table of each output channel."""
    return np.arange(len(form.indices)) // form.group_size


def positions_of(weight: Weight) -> list[Positions]:
    """All elements; where many are alike, whatever made them so, also only the others, found by a mask or by steps."""
    if isinstance(weight.form, Palette):
        if weight.form.cluster_dim > 1:  # one index stands for several elements, so only a mask can leave some out
            masked = is_pruned(weight)
            return [Positions(), *([Positions(np.flatnonzero(weight.mask), weight.mask, 1)] if masked else [])]
        common = most_common(weight.form)[_tables(weight.form)]
        mask = weight.form.indices != common.reshape(-1, *(1 for _ in weight.values.shape[1:]))
    else:
        mask = weight.values.view(np.uint32) != 0  # by bits: where nothing is stored comes +0, not -0
    if (mask.size - np.count_nonzero(mask)) * weight.form.bits <= mask.size:
        return [Positions()]  # a mask takes more than all that it leaves out
    mask.flat[0] |= not mask.any()  # one zero, so that no tensor is empty
    kept = np.flatnonzero(mask)
    steps = np.diff(kept, prepend=0)
    counts = np.bincount(steps)

    def cost(bits):
        stops = np.maximum(np.arange(len(counts)) - 1, 0) // (2**bits - 1)
        return (len(kept) + int(stops @ counts)) * (bits + weight.form.bits)

    bits = min(range(2, 9), key=cost)
    masked = Positions(kept, mask, 1)
    found = [Positions(), masked]
    if cost(bits) <= mask.size + len(kept) * weight.form.bits + 8000:
        # Otherwise steps take a kilobyte more; what else the two cost does not differ as much.
        found.append(_stepwise(_padded(_with_stops(steps, 2**bits - 1)), bits))
    steps, least = _padded(steps), min(mask.size, cost(bits) - len(kept) * weight.form.bits)
    return [*found, *(_stepwise(steps, spelling) for spelling in rice(steps, least / len(steps), (1,)))]


def _padded(steps: np.ndarray) -> np.ndarray:
    """As many steps as fill bytes in each bit plane: the last element is stored again."""
    return np.pad(steps, (0, -len(steps) % 8))


def _stepwise(steps: np.ndarray, bits: int | Rice) -> Positions:
    return Positions(np.cumsum(steps), steps[:, None], bits)


def _with_stops(steps: np.ndarray, reach: int) -> np.ndarray:
    """Steps of at most `reach` to the same positions: before the rest of a longer one come steps of full reach."""
    stops = np.maximum(steps - 1, 0) // reach
    short = np.full(len(steps) + int(stops.sum()), reach)
    short[np.cumsum(stops + 1) - 1] = steps - stops * reach
    return short
