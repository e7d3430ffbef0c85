"""Real Results of models of every task, for tests of what is said and drawn of them."""

import asyncio
from functools import cache

from app.pipeline.pipeline import Pipeline
from app.results.result import Result
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State

PIPELINE = Pipeline(NativeRuntime())


@cache
def result_of(model: str, bits: int | None = None, sample: int = 0, anew: bool = False) -> Result:
    """A model with its weights quantized to so many bits, or as it is; `anew` by a pipeline that has kept nothing."""
    recipe = () if bits is None else (Step.of("quantize", bits=bits),)
    pipeline = Pipeline(NativeRuntime()) if anew else PIPELINE
    return asyncio.run(pipeline.result(State(model, recipe, sample=sample)))
