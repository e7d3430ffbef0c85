"""A file that asks for too much is refused before anything is done with it."""

import onnx
import pytest
from onnx import helper

from app.network.opening.bounds import OPERATORS
from app.network.opening.parse import parse
from tests.made import networks


def calling(functions) -> bytes:
    """A network whose one operator calls the first of some functions: (name, what it calls) each."""
    model = onnx.load_model_from_string(networks.mlp())
    model.graph.node.append(helper.make_node(functions[0][0], ["x"], ["more"], domain="own"))
    for name, called in functions:
        nodes = [helper.make_node(op, ["a"], [f"b{i}"], domain=domain) for i, (op, domain) in enumerate(called)]
        model.functions.append(helper.make_function("own", name, ["a"], ["b0"], nodes, [helper.make_opsetid("", 21)]))
    return model.SerializeToString()


def test_functions_that_double_at_each_step_are_counted_and_not_written_out():
    steps = [(f"f{i}", [(f"f{i + 1}", "own")] * 2) for i in range(39)]
    with pytest.raises(ValueError, match="operators; in a tab at most 20,000"):
        parse(calling([*steps, ("f39", [("Relu", "")])]))


def test_a_function_that_calls_itself_is_refused():
    with pytest.raises(ValueError, match="endlessly many operators"):
        parse(calling([("f", [("f", "own")])]))


def test_too_many_operators_are_refused_and_many_are_not():
    net, x = networks.Net(), "x"
    for _ in range(OPERATORS):
        x = net.node("Relu", x)
    net.gemm("fc", x, 13, 5)
    with pytest.raises(ValueError, match="20,001 operators"):
        parse(net.bytes(["N", 13], ["N", 5]))
    parse(networks.mlp(widths=(3,) * 300))


@pytest.mark.parametrize("samples", [2**31, 2**62])
def test_an_input_of_fixed_sizes_has_to_fit_into_a_tab(samples):
    """The samples that are brought were filled up to so many: that did not end."""
    model = onnx.load_model_from_string(networks.mlp())
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = samples
    with pytest.raises(ValueError, match="too large for a tab"):
        parse(model.SerializeToString())
