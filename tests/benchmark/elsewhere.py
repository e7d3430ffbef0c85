"""How fast our files are elsewhere, in sessions with default options: ``python build.py bench elsewhere``.

Natively in the oldest onnxruntime that they are for and in the newest, and in onnxruntime-web without the page's
options, on one sample and on the whole set, beside the float file and onnxruntime's own quantized files.

What is slower in onnxruntime-web, as of 1.30: of 102 files of which only the weights are compressed four, three of them
because more samples of digits-early-exit go on, one of two operators a layer (spirals, factorized, alone); and files
that multiply integers on one sample, 0.5 to 0.9 of float, though up to 2.4 times as fast on the set. Each is said
beside its time, by `app.results.slower`. Beside onnxruntime's own files ours are at least as fast in 57 of 68 figures.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

import build
from models import MODELS
from models import model as models
from tests.benchmark.sizes import INTEGERS, THEIRS, made, theirs

OLDEST = "1.20.1"
FLOOR = 0.9  # of the float file's speed, for files of which only the weights are compressed
TIMED = ("int8", "int4", "palette4", "prune75", "structured50", "factorize50", *INTEGERS)
WHERE = Path(__file__)


def write(folder: Path, ids: Sequence[str] = MODELS) -> None:
    """Write what `elsewhere_native` reads."""
    for id in ids:
        model = models.load(id)
        np.save(folder / f"{id}.npy", model.inputs)
        (folder / f"{id}.float.onnx").write_bytes(model.onnx)
        for name, per_channel in THEIRS.items():
            (folder / f"{id}.their-{name}.onnx").write_bytes(theirs(model, per_channel))
    for name, result, _ in made(ids):
        if name in TIMED:
            (folder / f"{result.model.id}.{name}.onnx").write_bytes(result.onnx)


def times(folder: Path) -> Iterator[tuple[str, Mapping[str, list[float]]]]:
    """For each place how many times as fast as the float file each file is, on one sample and on all."""
    libraries, _ = build.prepared()
    web = shutil.copytree(
        libraries / "web/onnxruntime-web/package", folder / "web"
    )  # another build may clear the cache
    native = str(WHERE.with_name("elsewhere_native.py"))
    yield f"onnxruntime {OLDEST}", printed(str(oldest()), native, str(folder))
    yield "onnxruntime, newest", printed(sys.executable, native, str(folder))
    yield "onnxruntime-web", printed("node", str(WHERE.with_suffix(".mjs")), str(web), str(folder))


def printed(*command: str):
    """The JSON that a command prints."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def oldest() -> Path:
    """The Python of a virtual environment with the oldest onnxruntime."""
    folder = build.CACHE / f"onnxruntime-{OLDEST}"
    python, complete = folder / "bin/python", folder / "complete"
    if not complete.is_file():
        build.run(sys.executable, "-m", "venv", "--clear", str(folder))
        build.run(str(python), "-m", "pip", "install", "--quiet", f"onnxruntime=={OLDEST}")
        complete.touch()
    return python
