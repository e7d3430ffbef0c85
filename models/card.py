"""The numbers on a model's card: computed from its files, written by train.py, checked by the tests."""

import tomllib
from math import prod

import numpy as np
import onnx
import onnxruntime

from models import counting
from models.card_numbers import TABLE, CardNumbers, written
from models.dynamic import WENT_ON, behind, threshold
from models.metrics import METRICS


def numbers(folder):
    """What the card of a model folder should say: `CardNumbers`."""
    data = (folder / "model.onnx").read_bytes()
    graph = onnx.shape_inference.infer_shapes(onnx.load_from_string(data)).graph
    with np.load(folder / "evaluation.npz") as evaluation:
        inputs, labels = evaluation["inputs"], evaluation["labels"]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(["y"], {"x": inputs})
    entries = _entries(folder)
    metric = METRICS[entries["metric"]]
    values = metric.values(outputs, labels, entries.get("row", 1))
    dynamic = threshold(graph) is not None
    went_on = session.run([WENT_ON], {"x": inputs})[0] if dynamic else None
    return CardNumbers(
        parameters=sum(prod(p.dims) for p in graph.initializer),
        macs=macs(graph),
        size_bytes=len(data),
        score=metric.written(metric.of(values)),
        right=(int(values.sum()), len(values)) if metric.unit == "%" else None,
        interval=tuple(map(metric.written, metric.interval(values))),
        went_on=(int(went_on.sum()), len(went_on)) if dynamic else None,
        mean_macs=round(macs(graph, went_on.mean())) if dynamic else None,
    )


def _entries(folder):
    return tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))


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
    table = written(current, METRICS[_entries(folder)["metric"]])
    card.write_text(TABLE.sub(lambda _: table, card.read_text(encoding="utf-8")), encoding="utf-8")
    return current
