"""A whole network compressed by the techniques, written and run, against earlier figures: see reference.py."""

import pytest

from tests.parity.reference import PALETTES, REPAIRED, RULES, images, logits, measured, missed, network


def test_the_network_itself():
    answers = logits(network().write(network().weights).onnx)
    assert (answers.argmax(axis=1) == images()[2]).sum() == 349  # 96.94 %


@pytest.mark.parametrize("case", [*RULES, *PALETTES, *REPAIRED], ids=str)
def test_figures_are_those_of_the_earlier_implementation_or_better(case):
    assert not missed(case, measured(case))
