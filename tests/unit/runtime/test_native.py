"""onnxruntime as the page uses it: all outputs, probes, times, and refusals in words."""

import asyncio

import numpy as np
import pytest
from onnx import TensorProto, helper

from app.runtime import CannotRun
from app.runtime.native import NativeRuntime
from tests.made import networks

ROWS = np.random.default_rng(4).standard_normal((6, 13)).astype(np.float32)
SECOND = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 13])
NODES = [helper.make_node("Neg", ["x"], ["y"]), helper.make_node("Abs", ["x"], ["z"])]
TWO = networks.model(NODES, [], ["N", 13], ["N", 13], [SECOND])


def run(onnx, **options):
    return asyncio.run(NativeRuntime().run(onnx, ROWS, **options))


def test_a_file_answers_and_is_timed():
    ran = run(networks.mlp(), repeats=3)
    np.testing.assert_array_equal(ran.outputs, networks.run(networks.mlp(), ROWS)[0])
    assert ran.run_ms > 0 and ran.probed is None and ran.more == {}


def test_a_probe_is_told_what_the_file_says_of_each_of_its_batches():
    def probe():
        first = yield ROWS[:2]
        second = yield first @ np.ones((5, 13), np.float32)
        return first, second

    ran = run(networks.mlp(), probe=probe())
    first, second = ran.probed
    np.testing.assert_allclose(first, ran.outputs[:2], rtol=1e-5)  # another batch size may round otherwise
    np.testing.assert_array_equal(second, networks.run(networks.mlp(), first @ np.ones((5, 13), np.float32))[0])


def test_the_first_output_answers_and_the_others_have_names():
    ran, traced = run(TWO), asyncio.run(NativeRuntime().trace(TWO, ROWS))
    assert [*ran.more] == ["z"]
    for one, other, right in zip((ran.outputs, ran.more["z"]), traced, (-ROWS, np.abs(ROWS)), strict=True):
        np.testing.assert_array_equal(one, right)
        np.testing.assert_array_equal(other, right)


@pytest.mark.parametrize("onnx, said", [(b"no network", "load"), (networks.mlp((12, 5)), "run")])
def test_what_it_cannot_load_or_run_is_refused_in_words(onnx, said):
    with pytest.raises(CannotRun, match=f"onnxruntime cannot {said} this model: "):
        run(onnx)
