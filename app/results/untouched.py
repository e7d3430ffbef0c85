"""What a file holds besides its layers, and what nothing here compresses, in words wherever a total is shown."""

from __future__ import annotations

from collections.abc import Mapping

FEW = 0.02  # of a file: what takes less needs no word


def in_words(readers: Mapping[str, int], size: int, whole: int) -> str:
    """A sentence on the constants that no technique compresses; "" if they are little of the file.

    Parameters
    ----------
    readers : the operators that read them, by bytes
    size, whole : what they take, and the file, in bytes

    >>> in_words({"LSTM": 20_300, "Add": 40}, 20_340, 21_600)
    ' Not compressed here: other numbers, read by LSTM: 20.3 kB, 94 % of the file.'
    """
    if size <= FEW * whole:
        return ""
    ordered = sorted(readers, key=lambda name: -readers[name])
    *most, last = [name for name in ordered if readers[name] > FEW * whole] or ordered[:1]
    named = f"{', '.join(most)} and {last}" if most else last
    share = f"{size / 1000:.1f} kB, {100 * size / whole:.0f} % of the file"
    return f" Not compressed here: other numbers, read by {named}: {share}."
