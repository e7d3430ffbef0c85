"""What is asked of any ONNX graph, whatever is in it: who reads a tensor, which nodes there are, their attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from onnx import GraphProto, ModelProto, NodeProto, helper

Sizes = dict[str, tuple[int | str | None, ...]]
"Shapes of tensors by name: for each axis a number, the name of a size that is open, or None."


def readers(graph: GraphProto) -> Counter:
    """How many inputs read each tensor, those of nested graphs and the outputs of the graph included."""
    count = Counter(entry.name for entry in graph.output)
    for node in graph.node:
        count.update(node.input)
        for nested in nested_graphs(node):
            count.update(readers(nested))
    return count


def nested_graphs(node: NodeProto) -> list[GraphProto]:
    """The graphs that a node holds, such as the branches of an If."""
    return [graph for a in node.attribute for graph in (*a.graphs, *([a.g] if a.HasField("g") else []))]


def all_nodes(model: ModelProto) -> Iterator[NodeProto]:
    """All nodes, those of nested graphs and of functions included."""
    left = [model.graph, *model.functions]
    while left:
        for node in left.pop().node:
            yield node
            left += nested_graphs(node)


def drop_unread(graph: GraphProto) -> None:
    """Remove nodes whose outputs nobody reads."""
    count = readers(graph)

    def read(node: NodeProto) -> bool:
        wanted = any(count[name] for name in node.output)
        if not wanted:
            count.subtract(node.input)
        return wanted

    keep_only(graph.node, read)  # the last ones first: who only feeds them is not read any more either


def attribute_of(node: NodeProto, name: str, default):
    """An attribute of a node, or what holds if it says nothing."""
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def set_attribute(node: NodeProto, name: str, value) -> None:
    keep_only(node.attribute, lambda a: a.name != name)
    node.attribute.append(helper.make_attribute(name, value))


def keep_only(entries, wanted: Callable) -> None:
    """Remove from a repeated field what is not wanted."""
    for index in reversed(range(len(entries))):
        if not wanted(entries[index]):
            del entries[index]


def remove(entries, gone: Sequence) -> None:
    """Remove these messages from a repeated field; its own `remove` compares each with all before it."""
    ids = set(map(id, gone))
    keep_only(entries, lambda entry: id(entry) not in ids)


def plain(entry: NodeProto) -> NodeProto:
    """A copy of a node without name and comments."""
    bare = NodeProto()
    bare.CopyFrom(entry)
    for field in ("name", "doc_string", "metadata_props"):
        bare.ClearField(field)
    return bare
