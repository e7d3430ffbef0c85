"""A part of a network as a file of its own: from one tensor to others behind it, so that no more is run than is asked.

What layers read is asked for one layer after the other, in networks that differ in a few weights. To run the whole
network each time costs its depth squared; to go on from a tensor through which all must pass costs little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

from app.network.onnx_graph import nested_graphs


def part(model: ModelProto, source: str, targets: Sequence[str]) -> bytes:
    """The file that makes `targets` of the tensor `source`, float32 unless it goes into the network, and nothing else.

    Further inputs of the network are inputs of the part that reads them.
    """
    nodes = needed(model.graph, source, targets)
    read = {name for node in nodes for name in _reads(node)}
    given = {entry.name: entry for entry in model.graph.input}
    graph = GraphProto(
        name="part", node=nodes, initializer=[t for t in model.graph.initializer if t.name in read],
        input=[given.get(source, _value(source)), *(entry for name, entry in given.items() if name in read - {source})],
        output=map(_value, targets),
    )  # fmt: skip
    head = {"ir_version": model.ir_version, "opset_import": model.opset_import, "functions": model.functions}
    return ModelProto(**head, graph=graph).SerializeToString()


def needed(graph: GraphProto, source: str, targets: Collection[str]) -> list[NodeProto]:
    """The nodes that make `targets` of the tensor `source`, in order."""
    wanted, nodes = set(targets) - {source}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(_reads(node))
            wanted.discard(source)
    return nodes[::-1]


def bottlenecks(nodes: Sequence[NodeProto], source: str, targets: Collection[str]) -> list[str]:
    """The tensors, `source` first, each of which is all that is needed of what stands before it.

    Examples
    --------
    >>> from onnx import helper
    >>> relu, neg, add = (helper.make_node(*each) for each in
    ...     [("Relu", ["x"], ["a"]), ("Neg", ["a"], ["b"]), ("Add", ["a", "b"], ["c"])])
    >>> bottlenecks([relu, neg, add], "x", ["c"])
    ['x', 'a', 'c']
    """
    made = {source: 0} | {name: i for i, node in enumerate(nodes, 1) for name in node.output}
    last = {name: i for i, node in enumerate(nodes) for name in _reads(node)} | dict.fromkeys(targets, len(nodes))
    found: dict[str, None] = {}
    for i in range(len(nodes) + 1):
        across = [name for name, at in made.items() if at <= i <= last.get(name, -1)]
        if len(across) == 1:
            found[across[0]] = None
    return list(found)


def _reads(node: NodeProto) -> Iterator[str]:
    """What a node reads, and what the graphs in it do."""
    yield from filter(None, node.input)
    for graph in nested_graphs(node):
        for inner in graph.node:
            yield from _reads(inner)
        yield from (output.name for output in graph.output)


def _value(tensor: str) -> ValueInfoProto:
    value = ValueInfoProto(name=tensor)
    value.type.tensor_type.elem_type = TensorProto.FLOAT
    return value
