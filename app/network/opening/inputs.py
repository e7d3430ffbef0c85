"""Which input of a foreign network is fed with samples: that comes first. The others are made up by the runtime."""

from __future__ import annotations

from collections.abc import Container

from onnx import ModelProto, TensorProto, ValueInfoProto

KINDS = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.UINT8, TensorProto.INT8, TensorProto.BOOL)
"The kinds of numbers that samples can be brought to; half precision and doubles are float32 by now."
Names = tuple[str, ...]
SAMPLES = "inputs"  # what an array of samples is called that has not the name of an input


def fed_first(model: ModelProto, named: Container[str], chosen: str = "") -> tuple[bool, Names, Names]:
    """Let the input that gets the samples come first: that which is chosen, or else one is found.

    That is one which the samples are named after, else the first that takes floats for each sample, else the first.
    Beside `inputs`, arrays that are named after inputs go into those, and the samples into another.

    Returns
    -------
    moved : whether it had to move
    names : of all inputs, in front the one that is found if none is chosen
    others : the names of those that get no samples

    Raises
    ------
    ValueError
        If it takes no numbers; a sentence for the person.
    """
    constants = {t.name for t in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in constants]
    if not inputs:
        raise ValueError("this network has no input, so it always gives the same answer")
    named_after = [entry for entry in inputs if entry.name in named]
    free = inputs
    if SAMPLES in named:
        named_after, free = [], [entry for entry in inputs if entry.name not in named] or inputs
    of_floats = [entry for entry in free if _kind(entry) == TensorProto.FLOAT and _rank(entry) > 1]
    usual = (named_after or of_floats or free)[0]
    fed = next((entry for entry in inputs if entry.name == chosen), None if chosen else usual)
    if fed is None:
        said = ", ".join(f"{entry.name:.40}" for entry in inputs[:5])
        raise ValueError(f"this network has no input {chosen!r:.40}; it has {said}")
    if _kind(fed) == TensorProto.STRING:
        raise ValueError(f"the input {fed.name:.40} of this network is text; only numbers can be fed in here")
    odd = [entry.name for entry in inputs if _kind(entry) not in KINDS]
    if odd:
        raise ValueError(f"the input {odd[0]:.40} of this network is no tensor of plain numbers; export it with one")
    if fed is not inputs[0]:
        kept = [ValueInfoProto.FromString(entry.SerializeToString())
                for entry in (fed, *(each for each in model.graph.input if each is not fed))]  # fmt: skip
        del model.graph.input[:]
        model.graph.input.extend(kept)
    names = (usual.name, *(entry.name for entry in inputs if entry is not usual))
    return fed is not inputs[0], names, tuple(entry.name for entry in inputs if entry is not fed)


def _kind(entry: ValueInfoProto) -> int:
    return entry.type.tensor_type.elem_type


def _rank(entry: ValueInfoProto) -> int:
    return len(entry.type.tensor_type.shape.dim)


def tokens(model: ModelProto) -> int:
    """How many different whole numbers the first input of a network may hold: the rows of the table that it picks from.

    256 for bytes that are nothing but numbers, 2 for what is not understood.
    """
    fed = model.graph.input[0]
    from_input, tables = {fed.name}, {t.name: t.dims[0] for t in model.graph.initializer if t.dims}
    for node in model.graph.node:
        if node.op_type == "Gather" and len(node.input) > 1 and node.input[1] in from_input:
            return max(1, tables.get(node.input[0], 2))
        if node.op_type in _HANDS_ON and node.input and node.input[0] in from_input:
            from_input.update(node.output)
    return 256 if _kind(fed) == TensorProto.UINT8 else 2


_HANDS_ON = frozenset("Cast Identity Reshape Squeeze Unsqueeze Transpose Flatten Slice".split())
"Operators that leave whole numbers what they are."
