"""What the page's bytecode leaves out changes nothing that a program does."""

import inspect
import traceback

from static.lean import compiled

SOURCE = b'''
"""A module."""
import functools


def plain(a: int, *rest: str, b: float = 2, **more: "nothing that exists") -> int:
    """Adds."""
    return a + b


@functools.singledispatch
def kind(value: object) -> str:
    return "other"


@kind.register
def _(value: int) -> str:
    return "int"


def settings(**words):
    return words


said = settings(default=1, doc="long", help="longer"), settings(doc=None)


def fails():
    def inner():
        raise ValueError("why")

    inner()
'''


def run(library: bool):
    names = {}
    exec(compiled(SOURCE, "module", library), names)
    return names


def test_of_libraries_types_and_help_are_left_out_and_what_is_told_apart_by_type_stays_so():
    lean, whole = run(True), run(False)
    assert lean["plain"].__doc__ is None and whole["plain"].__doc__ is None
    assert lean["plain"].__annotations__ == {} and whole["plain"].__annotations__ != {}
    assert list(inspect.signature(lean["plain"]).parameters) == ["a", "rest", "b", "more"] and lean["plain"](1) == 3
    assert (lean["kind"](3), lean["kind"]("3")) == ("int", "other")
    assert lean["said"] == ({"default": 1}, {"doc": None}), "None is a value, and no help"


def test_a_fault_in_a_library_still_names_its_functions_and_one_of_ours_its_lines_too():
    def fault(library):
        try:
            run(library)["fails"]()
        except ValueError as error:
            trace = error.__traceback__.tb_next
            while trace:
                yield trace.tb_frame.f_code.co_name, trace.tb_lineno
                trace = trace.tb_next

    lines = {name: 1 + SOURCE.decode().splitlines().index(line) for name, line in LAST.items()}
    assert [name for name, _ in fault(True)] == list(lines)
    assert dict(fault(False)) == lines


def test_a_fault_in_a_library_can_be_written_down():
    try:
        run(True)["fails"]()
    except ValueError as error:
        said = traceback.format_exception(error)
    assert said[-1] == "ValueError: why\n" and sum('File "module"' in line for line in said) == 2


LAST = {"fails": "    inner()", "inner": '        raise ValueError("why")'}
