"""A limit is read as people write it, or refused with words; the verdict says one thing and what to try."""

from dataclasses import replace

import pytest

from app.screen.controls.budget import number, verdict_html
from app.screen.format import kilobytes
from app.state.choices import Budget, Step
from app.state.state import State
from tests.made.results import result
from tests.unit.screen.controls.test_controls import Changes


@pytest.mark.parametrize(
    "text, value", [("9,5", 9.5), ("9.5", 9.5), (" 95 % ", 95), ("20 kB", 20), ("20KB", 20), ("1e1", 10), (" ", None)]
)
def test_a_limit_is_read_as_people_write_it(text, value):
    assert number(text) == value


@pytest.mark.parametrize("text", ["much", "nan", "inf", "1.000,5", "%", "<b>"])
def test_what_is_no_number_is_refused_in_words(text):
    with pytest.raises(ValueError, match="is no number; write one such as"):
        number(text)


@pytest.mark.parametrize(
    "field, text, words",
    [("score", "950 %", "a limit of accuracy is 950; choose 0 to 100 %"), ("size", "0", "cannot have 0 kB"),
     ("size", "-3", "cannot have -3 kB"), ("score", "much", "no number")],
)  # fmt: skip
def test_a_limit_that_cannot_be_changes_nothing(field, text, words):
    changes = Changes(State(budget=Budget(20000, 0.9)))
    with pytest.raises(ValueError, match=words):
        changes.page(getattr(changes.controls.limits, field), value=text)
    assert changes.state.budget == Budget(20000, 0.9)


def test_a_comma_is_a_comma():
    changes = Changes(State())
    changes.page(changes.controls.limits.size, value="9,5")
    assert changes.state.budget.bytes == 9500


def verdict(budget: Budget, *recipe: Step) -> str:
    return verdict_html(replace(result(), state=State(recipe=recipe, budget=budget)))


def test_the_verdict_is_one_line_and_one_thing_to_try():
    made = result()
    size, score = made.compressed.size_bytes, made.compressed.score
    prune = Step.of("prune")
    assert verdict(Budget()) == ""
    assert verdict(Budget(size, score), prune) == '<p class="pass">✓ Budget met</p>'
    assert verdict(Budget(size - 9300), prune) == (
        '<p class="fail">✕ 9.3 kB too large</p><p>Try Palettize as well: what is left takes fewer bits.</p>'
    )
    assert "✕ accuracy −2.0 points</p><p>Try Repair" in verdict(Budget(None, score + 0.02), prune)
    both = verdict(Budget(size - 1000, score + 0.02), prune, Step.of("repair"))
    assert f"✕ {kilobytes(1000)} too large and accuracy −2.0 points</p><p>Try another mixture" in both
    assert "Switch on Prune or Palettize" in verdict(Budget(size - 1000))


def test_the_verdict_follows_the_result():
    changes = Changes(State(budget=Budget(1)))
    assert "too large" in changes.controls.limits.verdict.said
