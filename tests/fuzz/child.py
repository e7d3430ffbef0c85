"""Runs cases one after the other, in a process that may die of one: ``python -m tests.fuzz.child FIRST LAST STEP``.

Writes the number of a case before it, and what became of it after it.
"""

from __future__ import annotations

import contextlib
import io
import resource
import sys
import traceback
from random import Random
from time import process_time

from app.pipeline.errors import in_words
from tests.fuzz.kinds import MADE, TAKES, cases, said

MEMORY = 1_000_000_000  # bytes of data, what Python and onnxruntime take by themselves included
SECONDS = 2  # of computing that one case may take


def outcome(kind: str, data: bytes) -> str:
    """ "opened", "sentence", or what is wrong."""
    began, printed = process_time(), io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            TAKES[kind](data)
        ended = "opened"
    except AssertionError as wrong:
        return f"wrong: {wrong}"
    except Exception as error:
        with contextlib.redirect_stderr(printed):
            sentence = in_words(error)
        try:
            said(sentence)
        except AssertionError as wrong:
            return f"wrong: {wrong}; {_where(error)}; {printed.getvalue()[-400:]!r}"
        ended = "sentence"
    seconds = process_time() - began
    return ended if seconds < SECONDS else f"wrong: took {seconds:.1f} s"


def _where(error: Exception) -> str:
    """The last place of our own in a traceback, and the error."""
    ours = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/app/" in frame.filename
    ]
    return f"{ours[-1] if ours else '?'} {type(error).__name__}: {str(error)[:200]}"


def main(first: int, last: int, step: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    for kind, i in list(cases(0, last))[first::step]:
        print(i, end=" ", flush=True)
        print(outcome(kind, MADE[kind](Random(f"{kind}/{i}"))).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
