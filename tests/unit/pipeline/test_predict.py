"""A person's own sample gets from both files what native onnxruntime gives for it."""

import asyncio

import numpy as np
import pytest

from app.pipeline.pipeline import Pipeline
from app.pipeline.predict import predict
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from tests.made.networks import run


@pytest.fixture(scope="module")
def made():
    return asyncio.run(Pipeline(NativeRuntime()).result(State("digits-mlp", (Step.of("prune", sparsity=0.9),))))


def test_both_files_answer_for_a_sample_in_any_nesting(made):
    sample = np.linspace(0, 1, made.model.inputs[0].size).astype(np.float32)
    wanted = [run(data, sample.reshape(1, *made.model.inputs.shape[1:]))[0] for data in (made.model.onnx, made.onnx)]
    for given, alone in ((sample.tolist(), True), (sample.reshape(8, 8).tolist(), False)):
        for found, want in zip(asyncio.run(predict(NativeRuntime(), made, given, alone)), wanted, strict=True):
            np.testing.assert_allclose(found, want[0], atol=1e-4)


@pytest.mark.parametrize("sample", [None, "digit", [1, 2, 3], [[1], [2, 3]], [float("nan")] * 64, {"a": 1}])
def test_what_is_no_sample_is_refused_in_words(made, sample):
    with pytest.raises(ValueError, match="a sample of this model is 1 x 8 x 8|a sample of this model is 64"):
        asyncio.run(predict(NativeRuntime(), made, sample, True))
