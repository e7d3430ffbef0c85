"""How opening, a move and memory grow with a person's own model and with its samples: ``python build.py bench scale``.

Natively, each case in a process of its own, so that memory is that of the case. A move is another strength of pruning
before quantizing to 4 bits: the file is written, run on all samples and compared. Times are those of the processor, on
one thread, so that other programs do not count. Between two neighbours the slope is that of the logarithms: 1 is a cost
that doubles with the size, so what is above that, in the steepest place, is work that a large model does in vain.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from statistics import median
from time import process_time

import numpy as np

from app.pipeline import own_model
from app.pipeline.own_samples import Brought
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from models import model as models
from tests.made.networks import mlp

SLOPE = 1.1  # the budget
WEIGHTS = (10_000, 100_000, 1_000_000, 10_000_000)
SAMPLES = (100, 1_000, 10_000)
FEW, SMALL = 200, 10_000  # samples while weights grow, weights while samples grow
INPUTS, CLASSES = 64, 10
STRENGTHS = (0.3, 0.5, 0.7)
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
"""Freed memory stays with the process, as it does in a page. Else glibc gives back what is larger than 32 MB, and each
tensor beyond that is paged in anew, zeroed: a slope of 1.2 that is no work of ours, and that no page has."""
LITTLE_MB = 20  # memory that a process takes and gives back by itself: less is not told
WHAT = ("opening, s", "a move, s", "memory, MB")


def rows() -> Iterator[tuple[str, list[tuple[int, tuple[float, ...]]], tuple[float, ...]]]:
    """For weights and for samples: (what grows, (how many, what it costs) each, the steepest slope of each cost)."""
    for what, cases in (
        ("weights", [(n, n, FEW) for n in WEIGHTS]),
        ("samples", [(n, SMALL, n) for n in SAMPLES]),
    ):
        found = [(n, apart(weights, samples)) for n, weights, samples in cases]
        steepest = (max(slope(*pair, cost) for pair in pairwise(found)) for cost in range(len(WHAT)))
        yield what, found, tuple(steepest)


def slope(less, more, cost: int) -> float:
    """How fast a cost grows from one case to the next: 1 as fast as the size, 0 not at all."""
    (n, before), (m, after) = less, more
    return math.log(max(after[cost], 1e-6) / max(before[cost], 1e-6)) / math.log(m / n)


def apart(weights: int, samples: int) -> tuple[float, ...]:
    """`WHAT` a case costs, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmark.scale", str(weights), str(samples)]
    environment = {**os.environ, **KEPT}
    return tuple(
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
    )


async def case(weights: int, samples: int) -> tuple[float, float, float]:
    """`WHAT` a model with so many weights costs on so many samples."""
    rng, hidden = np.random.default_rng(0), round(math.sqrt(weights + 37**2) - 37)
    network, file = mlp((INPUTS, hidden, hidden, CLASSES)), BytesIO()
    np.savez(file, inputs=rng.standard_normal((samples, INPUTS), np.float32), labels=rng.integers(0, CLASSES, samples))
    evaluation, before = file.getvalue(), memory()
    pipeline, began = Pipeline(NativeRuntime()), process_time()
    model = await own_model.read(pipeline.runtime, network, Brought(evaluation))
    models.add(model)
    quantized = DEFAULT.merged({"model": model.id, "recipe": [{"technique": "quantize", "bits": 4}]})
    await pipeline.result(quantized)
    opening, moves = process_time() - began, []
    for sparsity in STRENGTHS:
        began = process_time()
        recipe = [{"technique": "prune", "sparsity": sparsity}, {"technique": "quantize", "bits": 4}]
        await pipeline.result(quantized.merged({"recipe": recipe}))
        moves.append(process_time() - began)
    return opening, median(moves), max(memory() - before, LITTLE_MB)


def memory() -> float:
    """The most that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    print(json.dumps(asyncio.run(case(*map(int, sys.argv[1:])))))
