"""Each layer alone: what is tried, what is remembered, and that its numbers are those of the file."""

import asyncio
from dataclasses import replace

import pytest

from app.pipeline.pipeline import Pipeline
from app.pipeline.sensitivity import Sensitivities, trials
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.compression import Compression
from app.state.edits import with_own
from app.state.state import State

LAYERS = ("fc1", "fc2", "fc3")
PRUNE, QUANTIZE = Step.of("prune", sparsity=0.9), Step.of("quantize", bits=2)
CHOSEN = Compression("spirals", (PRUNE, QUANTIZE))


def layers_of(compression):
    """The layers that its one step is applied to."""
    (step,) = compression.recipe
    return [name for name in LAYERS if compression.params(step, name) is not None]


def test_each_layer_is_tried_alone_with_each_technique_at_its_own_strength():
    chosen = with_own(replace(CHOSEN, skipped=("fc2",)), "quantize", {"fc3": {"bits": 5}})
    found = trials(chosen, LAYERS)
    assert [(layer, step.technique) for layer, step, _ in found] == [
        (layer, technique) for technique in ("prune", "quantize") for layer in LAYERS
    ]
    assert all(layers_of(compression) == [layer] for layer, _, compression in found)
    assert [dict(step.params)["bits"] for _, step, _ in found[3:]] == [2, 2, 5], (
        "one that is kept in float is tried too"
    )


def test_what_makes_nothing_smaller_is_not_tried():
    assert trials(replace(CHOSEN, recipe=(Step.of("repair"), Step.of("activations"))), LAYERS) == []


def test_each_number_is_that_of_the_layer_compressed_alone_and_is_known_from_then_on():
    pipeline, sensitivities, asked = Pipeline(NativeRuntime()), Sensitivities(), []

    async def ask(compression):
        asked.append(compression)
        if layers_of(compression) == ["fc2"] and compression.recipe[0].technique == "prune":
            raise ValueError("cannot be computed")
        return await pipeline.result(State(**vars(compression)))

    async def measure():
        assert not sensitivities.known(CHOSEN, LAYERS).done
        return [trial async for trial in sensitivities.measure(CHOSEN, LAYERS, ask)]

    measured = asyncio.run(measure())
    known = sensitivities.known(CHOSEN, LAYERS)
    assert known.done and known.of == 6 and list(known.trials) == measured and len(asked) == 6
    assert [(each.layer, each.step) for each in measured] == [
        ("fc1", PRUNE), ("fc3", PRUNE), ("fc1", QUANTIZE), ("fc2", QUANTIZE), ("fc3", QUANTIZE),
    ]  # fmt: skip
    for trial in measured:
        others = {name: {trial.step.technique: False} for name in LAYERS if name != trial.layer}
        state = State("spirals", (trial.step,)).merged({"layers": others})
        result = asyncio.run(pipeline.result(state))
        assert trial.to_json() == {
            "layer": trial.layer, "technique": trial.step.technique, "params": dict(trial.step.params),
            "score": result.compressed.score, "bytes": len(result.onnx), "changed": result.changed.count,
        }  # fmt: skip
        assert trial.lost == pytest.approx(result.baseline.score - result.compressed.score)
        assert trial.won == len(result.model.onnx) - len(result.onnx)
    assert known.worst == max(measured, key=lambda trial: trial.lost)
    asked.clear()
    asyncio.run(measure_again(sensitivities, ask))
    assert asked == [], "what is known, or cannot be had, is not computed again"


async def measure_again(sensitivities, ask):
    assert [trial async for trial in sensitivities.measure(CHOSEN, LAYERS, ask)] == []


def test_channels_of_one_layer_can_go_for_those_that_read_them_take_part():
    async def measure():
        pipeline, sensitivities = Pipeline(NativeRuntime()), Sensitivities()

        async def ask(compression):
            return await pipeline.result(State(**vars(compression)))

        chosen = Compression("spirals", (Step.of("structured", sparsity=0.5),))
        return [trial async for trial in sensitivities.measure(chosen, LAYERS, ask)]

    first, second, last = asyncio.run(measure())
    assert first.won > 1000 and second.won > 1000 and first.changed, "half of 32 neurons, with what reads them"
    assert last.changed == 0, "the channels of an output stay"
