"""Why a file is slower: the cause that its layers, and the samples of a dynamic network, show."""

import pytest

from app.network.stored import StoredWeight
from app.results import slower

FLOAT, STATIC, DYNAMIC = (StoredWeight("as it is", rounded=each) for each in ("", "static", "dynamic"))


@pytest.mark.parametrize(
    ("layers", "narrowed", "went_on", "cause"),
    [
        ([(FLOAT,), (STATIC,)], True, None, slower.STATIC),
        ([(STATIC,), (DYNAMIC,)], False, None, slower.DYNAMIC),
        ([(FLOAT, FLOAT), (FLOAT,)], True, None, slower.HALVES),
        ([(FLOAT,)], True, None, slower.FEWER),
        ([(FLOAT,)], False, None, slower.ALIKE),
        ([(STATIC,)], False, (0.4, 0.6), "60 % of the samples go on through the whole network, instead of 40 %."),
        ([(STATIC,)], False, (0.6, 0.4), slower.STATIC),
    ],
)
def test_the_first_cause_that_there_is(layers, narrowed, went_on, cause):
    assert slower.because(layers, narrowed, went_on) == cause
