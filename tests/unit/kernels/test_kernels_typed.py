"""Who calls a kernel is told by its signature what it takes and gives, and by its docstring what it raises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kernels

ROOT = Path(kernels.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def without_hints(tree: ast.AST) -> list[str]:
    """Functions, also those inside others, that leave out the type of a parameter or of the result."""
    found = []
    for function in functions(tree):
        given = function.args
        taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
        bare = [each.arg for each in taken if not each.annotation and each.arg not in ("self", "cls")]
        found += [f"{function.name}({name})" for name in bare]
        found += [] if function.returns else [f"{function.name} -> ?"]
    return found


def without_raises(tree: ast.AST) -> list[str]:
    """Public functions with a ``raise`` of which the docstring has neither a section nor a sentence on that."""
    private = {inner for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.startswith("_")
               for inner in functions(node)}  # fmt: skip
    return [
        function.name
        for function in functions(tree)
        if not function.name.startswith("_") and function not in private
        and any(isinstance(node, ast.Raise) for node in ast.walk(function))
        and not re.search(r"\bRaises\s+(-+\s+)?[\w.]*Error\b", ast.get_docstring(function) or "")
    ]  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_kernel_says_what_it_takes_gives_and_raises(path):
    tree = ast.parse(path.read_text())
    assert without_hints(tree) == []
    assert without_raises(tree) == []


def test_what_is_left_out_is_found():
    tree = ast.parse('''
def bare(known: int, unknown, *more, own=None):
    def inside() -> None: ...

def silent() -> None:
    """Says nothing of it."""
    raise ValueError

def said() -> None:
    """Raises ValueError, always."""
    raise ValueError

def section() -> None:
    """Does not work.

    Raises
    ------
    numpy.linalg.LinAlgError
        Always.
    """
    raise ValueError

class _Hidden:
    def silent(self) -> None:
        raise ValueError
''')
    assert without_hints(tree) == ["bare(unknown)", "bare(own)", "bare(more)", "bare -> ?"]
    assert without_raises(tree) == ["silent"]
