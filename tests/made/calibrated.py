"""A small network with samples, compressed as the pipeline does it: what a technique asks is what the network reads."""

import asyncio
import hashlib

import numpy as np

from app.pipeline.calibrate import Calibrator
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import State
from kernels.technique import Skipped
from models import model as models
from tests.made.networks import run as answers
from tests.techniques import run


def model_of(data, x):
    """A model to which the answers of the network itself are the truth; known to `models.model.load`."""
    logits = answers(data, x)[0]
    model = models.Model(
        id=f"tiny-{hashlib.sha256(data + x.tobytes()).hexdigest()[:8]}", label="Tiny", summary="", card="",
        task="imitation", metric="agreement", classes=tuple(map(str, range(logits.shape[1]))),
        picture="image", picture_shape=(1, x[0].size), onnx=data, inputs=x, labels=logits.argmax(axis=1),
        calibration=x,
    )  # fmt: skip
    models.add(model)
    return model


class Calibrated:
    """A network in the bytes `data`, and samples `x`."""

    def __init__(self, data, x):
        self.id, self.x = model_of(data, x).id, x
        self.pipeline = Pipeline(NativeRuntime())
        asyncio.run(self.pipeline.result(State(self.id)))
        self.base = self.pipeline.memory.bases[self.id]
        self.network = self.base.network
        self.calibrator = Calibrator(self.pipeline.runtime, self.pipeline.memory)

    def outcome(self, technique, weights=None, *, own=None, seed=0, **params):
        """What a technique makes of the weights, Skipped ones as such."""
        weights = weights or list(self.network.weights)
        named = {weight.name: weight for weight in weights}

        def answer(asked):
            return asyncio.run(self.calibrator.answer(self.base, named, asked))

        rest = {"own": own, "originals": self.base.weights, "seed": seed, "answer": answer}
        return run(technique, weights, params, self.network.channel_groups, **rest)

    def after(self, technique, weights=None, **options):
        """The weights for the next step: a skipped one goes on as it was."""
        weights = weights or list(self.network.weights)
        results = self.outcome(technique, weights, **options)
        return [old if isinstance(new, Skipped) else new for old, new in zip(weights, results, strict=True)]

    def recipe(self, *steps):
        """The weights after several steps, each a technique or (technique, parameters)."""
        weights = list(self.network.weights)
        for step in steps:
            technique, params = (step, {}) if isinstance(step, str) else step
            weights = self.after(technique, weights, **params)
        return weights

    def answers(self, weights):
        return answers(self.network.write(weights).onnx, self.x)[0]

    def error(self, weights):
        """Mean squared distance of the network's answers from those of the original one."""
        return float(np.square(self.answers(weights) - self.answers(self.network.weights)).mean())
