"""What is asked of a graph counts branches and outputs, too."""

import onnx
from onnx import TensorProto, helper

from app.network.onnx_graph import all_nodes, attribute_of, drop_unread, plain, readers, set_attribute

FLOATS = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N"]) for name in ("x", "y", "t", "e")}


def branching() -> onnx.ModelProto:
    """An If whose branches read "a" of the graph around them; nobody reads "c", which is made from "b"."""
    then = helper.make_graph([helper.make_node("Neg", ["a"], ["t"])], "then", [], [FLOATS["t"]])
    other = helper.make_graph([helper.make_node("Abs", ["a"], ["e"])], "else", [], [FLOATS["e"]])
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Relu", ["x"], ["b"]),
        helper.make_node("Neg", ["b"], ["c"]),
        helper.make_node("ReduceMax", ["x"], ["big"]),
        helper.make_node("Cast", ["big"], ["yes"], to=TensorProto.BOOL),
        helper.make_node("If", ["yes"], ["y"], then_branch=then, else_branch=other),
    ]
    return helper.make_model(helper.make_graph(nodes, "g", [FLOATS["x"]], [FLOATS["y"]]))


def test_branches_and_outputs_read_tensors():
    count = readers(branching().graph)
    assert (count["x"], count["a"], count["y"], count["t"], count["c"]) == (3, 2, 1, 1, 0)


def test_nodes_of_branches_are_nodes():
    ops = sorted(node.op_type for node in all_nodes(branching()))
    assert ops == ["Abs", "Cast", "If", "Neg", "Neg", "ReduceMax", "Relu", "Relu"]


def test_what_nobody_reads_goes_with_what_only_feeds_it():
    graph = branching().graph
    drop_unread(graph)
    assert [node.output[0] for node in graph.node] == ["a", "big", "yes", "y"]


def test_attributes_are_read_replaced_and_have_a_value_where_nothing_is_said():
    node = helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)
    assert attribute_of(node, "transB", 0) == 1 and attribute_of(node, "transA", 0) == 0
    set_attribute(node, "transB", 0)
    assert [(a.name, a.i) for a in node.attribute] == [("transB", 0)]


def test_a_plain_copy_leaves_names_to_the_original():
    node = helper.make_node("Relu", ["x"], ["y"], name="first", doc_string="said")
    bare = plain(node)
    assert (bare.op_type, list(bare.input), bare.name, bare.doc_string) == ("Relu", ["x"], "", "")
    assert node.name == "first"
