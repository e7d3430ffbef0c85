"""What differs between A and B, in two sentences."""

from dataclasses import replace

from app.results.experiment import Experiment
from app.screen.pinned import differs, pinned
from app.state.state import DEFAULT
from app.state.wording import described


def experiment(change, score, size, changed) -> Experiment:
    state = DEFAULT.merged(change)
    return Experiment(state, score, size, changed, described(state))


A = experiment({"recipe": [{"technique": "prune", "sparsity": 0.5}]}, 0.95, 8400, 9)
B = experiment({"recipe": [{"technique": "prune", "sparsity": 0.7}]}, 0.96, 5200, 8)


def test_differences_are_of_b_and_their_words_too():
    it = differs(A, B)
    assert it["said"] == (
        "B has prune 70 % instead of 50 %. It is 3.2 kB smaller, with accuracy +1.0 points and 1 fewer changed answer."
    )
    assert (it["a"], it["b"], it["bytes"], it["changed"]) == (A.link, B.link, -3200, -1)
    assert differs(B, A)["said"].endswith("3.2 kB larger, with accuracy −1.0 points and 1 more changed answer.")


def test_what_is_equal_is_said_to_be():
    same = replace(A, state=B.state)
    assert differs(A, same)["said"].endswith("of the same size, with the same accuracy and as many changed answers.")


def test_many_settings_stay_two_sentences():
    many = experiment(
        {"seed": 3, "recipe": [{"technique": id} for id in ("factorize", "quantize", "repair")]}, 0.9, 1, 9
    )
    said = differs(A, many)["said"]
    assert (
        "instead of off and 1 more. It is" in said and said.count(". ") == 1 and len(differs(A, many)["settings"]) == 5
    )


def test_the_page_is_told_titles_and_words_once_there_are_two():
    assert pinned({}) == {"A": "", "B": "", "said": ""}
    assert pinned({"B": B})["said"] == "Pin another as A to see what differs."
    assert pinned({"A": replace(A, name="mine"), "B": B}) == {
        "A": "mine (prune 50 %)", "B": "prune 70 %", "said": differs(A, B)["said"],
    }  # fmt: skip
