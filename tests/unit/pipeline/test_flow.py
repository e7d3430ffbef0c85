"""What flows through both files, beside what onnxruntime says of the same tensors in copies with more outputs."""

import asyncio
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from app.network.read import read
from app.pipeline.flow import samples_of
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Watch
from app.results.result import Result
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from models.model import load

CASES = {
    "digits-mlp": [{"technique": "prune", "sparsity": 0.7}, {"technique": "palettize", "bits": 3}],
    "spirals": [{"technique": "quantize", "bits": 3}],
    "digits-cnn": [{"technique": "quantize", "bits": 8}, {"technique": "activations", "mode": "static"}],
    "digits-resnet": [{"technique": "factorize", "keep": 0.5}],
    "digits-vit": [{"technique": "palettize", "bits": 2}],
    "digits-mobile": [{"technique": "structured", "sparsity": 0.3}],
    "digits-early-exit": [{"technique": "prune", "sparsity": 0.6}],
}
SAMPLE = 7


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(NativeRuntime())


def computed(pipeline, watch=Watch(), **change) -> Result:  # noqa: B008 - a frozen value
    return asyncio.run(pipeline.result(DEFAULT.merged({"view": "network", "sample": SAMPLE, **change}), watch))


def tensors(data: bytes, names, batch):
    """These tensors of a file, by name, and the second output if there is one: a copy of the file with more outputs."""
    model = onnx.load_from_string(data)
    own = [entry.name for entry in model.graph.output]
    for name in names:
        if name not in own:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    wanted = [*names, *own[1:]]
    return dict(zip(wanted, session.run(wanted, {session.get_inputs()[0].name: batch}), strict=True))


def decibels(old, new):
    old, new = old.astype(np.float64), new.astype(np.float64)
    return 10 * np.log10((old**2).sum() / ((old - new) ** 2).sum())


@pytest.mark.parametrize("id", CASES)
def test_errors_are_those_of_intermediate_outputs_of_both_files(pipeline, id):
    result = computed(pipeline, model=id, recipe=CASES[id])
    flow, inputs = result.flow, result.model.inputs
    names = {vertex.layer: vertex.tensor for vertex in flow.wiring if vertex.layer}
    old, new = (tensors(data, list(names.values()), inputs[: flow.n]) for data in (result.model.onnx, result.onnx))
    assert set(flow.said) == set(names)
    for layer, tensor in names.items():
        before, after = old[tensor], new[tensor]
        if after.dtype == np.uint8:  # codes that the next layer reads: by its grid
            reader = next(v.layer for v in flow.wiring if v.sources == (list(names).index(layer) + 1,))
            grid = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load_from_string(result.onnx).graph.initializer}
            stem = list(names).index(reader)
            after = (after.astype(np.float32) - grid[f"{stem}.xz"]) * grid[f"{stem}.xs"]
        kept = result.weights[layer].kept_out
        if kept is not None:
            channels, after = after, np.zeros_like(before)
            after[:, kept] = channels
        if "went_on" in old and len(before) < flow.n:  # only samples that went on in both
            went = [each["went_on"] for each in (old, new)]
            before, after = before[went[1][went[0]]], after[went[0][went[1]]]
        assert flow.said[layer].sqnr_db == pytest.approx(decibels(before, after), abs=0.02), layer
    told = {layer["name"]: layer["output_sqnr_db"] for layer in result.to_json()["layers"]}
    assert told == {name: pytest.approx(said.sqnr_db, abs=0.006) for name, said in flow.said.items()}


def test_what_is_said_is_of_the_chosen_sample(pipeline):
    result = computed(pipeline, model="digits-mlp", recipe=CASES["digits-mlp"])
    said, sample = result.flow.said, result.model.inputs[SAMPLE : SAMPLE + 1]
    for data, name in ((result.model.onnx, "before"), (result.onnx, "after")):
        outside = tensors(data, ["relu1.out", "y"], sample)
        assert getattr(said["fc1"], name) == pytest.approx(outside["relu1.out"][0], abs=1e-4)
        assert getattr(said["fc3"], name) == pytest.approx(outside["y"][0], abs=1e-4)
    assert said["fc1"].range_before[0] == 0 and said["fc1"].plane is None


def test_points_are_seen_over_the_whole_plane(pipeline):
    said = computed(pipeline, model="spirals", recipe=CASES["spirals"]).flow.said["fc1"]
    weight = read(load("spirals").onnx).weights[0]
    corner = np.maximum(weight.values @ np.float32([1, -1]) + weight.bias, 0)  # x = 1, y = -1
    assert said.plane[0, :, 0, -1] == pytest.approx(corner, abs=1e-5)


def test_a_sample_that_stops_early_says_nothing_behind(pipeline):
    result = computed(pipeline, model="digits-early-exit", recipe=CASES["digits-early-exit"])
    went_on = result.baseline.route.went_on, result.compressed.route.went_on
    for sample in (int(np.flatnonzero(~went_on[0] & ~went_on[1])[0]), int(np.flatnonzero(went_on[0] & went_on[1])[0])):
        said = computed(pipeline, model="digits-early-exit", recipe=CASES["digits-early-exit"], sample=sample).flow.said
        assert (said["conv2"].before is None) == (not went_on[0][sample])
        assert (said["conv2"].after is None) == (not went_on[1][sample])
        assert said["exit1"].before is not None


def test_another_scale_is_no_error(pipeline):
    said = computed(pipeline, model="spirals", recipe=[{"technique": "equalize"}]).flow.said
    assert all(each.sqnr_db is None or each.sqnr_db > 90 for each in said.values())


def test_no_compression_is_no_error(pipeline):
    flow = computed(pipeline, model="digits-mlp", recipe=[]).flow
    assert [said.sqnr_db for said in flow.said.values()] == [None] * 3
    assert all(said.beyond == 0 for said in flow.said.values())


def test_only_the_view_of_the_network_asks_and_what_it_got_is_kept(pipeline):
    asked = computed(pipeline, model="digits-mlp", recipe=CASES["digits-mlp"])
    again = computed(pipeline, model="digits-mlp", recipe=CASES["digits-mlp"], budget={"bytes": 9000})
    other = computed(pipeline, model="digits-mlp", recipe=CASES["digits-mlp"], view="layers")
    assert again.flow is asked.flow and other.flow is None
    assert [layer["output_sqnr_db"] for layer in other.to_json()["layers"]] == [None] * 3


def test_a_drag_waits_for_no_long_run(pipeline):
    dragging = Watch(dragging=True)
    for id, live in (("digits-mlp", True), ("spirals", True), ("digits-resnet", False)):
        flow = computed(pipeline, dragging, model=id, recipe=[{"technique": "prune", "sparsity": 0.123}]).flow
        assert (flow.said is not None) == live


def test_fewer_samples_where_layers_say_much(pipeline):
    computed(pipeline, model="digits-resnet", recipe=[])
    bases = pipeline.memory.bases
    assert samples_of(bases["digits-mlp"]) == 256 > samples_of(bases["digits-resnet"]) >= 16
    mlp = bases["digits-mlp"]
    assert samples_of(replace(mlp, model=replace(mlp.model, inputs=mlp.model.inputs[:5]))) == 5
