"""What became of one file: opened, refused in a sentence, or a fault."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
import onnxruntime

from app.pipeline import own_model
from app.pipeline.own_samples import Brought
from app.pipeline.pipeline import Pipeline
from app.results.result import Result
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from models import model as models
from tests.files.fed import fed
from tests.files.file import File

RECIPES = (
    [],
    [{"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 4}],
    [{"technique": "quantize", "bits": 8}],
    [{"technique": "structured", "sparsity": 0.5}],
)
LONGEST = 300  # letters of a sentence
NEAR = 0.02  # share of answers, and of the size of outputs, by which sums in another order may differ


@dataclass(frozen=True)
class Outcome:
    """kind : "opened", "sentence" or "fault"; said : what the page says; checks : figures that were compared"""

    name: str
    kind: str
    said: str
    checks: int = 0

    def __str__(self) -> str:
        return f"{self.kind:<10}{self.name:<58}{self.checks:>3}  {self.said}"


def opened(file: File) -> Outcome:
    """Opens a file as the page does, compresses it, and runs what it gives in a session as anybody makes one."""
    pipeline, checks = Pipeline(NativeRuntime()), 0
    try:
        model = asyncio.run(own_model.read(pipeline.runtime, file.onnx, Brought(file.evaluation, file.others)))
    except ValueError as error:
        said = str(error)
        good = file.refused in said and len(said) <= LONGEST and "\n" not in said
        return Outcome(file.name, "sentence" if good and file.refused else "fault", said)
    except Exception as error:  # what a stranger's file must never do
        return Outcome(file.name, "fault", f"{type(error).__name__}: {error}"[:LONGEST])
    if file.refused:
        return Outcome(file.name, "fault", f"opened, though it should not: {model.summary}")
    models.add(model)
    for recipe in RECIPES:
        try:
            result = asyncio.run(pipeline.result(DEFAULT.merged({"model": model.id, "recipe": recipe})))
            wrong = _wrong(result)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"[:LONGEST]
        if wrong:
            return Outcome(file.name, "fault", f"{recipe}: {wrong}")
        checks += 2
    return Outcome(file.name, "opened", model.summary, checks)


def _wrong(result: Result) -> str:
    """What is not as onnxruntime has it; "" if all is."""
    if result.compressed.size_bytes != len(result.onnx):
        return f"{result.compressed.size_bytes} bytes are shown, the file has {len(result.onnx)}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(result.onnx, options, providers=["CPUExecutionProvider"])
    theirs, ours = fed(session, result.model.inputs, result.model.beside), result.compressed.outputs
    theirs = result.model.scores(theirs)
    apart = np.abs(theirs - ours).max() / max(np.abs(ours).max(), 1e-9)
    if apart > NEAR:
        return f"outputs differ by {apart:.3g} of the largest"
    return ""
