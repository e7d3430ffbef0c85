"""The sheet of a file: what it holds, told without running it."""

import onnx
import pytest

from app.pipeline.inspect import inspect
from app.screen.inspection import sheet
from tests.files import hand_files
from tests.made import networks


def test_numbers_are_counted_with_who_reads_them_and_what_becomes_of_them():
    found = inspect(networks.mlp((13, 7, 5)), {})
    assert dict(found.operators) == {"Gemm": 2, "Relu": 1}
    assert [(s.operator, s.numbers, s.size_bytes, s.why) for s in found.shares] == [
        ("Gemm", 126, 504, ""), ("Gemm", 12, 48, "few numbers, one for each channel"),
    ]  # fmt: skip
    assert (found.numbers, found.compressible_bytes) == (138, 504)
    assert found.memory_bytes == 4 * (138 + 64 * (7 + 7 + 5))


def test_why_numbers_stay_is_said():
    shared = next(file.onnx for file in hand_files.files() if file.name.startswith("weights behind a name"))
    assert ("Gemm", "several operators read them") in {(s.operator, s.why) for s in inspect(shared, {}).shares}
    lstm = inspect(hand_files.recurrent("LSTM"), {})
    assert lstm.shares[0].operator == "LSTM" and lstm.shares[0].why == ""
    onnx, others = hand_files.external()
    with pytest.raises(ValueError, match="mlp.bin"):
        inspect(onnx, {})
    assert inspect(onnx, others).numbers == 13 * 64 + 64 + 64 * 5 + 5


def test_nothing_of_a_file_is_markup_on_its_sheet():
    model = onnx.load_model_from_string(networks.mlp())
    model.graph.input[0].name = model.graph.node[0].input[0] = "<b>x</b>"
    html = sheet(inspect(model.SerializeToString(), {}))
    assert "<b>" not in html and "&lt;b&gt;x&lt;/b&gt;: float (any, 13)" in html
