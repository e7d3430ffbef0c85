"""Networks in which not every sample goes all the way, and what marks them in a file.

A dynamic network has a second output, ``went_on``: for every sample whether the rest of the network was run on it. A
``Less`` makes it, from how sure the first part is and a threshold, a constant. ``Compress`` takes the samples that went
on out of the batch, so that the rest costs nothing for the others, and ``ScatterND`` puts what the rest says of them
back in their places. This module names no library: it reads any graph that looks like a GraphProto.
"""

WENT_ON = "went_on"  # the output, the node that makes it, and what the name of its threshold begins with


def threshold(graph):
    """The name of the tensor with the threshold; None if every sample goes all the way."""
    if WENT_ON not in [entry.name for entry in graph.output]:
        return None
    return next((node.input[1] for node in graph.node if node.op_type == "Less" and WENT_ON in node.output), None)


def behind(graph):
    """The names of the tensors in which only the samples stand that went on; nodes in the order of computation.

    Examples
    --------
    >>> from types import SimpleNamespace as Node
    >>> first = Node(op_type="Compress", input=["x", "went_on"], output=["some"])
    >>> second = Node(op_type="Relu", input=["some"], output=["late"])
    >>> third = Node(op_type="ScatterND", input=["early", "places", "late"], output=["y"])
    >>> sorted(behind(Node(node=[first, second, third])))
    ['late', 'some']
    """
    names = set()
    for node in graph.node:
        picks = node.op_type == "Compress" and node.input[1] == WENT_ON
        if picks or node.op_type != "ScatterND" and not names.isdisjoint(node.input):
            names.update(node.output)
    return names
