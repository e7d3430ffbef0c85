"""The same model at three efforts: which weights a recipe begins with, and what the card says of them."""

import asyncio
import json
import re
import zipfile
from functools import cache

import numpy as np
import onnx
import pytest

from app.pipeline import reopen
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Watch
from app.runtime.native import NativeRuntime
from app.state import link
from app.state.checkpoint import Target, checkpoint
from app.state.choices import Step
from app.state.efforts import EFFORTS
from app.state.state import DEFAULT, State
from app.state.wording import described
from app.store import Store
from kernels import TECHNIQUES
from kernels.step import step as kernels_step
from kernels.storage.distortion import mse
from kernels.technique import Setting
from kernels.weight import Weight
from models import checkpoints
from models.model import EFFORTS as FILE
from models.model import folder_of, load

MODEL = "digits-cnn"
RECIPES = {
    "quantize-4": Step.of("quantize", bits=4),
    "quantize-2": Step.of("quantize", bits=2),
    "prune-0.9": Step.of("prune", sparsity=0.9),
    "palettize-2": Step.of("palettize", bits=2),
}
TRAINED = [f"{effort}/{target}" for effort in tuple(EFFORTS)[1:] for target in RECIPES]
ROW = re.compile(r"\| (quantize|prune|palettize) (\S+) (?:bit|%) \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|")
PIPELINE = Pipeline(NativeRuntime())


def state(effort: str, *steps: Step, **more) -> State:
    return State(MODEL, steps, effort=effort, **more)


@cache
def result(effort: str, *steps: Step):
    return asyncio.run(PIPELINE.result(state(effort, *steps)))


# ---- the checkpoints -------------------------------------------------------------------------------------------------


def test_the_file_holds_what_the_model_names():
    names = zipfile.ZipFile(folder_of(MODEL) / FILE).namelist()
    assert sorted({name.rpartition("/")[0] for name in names}) == sorted(TRAINED)
    assert load(MODEL).checkpoints == tuple(RECIPES)
    shapes = {t.name: tuple(t.dims) for t in onnx.load_from_string(load(MODEL).onnx).graph.initializer}
    for name in TRAINED:
        assert {key: array.shape for key, array in checkpoints.load(MODEL, name).items()} == shapes


@pytest.mark.parametrize("name", TRAINED)
def test_its_recipe_finds_a_checkpoint_as_it_should_be(name):
    """The weights are on their grid already, have their zeros or the values of their table."""
    step = RECIPES[name.partition("/")[2]]
    arrays = checkpoints.load(MODEL, name)
    before = [Weight(key, array) for key, array in arrays.items() if array.ndim > 1]
    work = kernels_step(TECHNIQUES[step.technique], before, [dict(step.params)] * len(before), Setting())
    with pytest.raises(StopIteration) as end:
        while True:
            next(work)
    for old, new in zip(before, end.value.value, strict=True):
        assert mse(old.values, new.values) <= 1e-12 * np.square(old.values).mean()  # a scale may differ in its last bit


def test_the_card_says_what_each_effort_leaves():
    rows = ROW.findall(load(MODEL).card)
    assert len(rows) == len(RECIPES)
    for (technique, strength, *percents), (target, step) in zip(rows, RECIPES.items(), strict=True):
        assert Target.of(target) == Target(technique, float(strength) / (100 if technique == "prune" else 1))
        for effort, percent in zip(EFFORTS, percents, strict=True):
            after = result(effort, step).compressed
            assert abs(after.score - float(percent) / 100) <= 1.5 / len(after.answers)  # the card rounds; sums differ


def test_the_compression_aware_model_stands_where_the_post_training_one_has_fallen():
    fallen, tuned, aware = (result(effort, RECIPES["quantize-2"]) for effort in EFFORTS)
    assert fallen.compressed.score < 0.5 < 0.85 < tuned.compressed.score < 0.95 < 0.98 < aware.compressed.score
    sizes = [each.compressed.size_bytes for each in (fallen, tuned, aware)]
    assert min(sizes) > 0.7 * max(sizes)  # zeros are left out, and one has more of them than another
    assert all(each.baseline.score == fallen.baseline.score for each in (tuned, aware))
    assert all(after is before for each in (tuned, aware) for after, before in zip(
        (layer.before for layer in each.layers), (layer.before for layer in fallen.layers), strict=True
    ))  # fmt: skip


