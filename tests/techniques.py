"""Drives a technique to its end, without a network: what `app.pipeline` does in earnest."""

import numpy as np

from kernels import TECHNIQUES
from kernels.asking import Apart, Inputs, Moments, Product, Progress
from kernels.calibrated.hessian import centred, gram
from kernels.step import parts_of, step
from kernels.technique import Setting
from kernels.weight import Weight

ROWS = 40


def run(technique, weights, params, channel_groups=(), *, own=None, originals=None, seed=0, answer=None):
    """What `technique` makes of `weights`.

    params : for every layer, checked here; own : layer -> what differs there
    answer : `Inputs` -> array; None gives every layer noise, the same for the same layer
    """
    technique, originals = TECHNIQUES[technique], originals or {weight.name: weight for weight in weights}
    each = [technique.check({**params, **(own or {}).get(weight.name, {})}) for weight in weights]
    work = step(technique, weights, each, Setting(tuple(channel_groups), originals, seed))
    known = {part.name: part for weight in weights for part in parts_of(weight)} | originals
    answer = answer or (lambda asked: noise(asked, known))
    return driven(work, lambda asked: 0.0 if isinstance(asked, Apart) else answer(asked))


def recipe(steps, weight):
    """What a recipe spelled ``technique:name=value,...;technique:...`` makes of one weight."""
    weights = [weight]
    for step_text in steps.split(";"):
        technique, _, words = step_text.partition(":")
        given = dict(word.split("=") for word in words.split(","))
        kinds = {p.name: type(p.default) for p in TECHNIQUES[technique].parameters}
        weights = run(technique, weights, {name: kinds[name](value) for name, value in given.items()})
    return weights[0]


def driven(work, answer):
    """What a generator returns whose questions `answer` answers; its reports of progress are checked."""
    reply, share = None, 0.0
    try:
        while True:
            asked = work.send(reply)
            if isinstance(asked, Progress):
                assert share - 1e-9 <= asked.share <= 1, "progress goes from 0 to 1"
                share = asked.share
            reply = answered(asked, answer)
    except StopIteration as end:
        return end.value


def answered(asked, answer):
    """The answer to a question; products and moments are NumPy's."""
    match asked:
        case Product():
            # What is summed lies side by side in both: without a BLAS NumPy multiplies four times as fast so.
            turned = np.ascontiguousarray(asked.right.swapaxes(-1, -2))
            return np.ascontiguousarray(asked.left) @ turned.swapaxes(-1, -2)
        case Moments():
            rows = answer(Inputs(asked.name, asked.weights))
            return gram(centred(rows) if asked.centred else rows)
        case Inputs() | Apart():
            return answer(asked)


def noise(asked, originals) -> np.ndarray:
    """Positive and negative numbers with unequal spread, of the shape that the layer reads now."""
    weight: Weight = asked.weights.get(asked.name) or originals[asked.name]
    width = int(np.prod(weight.values.shape[1:]))
    rng = np.random.default_rng(len(asked.name))
    rows = rng.normal(size=(weight.groups, ROWS, originals.get(asked.name, weight).values[0].size)) + 0.2
    rows = (rows * np.linspace(0.1, 2, rows.shape[2])).astype(np.float32)
    if weight.kept_in is not None and width != rows.shape[2]:
        kernel = weight.values[0, 0].size
        rows = rows.reshape(weight.groups, ROWS, -1, kernel)[:, :, weight.kept_in].reshape(weight.groups, ROWS, -1)
    return rows
