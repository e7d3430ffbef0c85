"""The numbers on a model's card: computed from its files, written by train.py, checked by the tests."""

from math import prod, sqrt

import numpy as np
import onnx
import onnxruntime

from models.model import TABLE


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
    """Multiply-accumulates for one sample: for each number that a product or a convolution gives, the terms it sums."""
    entries = [*graph.input, *graph.value_info, *graph.output]
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in entries}
    shapes |= {p.name: list(p.dims) for p in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type in ("Gemm", "Conv"):  # weight (C_out, terms...)
            total += prod(shapes[node.output[0]][1:]) * prod(shapes[node.input[1]][1:])
        elif node.op_type == "MatMul":
            total += prod(shapes[node.output[0]][1:]) * shapes[node.input[0]][-1]
    return total


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


def update(folder):
    """Write the current numbers into the card of a folder, and return them."""
    card, current = folder / "README.md", numbers(folder)
    rows = "".join(f"| {name} | {value} |\n" for name, value in current.items())
    table = f"| number | value |\n|---|---|\n{rows}"
    card.write_text(TABLE.sub(lambda _: table, card.read_text(encoding="utf-8")), encoding="utf-8")
    return current
