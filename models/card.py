"""The numbers on a model's card: computed from its files, written by train.py, checked by the tests."""

import tomllib
from math import prod

import numpy as np
import onnx
import onnxruntime

from models import counting
from models.dynamic import WENT_ON, behind, threshold
from models.metrics import METRICS
from models.model import TABLE


def numbers(folder):
    """What the card of a model folder should say, as a dict of text in the order of the table."""
    data = (folder / "model.onnx").read_bytes()
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    with np.load(folder / "evaluation.npz") as evaluation:
        inputs, labels = evaluation["inputs"], evaluation["labels"]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(["y"], {"x": inputs})
    words = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
    metric = METRICS[words["metric"]]
    values = metric.values(outputs, labels, words.get("row", 1))
    low, high = (_short(metric, end) for end in metric.interval(values))
    counted = f" ({int(values.sum())} of {len(values)})" if metric.unit == "%" else ""
    return {
        "parameters": f"{sum(prod(p.dims) for p in model.graph.initializer)}",
        "multiply-accumulates per sample": f"{macs(model.graph)}",
        **(_on_average(model.graph, session, inputs) if threshold(model.graph) else {}),
        "file size": f"{len(data)} bytes",
        metric.label: _short(metric, metric.of(values)) + counted,
        f"95% {metric.uncertainty.method} interval": f"{low} to {high}",
    }


def _short(metric, score):
    """A score as the cards write it: ``97.1%``, ``0.12 px``."""
    return metric.written(score).replace(" %", "%")


def _on_average(graph, session, inputs):
    """What a dynamic network spends: how many samples go on, and how much that makes of each."""
    (went_on,) = session.run([WENT_ON], {"x": inputs})
    return {
        "samples that go on": f"{went_on.mean():.1%} ({went_on.sum()} of {len(went_on)})",
        "multiply-accumulates on average": f"{macs(graph, went_on.mean()):.0f}",
    }


def macs(graph, share=1):
    """Multiply-accumulates for one sample, those of products that own no weight included.

    share : of the samples that go on, if the network is dynamic; what is behind counts only so much
    """
    entries = [*graph.input, *graph.value_info, *graph.output]
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in entries}
    shapes |= {p.name: list(p.dims) for p in graph.initializer}
    late = behind(graph)
    return sum(
        _macs(node, shapes) * (share if node.output[0] in late else 1)
        for node in graph.node
        if node.op_type in ("Gemm", "Conv", "MatMul")
    )


def _macs(node, shapes):
    """Those of one operator. What meets a tensor of one sample in a MatMul may be several matrices, as in attention."""
    weight = shapes[node.input[1]][-2:] if node.op_type == "MatMul" else shapes[node.input[1]]
    return counting.macs(weight, counting.pixels(node.op_type, shapes[node.output[0]]))


def update(folder):
    """Write the current numbers into the card of a folder, and return them."""
    card, current = folder / "README.md", numbers(folder)
    rows = "".join(f"| {name} | {value} |\n" for name, value in current.items())
    table = f"| number | value |\n|---|---|\n{rows}"
    card.write_text(TABLE.sub(lambda _: table, card.read_text(encoding="utf-8")), encoding="utf-8")
    return current
