"""Prints two tables: every kernel beside its oracle, and a whole network beside an earlier implementation.

``python -m tests.parity``, in an environment with the extra "test"; it ends with 1 if a row misses its bound. What is
printed here is asserted in test_oracles.py and test_reference_table.py.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError

from tests.parity.oracles import ROWS
from tests.parity.reference import PALETTES, REPAIRED, RULES, measured, missed


def main() -> int:
    """Prints the tables. Returns how many rows missed their bounds."""
    wrong = 0
    print(f"{'what':<58}{'oracle':<26}{'figure':<34}{'measured':>10}{'at most':>10}")
    for row in ROWS:
        try:
            oracle = f"{row.oracle} {row.version}"
        except PackageNotFoundError:
            print(f"{row.what:<58}{row.oracle:<26}is not installed")
            continue
        figure = row.measure()
        over = "" if figure <= row.bound else "  OVER"
        wrong += bool(over)
        print(f"{row.what:<58}{oracle:<26}{row.figure:<34}{figure:>10.4g}{row.bound:>10.4g}{over}", flush=True)
    tables = {
        "The same rules": RULES,
        "Palettes": PALETTES,
        "With calibration; earlier figures are means of five networks, ours is the lowest of them": REPAIRED,
    }
    for title, cases in tables.items():
        heads = (f"{head:>10}{'ours':>8}" for head in ("accuracy", "SQNR dB", "bytes", "zipped"))
        print(f"\n{title}\n{'recipe':<60}{''.join(heads)}")
        for case in cases:
            ours = measured(case)
            pairs = ((case.accuracy, ours.accuracy, ".2f"), (case.sqnr, ours.sqnr, ".1f"),
                     (case.bytes, ours.bytes, ","), (case.zipped, ours.zipped, ","))  # fmt: skip
            figures = (f"{shown(theirs, form):>10}{shown(mine, form):>8}" for theirs, mine, form in pairs)
            over = missed(case, ours)
            wrong += bool(over)
            print(f"{case!s:<60}{''.join(figures)}  {case.note}{over and f'  OVER: {over}'}", flush=True)
    return wrong


def shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


if __name__ == "__main__":
    sys.exit(main() > 0)
