"""A pipeline as slow as the test wants it, and Results with nothing in them: for tests of who is asked, and when."""

import asyncio

import numpy as np

from app.pipeline.watch import Superseded
from app.results.result import Changed, Measured, Result
from app.state.state import State
from models import model as models


def result_of(state: State) -> Result:
    """A Result with nothing in it but its State."""
    model, none = models.load(state.model), np.zeros(0, np.int64)
    values = np.ones(len(model.labels))
    measured = Measured(0.9, (0.8, 1.0), 100, 90, 0.1, np.zeros((0, 10), np.float32), none, values)
    return Result(state, model, b"", measured, measured, (0.0, 0.0), Changed(none, none, none), ())


def prune(sparsity: float) -> dict:
    """A change of State."""
    return {"recipe": [{"technique": "prune", "sparsity": sparsity}]}


class Slow:
    """A pipeline that waits for leave before each Result."""

    def __init__(self):
        self.asked: list[State] = []
        self.leave = asyncio.Semaphore(0)
        self.refuse: State | None = None
        self.error: Exception = ValueError("this cannot be computed")

    def begin(self, id):
        pass

    async def check(self, state, watch):
        if state.sample > 1000:
            raise ValueError("sample is too large")

    async def result(self, state, watch):
        self.asked.append(state)
        await self.leave.acquire()
        if state == self.refuse:
            raise self.error
        watch.progress(0.5, "half way")
        if watch.stop():
            raise Superseded
        return result_of(state)

    async def timed(self, result, stop):
        return result

    def keep(self, state):
        pass
