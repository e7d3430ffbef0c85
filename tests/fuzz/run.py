"""Cases shared out among processes; one that has died or hangs is told and another goes on behind it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS = 120  # seconds until the first word, on a busy machine
HANGS = 30  # seconds without a word after that


def tried(count: int, *, processes: int = 2) -> tuple[Counter, dict[int, str]]:
    """How many of the first `count` cases ended how, and what is wrong with which."""
    with ThreadPoolExecutor(processes) as pool:
        shares = list(pool.map(lambda first: _share(first, count, processes), range(processes)))
    ended = {number: said for share in shares for number, said in share.items()}
    wrong = {number: said for number, said in sorted(ended.items()) if said not in ("opened", "sentence")}
    return Counter(said for said in ended.values() if said not in wrong.values()), wrong


def _share(first: int, count: int, step: int) -> dict[int, str]:
    """Every `step`th case from `first` on."""
    ended: dict[int, str] = {}
    while first < count:
        first = _until_death(first, count, step, ended)
    return ended


def _until_death(first: int, count: int, step: int, ended: dict[int, str]) -> int:
    """Run cases in a process as long as it lives; the case to go on with."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.fuzz.child", *map(str, (first, count, step))]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        text, began, silent = b"", False, False
        while True:
            ready, _, _ = select.select([child.stdout], [], [], HANGS if began else STARTS)
            piece = os.read(child.stdout.fileno(), 1 << 16) if ready else b""
            if not piece:
                silent = not ready
                child.kill()
                break
            text, began = text + piece, True
            *lines, text = text.split(b"\n")
            for line in lines:
                number, _, said = line.decode(errors="replace").partition(" ")
                ended[int(number)] = said
    if text.strip():  # it has not come to the end of a case
        last = int(text.split()[0])
        ended[last] = f"wrong: no answer in {HANGS} s" if silent else f"wrong: the process died ({child.returncode})"
        return last + step
    return count if child.returncode == 0 or ended else _failed(child.returncode)


def _failed(code: int) -> int:
    raise RuntimeError(f"python -m tests.fuzz.child does not start ({code})")
