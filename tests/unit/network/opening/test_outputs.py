"""The output that is scored comes first, and dictionaries and text stay behind."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from app.network.opening.prepare import Prepared, prepare
from tests.made import networks


def classifier(maps: bool, text: bool) -> bytes:
    """What skl2onnx writes for a classifier: the class, then its scores, which may be dictionaries."""
    net = networks.Net()
    scores = net.node("Softmax", net.gemm("fc", "x", 13, 5), name="scores")
    best = net.node("ArgMax", scores, axis=1, keepdims=0, name="best")
    outputs = [helper.make_tensor_value_info(best, TensorProto.INT64, ["N"])]
    if text:
        net.nodes.append(helper.make_node("LabelEncoder", [best], ["word"], domain="ai.onnx.ml", keys_int64s=[0, 1],
                                          values_strings=["no", "yes"]))  # fmt: skip
        outputs = [helper.make_tensor_value_info("word", TensorProto.STRING, ["N"])]
    if maps:
        net.nodes.append(
            helper.make_node("ZipMap", [scores], ["map"], domain="ai.onnx.ml", classlabels_int64s=range(5))
        )
        kind = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
        outputs.append(helper.make_value_info("map", helper.make_sequence_type_proto(kind)))
    else:
        outputs.append(helper.make_tensor_value_info(scores, TensorProto.FLOAT, ["N", 5]))
    net.node("Identity", scores)  # the last one makes the output of such a network
    data = onnx.load_model_from_string(net.bytes(["N", 13], ["N", 5]))
    del data.graph.output[:]
    data.graph.output.extend(outputs)
    data.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    return data.SerializeToString()


def outputs(data: bytes) -> list[str]:
    return [entry.name for entry in onnx.load_model_from_string(data).graph.output]


def test_scores_come_first_and_the_class_is_kept():
    for maps in (False, True):
        prepared = prepare(classifier(maps, text=False), {}, ())
        data, gone = prepared.onnx, prepared.gone
        assert outputs(data) == ["scores.out", "best.out"] and gone == ()
        networks.check(data)
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        rows = session.run(None, {"x": networks.ROWS})
        assert rows[0].shape == (len(networks.ROWS), 5) and rows[1].dtype == np.int64


def test_text_goes_with_all_that_only_makes_it():
    prepared = prepare(classifier(maps=True, text=True), {}, ())
    data, gone = prepared.onnx, prepared.gone
    assert (outputs(data), gone) == (["scores.out"], ("word",))
    operators = {node.op_type for node in onnx.load_model_from_string(data).graph.node}
    assert not operators & {"ZipMap", "LabelEncoder", "ArgMax"}


def test_what_needs_no_change_or_cannot_be_read_is_given_back():
    for data in (networks.mlp(), b"", b"no network", networks.mlp()[:99]):
        found = prepare(data, {}, ())
        assert replace(found, inputs=(), outputs=()) == Prepared(data, "", (), ())
