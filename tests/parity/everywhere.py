"""The same recipe natively and in the page's Python: the same bytes? One line a recipe, and what differs.

``python -m tests.parity.everywhere [how many]`` with the site built: runs recipes drawn by lot in this Python on
onnxruntime, and in the page's Python under Node on onnxruntime-web. Fails unless every recipe that asks for no
calibration sample gives the same bytes, and all others scores within two samples; most are within one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from app.pipeline.pipeline import Pipeline
from app.runtime import Runtime
from app.state.state import DEFAULT
from kernels import TECHNIQUES
from kernels.technique import Parameter
from models import MODELS

ROOT = Path(__file__).parents[2]


def recipes(count: int) -> list[dict[str, Any]]:
    """Changes of State: models in turn, one to three techniques in the order of the page, options by lot."""
    return [_recipe(list(MODELS)[i % len(MODELS)], Random(i)) for i in range(count)]


def _recipe(model: str, rng: Random) -> dict[str, Any]:
    chosen = set(rng.sample(sorted(TECHNIQUES), rng.choice((1, 1, 2, 2, 3))))
    steps = [
        {"technique": technique.id, **{p.name: _value(p, rng) for p in technique.parameters if rng.random() < 0.4}}
        for technique in TECHNIQUES.values()
        if technique.id in chosen
    ]
    return {"model": model, "recipe": steps, "seed": rng.randrange(3)}


def _value(parameter: Parameter, rng: Random) -> Any:
    if parameter.kind == "choice":
        return rng.choice(parameter.choices)
    low, high = parameter.low, parameter.high
    return rng.randint(int(low), int(high)) if parameter.kind == "int" else round(rng.uniform(low, high), 2)


async def outcomes(changes: list[dict[str, Any]], runtime: Runtime) -> AsyncIterator[dict[str, Any]]:
    """What becomes of each recipe."""
    for change in changes:
        pipeline, began = Pipeline(runtime), perf_counter()
        asked = _noting(pipeline)
        try:
            result = await pipeline.result(DEFAULT.merged(change))
        except ValueError as error:
            yield {"error": str(error)}
            continue
        yield {
            "file": hashlib.sha256(result.onnx).hexdigest(), "bytes": len(result.onnx), "calibrated": bool(asked),
            "score": result.compressed.score, "n": len(result.model.labels), "changed": result.changed.count,
            "layers": [hashlib.sha256(layer.after.tobytes()).hexdigest()[:8] for layer in result.layers],
            "seconds": round(perf_counter() - began, 2),
        }  # fmt: skip


def _noting(pipeline: Pipeline) -> list[str]:
    """The layers whose inputs a recipe asks for, as it does."""
    asked, calibrator = [], pipeline._compressor._calibrator
    answer = calibrator.answer

    def noting(base, weights, inputs):
        asked.append(inputs.name)
        return answer(base, weights, inputs)

    calibrator.answer = noting
    return asked


def native(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from app.runtime.native import NativeRuntime

    async def gathered():
        return [outcome async for outcome in outcomes(changes, NativeRuntime())]

    return asyncio.run(gathered())


def in_page(changes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same by the page's Python."""
    command = ["node", str(Path(__file__).with_suffix(".mjs")), str(ROOT), json.dumps(changes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as page:
        yield from map(json.loads, page.stdout)
    if page.returncode:
        raise RuntimeError("the page's Python does not start; build the site first: python build.py build")


def main(count: int = 200) -> int:
    changes = recipes(count)
    same = compared = far = 0
    for change, here, there in zip(changes, native(changes), in_page(changes), strict=True):
        if "error" in here or "error" in there:
            found = "refused" if here == there else f"{here} but {there}"
            far += here != there
        else:
            equal = here["file"] == there["file"]
            near = abs(here["score"] - there["score"]) * here["n"] < 2.5  # samples
            compared += not here["calibrated"]
            same += equal and not here["calibrated"]
            far += not near if here["calibrated"] else not equal
            differ = [
                i for i, pair in enumerate(zip(here["layers"], there["layers"], strict=False)) if len({*pair}) > 1
            ]
            found = "same" if equal else f"layers {differ}, {here['score']:.4f} and {there['score']:.4f}"
            found += f" {'calibrated' if here['calibrated'] else ''} {here['seconds']} {there['seconds']}"
        print(found, json.dumps(change), sep="\t", flush=True)
    print(f"{same} of {compared} without calibration data give the same bytes; {far} of {count} are not as promised")
    return far > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
