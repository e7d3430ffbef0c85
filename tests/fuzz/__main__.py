"""``python -m tests.fuzz [how many]``: tries as many cases, 20,000 unless said, and what was found before.

``python -m tests.fuzz show NUMBER`` writes the input of a case to a file, for the corpus. Ends with 1 if one is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from time import monotonic

from tests.fuzz.kinds import MADE, cases
from tests.fuzz.run import tried


def main(*words: str) -> int:
    if words[:1] == ("show",):
        number = int(words[1])
        ((kind, i),) = cases(number, number + 1)
        Path(f"{kind}-{i}").write_bytes(MADE[kind](Random(f"{kind}/{i}")))
        print(f"{kind}-{i}")
        return 0
    count, began = int(words[0]) if words else 20_000, monotonic()
    ended, wrong = tried(count)
    for number, said in wrong.items():
        print(number, said)
    print(f"{count:,} cases in {monotonic() - began:.0f} s: {dict(ended)}, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
