"""Compiles Python's files for the page, without what only a reader of the source or a debugger asks for.

Run by the page's own Python while the site is built: see `compile` in prepare.mjs. Docstrings go from all files; from
those of libraries the help of their parameters, the types of their functions and which line is which go too. That takes
a quarter off what is downloaded and unmarshalled.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
from pathlib import Path
from types import CodeType

UNCHECKED = (1).to_bytes(4, "little")  # a hash stands in the file, and Python looks for no source to compare it with

NO_LINE = 0x80 | 15 << 3  # begins an entry of a table of lines: none
SAID = ("doc", "help")  # what Bokeh, Param and argparse call the help of a parameter


def compile_all(source: str, target: str, libraries: bool) -> None:
    """Compile every .py under `source` to a .pyc under `target`, which Python takes as it is.

    libraries : whether they are other people's, of which no traceback need tell a line
    """
    for folder, _, names in os.walk(source):
        into = Path(target, Path(folder).relative_to(source))
        into.mkdir(parents=True, exist_ok=True)
        for name in names:
            if name.endswith(".py"):
                path = Path(folder, name)
                text = path.read_bytes()
                code = compiled(text, str(path.relative_to(source)), libraries)
                header = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(text)
                (into / f"{name}c").write_bytes(header + marshal.dumps(code))


def compiled(text: bytes, name: str, library: bool) -> CodeType:
    """The code of a module."""
    tree = ast.parse(text, name)
    code = compile(Lean().visit(tree) if library else tree, name, "exec", optimize=2, dont_inherit=True)
    return without_lines(code) if library else code


class Lean(ast.NodeTransformer):
    """Leaves out types of functions and what parameters say of themselves."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        if any(isinstance(each, ast.Attribute) and each.attr == "register" for each in node.decorator_list):
            return node  # functools.singledispatch reads the type of what it registers
        node.returns = None
        every = node.args
        for arg in (*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg):
            if arg is not None:
                arg.annotation = None
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Call(self, node):
        self.generic_visit(node)
        node.keywords = [each for each in node.keywords if not (each.arg in SAID and _is_text(each.value))]
        return node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def without_lines(code: CodeType) -> CodeType:
    """The same code, and that of all functions in it, with a table that knows no line.

    It has to be there: one that ends too early has a traceback fail as it is written. An entry is for one to eight
    instructions (Objects/locations.md of CPython), the last three of its bits say for how many.
    """
    inner = (without_lines(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    eights, more = divmod(len(code.co_code) // 2, 8)
    table = bytes([NO_LINE | 7]) * eights + bytes([NO_LINE | more - 1] if more else [])
    return code.replace(co_linetable=table, co_consts=tuple(inner))
