"""What tasks share that put their samples into groups."""

from __future__ import annotations

import numpy as np

from app.results.groups import Grouping, numbered

QUARTERS = 4


def quarters(id: str, label: str, values: np.ndarray, unit: str, said: str) -> Grouping:
    """Four groups of about as many samples, by a quantity; equal values stay together, so that a group may be empty.

    Parameters
    ----------
    values : float, shape (n,)

    Examples
    --------
    >>> quarters("speed", "speed", np.array([0.0, 1, 2, 3]), "px", "{}").names
    ('under 0.8 px', '0.8 to 1.5 px', '1.5 to 2.2 px', 'over 2.2 px')
    """
    ends = np.quantile(values, np.arange(1, QUARTERS) / QUARTERS)
    which = np.searchsorted(ends, values, side="right")
    at = [f"{end:.{1 if ends[-1] >= 1 else 2}f}" for end in ends]
    names = (f"under {at[0]}", *(f"{a} to {b}" for a, b in zip(at, at[1:], strict=False)), f"over {at[-1]}")
    return numbered(id, label, tuple(f"{name} {unit}".rstrip() for name in names), which, said)
