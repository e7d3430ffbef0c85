"""A part of a network as a file of its own: from one tensor to others behind it, so that no more is run than is asked.

What layers read is asked for one layer after the other, in networks that differ in a few weights. To run the whole
network each time costs its depth squared; to go on from a tensor through which all must pass costs little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from onnx import NodeProto

from app.network.onnx_graph import nested_graphs
from app.network.protobuf import INITIALIZER, INPUT, NODE, OUTPUT, block, fields, value_info, whole
from models.versions import IR_VERSION

_GRAPH, _METADATA = 7, 14  # fields of ModelProto
_NAME = 8  # of TensorProto
_remembered = lru_cache(maxsize=1024)(NodeProto.FromString)  # most nodes are those of the file before


@dataclass(frozen=True, eq=False)
class Graph:
    """A file that `Network.write` made, taken apart as far as parts of it need: tensors stay bytes.

    To parse all of it takes pure-Python protobuf up to a tenth of a second, as often as a layer's inputs are asked for.

    nodes : in order, each with its bytes, as a field of a graph
    tensors : constants by name, as fields of a graph
    inputs : what the file is fed with, likewise
    head : the fields of the model besides its graph and its metadata
    """

    nodes: tuple[tuple[NodeProto, bytes], ...]
    tensors: dict[str, bytes]
    inputs: dict[str, bytes]
    head: bytes

    @classmethod
    def of(cls, onnx: bytes) -> Graph:
        """What is in a file."""
        model = list(fields(onnx))
        entries = [entry for number, content, _ in model if number == _GRAPH for entry in fields(content)]
        return cls(
            tuple((_remembered(content), field) for number, content, field in entries if number == NODE),
            {_name(content, _NAME): field for number, content, field in entries if number == INITIALIZER},
            {_name(content, 1): field for number, content, field in entries if number == INPUT},
            whole(1, IR_VERSION) + b"".join(field for number, _, field in model if number not in (_GRAPH, _METADATA)),
        )


def part(graph: Graph, source: str, targets: Sequence[str]) -> bytes:
    """The file that makes `targets` of the tensor `source`, float32 unless it goes into the network, and nothing else.

    Further inputs of the network are inputs of the part that reads them.
    """
    wanted = set(map(id, needed(graph, source, targets)))
    nodes = [(node, field) for node, field in graph.nodes if id(node) in wanted]
    read = {name for node, _ in nodes for name in _reads(node)}
    content = [field for _, field in nodes] + [block(2, "part")]
    content += [field for name, field in graph.tensors.items() if name in read]
    content += [graph.inputs.get(source, block(INPUT, value_info(source)))]
    content += [field for name, field in graph.inputs.items() if name in read - {source}]
    content += [block(OUTPUT, value_info(target)) for target in targets]
    return graph.head + block(_GRAPH, b"".join(content))


def needed(graph: Graph, source: str, targets: Collection[str]) -> list[NodeProto]:
    """The nodes that make `targets` of the tensor `source`, in order."""
    wanted, nodes = set(targets) - {source}, []
    for node, _ in reversed(graph.nodes):
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


def _name(message: bytes, field: int) -> str:
    return next(content for number, content, _ in fields(message) if number == field).decode()
