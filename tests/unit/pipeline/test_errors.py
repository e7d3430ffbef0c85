"""The last words before the screen."""

from app.pipeline.errors import in_words


def test_what_was_said_to_the_person_is_not_changed_and_nothing_else_is_printed(capsys):
    assert in_words(ValueError("choose 1 to 8")) == "choose 1 to 8"
    assert "not enough memory" in in_words(MemoryError())
    assert capsys.readouterr().err == ""


def test_a_mistake_of_ours_names_its_kind_and_its_traceback_is_for_the_console(capsys):
    assert "(KeyError)" in in_words(KeyError("fc1"))
    assert "KeyError: 'fc1'" in capsys.readouterr().err
