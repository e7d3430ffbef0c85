"""The numbers on a model's card: computed from its files, written by train.py, checked by the tests."""

import re
from math import prod, sqrt

import numpy as np
import onnx
import onnxruntime

TABLE = re.compile(r"\| number \| value \|\n\|---\|---\|\n((?:\|.*\|\n)+)")


def numbers(folder):
    """What the card of a model folder should say, as a dict of text in the order of the table."""
    data = (folder / "model.onnx").read_bytes()
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    with np.load(folder / "evaluation.npz") as evaluation:
        inputs, labels = evaluation["inputs"], evaluation["labels"]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["y"], {"x": inputs})
    n, correct = len(labels), int((logits.argmax(axis=1) == labels).sum())
    low, high = wilson(correct, n)
    return {
        "parameters": f"{sum(prod(p.dims) for p in model.graph.initializer)}",
        "multiply-accumulates per sample": f"{macs(model.graph)}",
        "file size": f"{len(data)} bytes",
        "accuracy": f"{correct / n:.1%} ({correct} of {n})",
        "95% Wilson interval": f"{low:.1%} to {high:.1%}",
    }


def macs(graph):
    """Multiply-accumulates for one sample: each weight works once, and in a convolution once per output position."""
    weights = {p.name: p.dims for p in graph.initializer}
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*graph.value_info, *graph.output]}
    layers = [node for node in graph.node if node.op_type in ("Gemm", "Conv")]
    return sum(prod(weights[node.input[1]]) * prod(shapes[node.output[0]][2:]) for node in layers)


def wilson(correct, n, z=1.96):
    """Wilson's interval for a share; unlike share +- z * error it stays within 0 to 1. Source: Wilson, JASA 1927.

    >>> low, high = wilson(5, 10)
    >>> round(low, 3), round(high, 3)
    (0.237, 0.763)
    """
    share, extra = correct / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * sqrt(share * (1 - share) / n + extra / (4 * n))
    return middle - half, middle + half


def parse(text):
    """The table of numbers on a card, as a dict of text."""
    rows = TABLE.search(text)[1].splitlines()
    return dict([cell.strip() for cell in row.strip("|").split("|")] for row in rows)


def update(folder):
    """Write the current numbers into the card of a folder, and return them."""
    card, current = folder / "README.md", numbers(folder)
    rows = "".join(f"| {name} | {value} |\n" for name, value in current.items())
    table = f"| number | value |\n|---|---|\n{rows}"
    card.write_text(TABLE.sub(lambda _: table, card.read_text(encoding="utf-8")), encoding="utf-8")
    return current