# ---- which weights a recipe begins with ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps, target",
    [
        ([Step.of("prune", sparsity=0.85)], "prune-0.9"),
        ([Step.of("prune", sparsity=0.95)], "prune-0.9"),
        ([Step.of("prune", sparsity=0.84)], ""),
        ([Step.of("quantize", bits=3)], ""),
        ([Step.of("quantize", bits=2, granularity="per_tensor")], ""),
        ([Step.of("quantize", bits=2, block_size=16)], "quantize-2"),  # means nothing where scales are per channel
        ([Step.of("prune", sparsity=0.9), Step.of("quantize", bits=2)], "prune-0.9"),
        ([Step.of("prune", sparsity=0.5), Step.of("quantize", bits=2)], "quantize-2"),
        ([], ""),
    ],
)
def test_the_first_step_with_a_checkpoint_decides(steps, target):
    assert checkpoint(state("fine_tuned", *steps)) == (f"fine_tuned/{target}" if target else "")
    assert checkpoint(state("post_training", *steps)) == ""


def test_a_recipe_without_a_checkpoint_keeps_the_original_weights_and_says_so():
    plain, other = (result(effort, Step.of("quantize", bits=3)) for effort in ("post_training", "compression_aware"))
    assert other.onnx == plain.onnx and plain.notes == ()
    assert other.notes == (
        "There are no compression-aware weights for this recipe, so it begins with the original ones. There are some "
        "for quantize 4 bit, quantize 2 bit, prune 90 % and palettize 2 bit, with the other options as they come.",
    )
    assert result("fine_tuned").notes == ()
    near = result("fine_tuned", Step.of("prune", sparsity=0.87))
    assert near.notes == ("The recipe begins with fine-tuned weights for prune 90 %.",)


def test_a_layer_in_float_is_that_of_the_checkpoint():
    whole = state("compression_aware", RECIPES["quantize-2"], skipped=("fc2",))
    kept = asyncio.run(PIPELINE.result(whole)).layers[-1]
    np.testing.assert_array_equal(kept.after, checkpoints.load(MODEL, checkpoint(whole))["fc2.weight"])


def test_a_repair_is_made_on_what_the_checkpoint_reads():
    """A checkpoint's own inputs, not those that the original network has given to another effort's repair."""
    steps = RECIPES["prune-0.9"], Step.of("repair")
    for effort in EFFORTS:
        alone = asyncio.run(Pipeline(NativeRuntime()).result(state(effort, *steps)))
        assert result(effort, *steps).onnx == alone.onnx


# ---- State, link, file and history -----------------------------------------------------------------------------------


def test_only_a_model_with_checkpoints_has_a_choice():
    aware = DEFAULT.merged({"model": MODEL, "effort": "compression_aware"})
    assert link.decode(link.encode(aware)) == (aware, ())
    assert aware.merged({"recipe": []}).effort == "compression_aware"
    assert aware.merged({"model": "spirals"}).effort == "post_training"
    with pytest.raises(ValueError, match="spirals was trained in one way only"):
        aware.merged({"model": "spirals", "effort": "fine_tuned"})
    with pytest.raises(ValueError, match="there is no effort 'most'; choose post_training, fine_tuned"):
        aware.merged({"effort": "most"})
    back, notes = link.decode("?model=spirals&effort=fine_tuned")
    assert back.effort == "post_training" and "one way only" in notes[0]


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_file_says_its_effort_and_opens_again(effort):
    made = result(effort, RECIPES["palettize-2"])
    said = {entry.key: entry.value for entry in onnx.load_from_string(made.onnx).metadata_props}
    assert json.loads(said["recipe"]).get("effort", "post_training") == effort
    elsewhere = state("fine_tuned", RECIPES["prune-0.9"])
    change = asyncio.run(reopen.recipe(PIPELINE, made.onnx, Watch()))
    assert elsewhere.merged(change) == made.state


def test_each_effort_is_an_experiment_of_its_own():
    async def tried():
        store = Store(result("post_training", RECIPES["quantize-2"]), described)
        store.connect(PIPELINE)
        for effort in EFFORTS:
            await store.set({"effort": effort})
        await store.set({"effort": "fine_tuned", "recipe": [RECIPES["quantize-4"].to_json()]})
        await store.set({"recipe": [Step.of("quantize", bits=3).to_json()]})
        await store.set({"effort": "compression_aware"})  # the same file as before
        return [each.label for each in store.scene.history]

    assert asyncio.run(tried()) == [
        "quantize 2 bit", "quantize 2 bit, fine-tuned", "quantize 2 bit, compression-aware",
        "quantize 4 bit, fine-tuned", "quantize 3 bit",
    ]  # fmt: skip
