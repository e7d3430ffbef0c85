"""Which output of a foreign network is scored: that comes first, and is a tensor of floats."""

from __future__ import annotations

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper

from app.network.onnx_graph import Sizes, drop_unread
from app.network.opening.sizes import infer

Names = tuple[str, ...]
MAP = "ZipMap"  # makes a dictionary of the scores of a sample's classes, as skl2onnx does unless it is told otherwise


def scored_first(model: ModelProto, chosen: str = "") -> tuple[bool, Names, Names]:
    """Let the output that is scored come first: that which is chosen, or else one is found.

    Scores that leave as dictionaries leave as the tensor they are made of. Of several outputs the first of floats with
    a row for each sample is scored. Text cannot leave a network in the page, and goes.

    Returns
    -------
    changed : whether the model had to change
    names : of all that can be scored, in front the one that is found if none is chosen
    gone : the names of outputs that had to go

    Raises
    ------
    ValueError
        If there is no such output, or it is text; a sentence for the person.
    """
    graph = model.graph
    if len(graph.output) < 2 and all(node.op_type != MAP for node in graph.node) and not chosen:
        return False, tuple(entry.name for entry in graph.output), ()
    _without_maps(graph)
    shapes = infer(model)
    stays = [entry for entry in graph.output if _type(entry) != TensorProto.STRING]
    of_floats = [entry for entry in stays if _type(entry) == TensorProto.FLOAT]
    usual = next((entry for entry in of_floats if _has_rows(entry, shapes)), next(iter(of_floats), None))
    numbers = [entry for entry in stays if _type(entry)]
    scored = next((entry for entry in numbers if entry.name == chosen), None if chosen else usual)
    if scored is None and chosen:
        said = ", ".join(f"{entry.name:.40}" for entry in numbers[:5])
        raise ValueError(f"this network has no output {chosen!r:.40} of numbers; it has {said}")
    if scored is None:
        return False, tuple(entry.name for entry in graph.output), ()
    gone = tuple(entry.name for entry in graph.output if _type(entry) == TensorProto.STRING)
    _keep(model, [scored, *(entry for entry in stays if entry is not scored)])
    names = (entry.name for entry in numbers if entry is not usual)
    return True, (*([usual.name] if usual else []), *names), gone


def _without_maps(graph: GraphProto) -> None:
    """Let scores leave the network as they are, and not as dictionaries."""
    for node in [node for node in graph.node if node.op_type == MAP]:
        for entry in graph.output:
            if entry.name == node.output[0]:
                entry.CopyFrom(helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, None]))
                graph.node.remove(node)
                break


def _keep(model: ModelProto, outputs: list[ValueInfoProto]) -> None:
    """Let a network have these outputs, in this order, and nothing that no other needs."""
    kept = [ValueInfoProto.FromString(entry.SerializeToString()) for entry in outputs]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    drop_unread(model.graph)


def _type(entry: ValueInfoProto) -> int:
    return entry.type.tensor_type.elem_type


def _has_rows(entry: ValueInfoProto, shapes: Sizes) -> bool:
    """Whether an output may have a row of several numbers for each sample."""
    shape = shapes.get(entry.name)
    return shape is None or (len(shape) == 2 and shape[1] != 1)


def is_probability(model: ModelProto) -> bool:
    """Whether the first output is a sigmoid of something, and so lies between 0 and 1."""
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(next((entry.name for entry in model.graph.output), ""))
    while (
        node is not None
        and node.input
        and node.op_type in ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast")
    ):
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Sigmoid"
