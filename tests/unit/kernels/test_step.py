"""A step takes factorized weights apart and puts them together again; Skipped and notes come out whole."""

import numpy as np
import pytest

from kernels.step import parts_of, step, with_parts
from kernels.technique import Parameter, Setting, Skipped, Technique
from kernels.weight import LowRank, Weight
from tests.techniques import driven, run

RNG = np.random.default_rng(6)
PLAIN = Weight("fc2", RNG.standard_normal((4, 6)).astype(np.float32))
(THIN,) = run(
    "factorize",
    [Weight("fc1", RNG.standard_normal((8, 9)).astype(np.float32), bias=np.ones(8, np.float32))],
    {"by": "rank", "keep": 0.25},
)


def technique(one, whole=False):
    """A technique that does `one` to every weight and its strength."""

    def apply(weights, params, setting):
        return [one(*pair) for pair in zip(weights, params, strict=True)]

    primary = (Parameter("strength", "int", 1, low=0, high=9, primary=True),)
    return Technique("test", "Test", "", primary, apply, "", whole)


def applied(technique, weights, params=None):
    return driven(step(technique, weights, params or [{"strength": 1}] * len(weights), Setting()), None)


def doubled(weight, params):
    return Weight(weight.name, weight.values * 2, bias=weight.bias, notes=(*weight.notes, f"by {params['strength']}"))


def test_parts():
    assert isinstance(THIN.form, LowRank) and [part.name for part in parts_of(THIN)] == ["fc1.inner", "fc1.outer"]
    assert parts_of(PLAIN) == (PLAIN,)
    same = with_parts(THIN, parts_of(THIN))
    assert (same.values == THIN.values).all() and (same.bias == THIN.bias).all() and same.form.inner is THIN.form.inner


def test_each_part_is_a_weight_with_the_strength_of_its_layer():
    seen = []

    def look(weight, params):
        seen.append((weight.name, params["strength"]))
        return doubled(weight, params)

    thin, plain = applied(technique(look), [THIN, PLAIN], [{"strength": 3}, {"strength": 5}])
    assert seen == [("fc1.inner", 3), ("fc1.outer", 3), ("fc2", 5)]
    np.testing.assert_allclose(thin.values, 4 * THIN.values, rtol=1e-6)
    assert thin.name == "fc1" and thin.notes == (*THIN.notes, "by 3") and plain.notes == ("by 5",)
    seen.clear()
    applied(technique(look, whole=True), [THIN, PLAIN])
    assert seen == [("fc1", 1), ("fc2", 1)]


def test_a_part_that_is_skipped_stays_and_is_told():
    def only_outer(weight, params):
        return Skipped("it comes first") if weight.name.endswith("inner") else doubled(weight, params)

    (thin,) = applied(technique(only_outer), [THIN])
    assert thin.form.inner is THIN.form.inner and thin.notes == (*THIN.notes, "fc1.inner: it comes first.", "by 1")
    np.testing.assert_allclose(thin.values, 2 * THIN.values, rtol=1e-6)


def test_if_no_part_takes_part_the_layer_is_skipped():
    assert applied(technique(lambda weight, params: Skipped("no")), [THIN, PLAIN]) == [Skipped("no")] * 2


def test_notes_that_a_part_had_are_not_said_again():
    once = applied(technique(doubled), [THIN])
    (twice,) = applied(technique(doubled), once)
    assert twice.notes == (*THIN.notes, "by 1")


def test_a_generator_is_driven_through():
    def apply(weights, params, setting):
        answers = []
        for weight in weights:
            answers.append((yield weight.name))
        return [Skipped(answer) for answer in answers]

    asking = Technique("test", "Test", "", technique(doubled).parameters, apply, "")
    work, said = step(asking, [PLAIN], [{"strength": 1}], Setting()), None
    assert next(work) == "fc2"
    with pytest.raises(StopIteration) as end:
        said = work.send("as it was told")
    assert said is None and end.value.value == [Skipped("as it was told")]
