"""A foreign file as one that can be run here: whole, in float32, with the input that is fed and the output that is
scored in front. A file that is all this already stays byte for byte as it is.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import onnx
from google.protobuf.message import DecodeError

from app.network.opening import bounds, external, inputs, numbers, outputs


@dataclass(frozen=True)
class Prepared:
    """A file that can be run here, and what had to be done for that.

    onnx : the file
    numbers : what its numbers were, in words, where they had to become float32; "" else
    made_up : the names of the inputs that get ones
    gone : the names of outputs that are left out, because they are text
    inputs, outputs : the names of all, in front those that are fed and scored if none is chosen
    """

    onnx: bytes
    numbers: str
    made_up: tuple[str, ...]
    gone: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def prepare(
    data: bytes, others: Mapping[str, bytes], named: Container[str], input: str = "", output: str = ""
) -> Prepared:
    """The file in `data` as it is run here.

    Parameters
    ----------
    others : what came along with it, by name: a second file of weights
    named : what the arrays of samples are called; the input of that name is the one that is fed
    input, output : those that a person has chosen to be fed and to be scored; "" for none

    Raises
    ------
    ValueError
        A sentence for the person. What cannot be read at all is left to `parse`, which says so.
    """
    try:
        model = onnx.load_model_from_string(data)
        bounds.check(model)
        joined = external.join(model, others)
        were = numbers.to_float32(model)
        moved, fed, made_up = inputs.fed_first(model, named, input) if model.graph.node else (False, (), ())
        changed, scored, gone = outputs.scored_first(model, output)
    except (DecodeError, UnicodeDecodeError, RuntimeError, onnx.shape_inference.InferenceError):
        return Prepared(data, "", (), ())
    file = model.SerializeToString() if joined or were or moved or changed else data
    return Prepared(file, were, made_up, gone, fed, scored)
