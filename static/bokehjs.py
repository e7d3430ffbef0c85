"""BokehJS for the page: its two files without what no document of ours can ask for.

Each is a list of functions, one a module, which ask for one another by number. BokehJS runs them all, for two of them
register every model there is; these make way for two that register ours. A module that nothing asks for any more is
left out, and neither fetched nor run. Run by build.py, which puts what this gives into the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# Of each file the module that registers all of its models.
MAINS = ("models/main", "models/widgets/main")
# In the place of one: registers what these modules define. `base` has the register.
REGISTERING = (
    "function _(require,module,exports,esModule){{esModule();"
    "for(const it of {those})(0,require({base}).register_models)(require(it))}},"
)
BASE = "base"
MODELS = "models/"  # modules of whose models the mains know; others register what they have themselves

MODULE = re.compile(r"\n(?=(?:\d+: )?function _\()")
NUMBERED = re.compile(r"(?:(\d+): )?(.*)", re.S)  # in a list the place is the number
TAIL = re.compile(r"\n([\]}]), (\d+), (\{.*?\})(?=[,)])", re.S)  # end of the modules; which runs first; their names
ASKING = re.compile(r"function _\(([\w$]+)")  # what a module calls the function by which it asks for others
DEFINED = re.compile(r'__name__="(\w+)"')
REQUIRED = re.compile(r'Bokeh\.require\("([^"]+)"\)')


def lean(files: Iterable[str], models: Collection[str], words: Collection[str], scripts: Iterable[str]) -> list[str]:
    """The two files for the page.

    files : bokeh.js and bokeh-widgets.js
    models : names of the models that documents of ours have
    words : names that may be those of further ones
    scripts : the page's own, which ask for modules by name

    Raises ValueError, with a sentence, if the files look different from what this knows.
    """
    parts = [_parsed(text) for text in files]
    modules = {number: text for part in parts for number, text in part.modules.items()}
    numbers = {name: number for part in parts for name, number in part.numbers.items()}
    models_at = _defining(modules)
    registered = {number for name, number in numbers.items() if name.startswith(MODELS)}
    if unknown := set(models) - set(models_at):
        raise ValueError(f"no module of BokehJS defines {min(unknown)}")
    wanted = {number for name in {*models, *words} for number in models_at.get(name, ())} & registered
    names = {*MAINS, BASE, *(name for text in scripts for name in REQUIRED.findall(text))}
    if missing := names - set(numbers):
        raise ValueError(f"BokehJS has no module {min(missing)}")
    for part, main in zip(parts, MAINS, strict=True):
        those = sorted(wanted & set(part.modules))
        modules[numbers[main]] = REGISTERING.format(those=those, base=numbers[BASE])
    kept = _asked(modules, {*(part.entry for part in parts), *(numbers[name] for name in names), *wanted})
    return [part.written({number: modules[number] for number in part.modules if number in kept}) for part in parts]


@dataclass
class _Part:
    """One of the files: modules by their numbers, numbers by the names of modules."""

    head: str
    modules: dict[int, str]
    end: str  # "]" of a list; "}" of an object
    entry: int
    numbers: dict[str, int]
    tail: str

    def written(self, kept: dict[int, str]) -> str:
        names = {name: number for name, number in self.numbers.items() if number in kept}
        if self.end == "]":
            modules = [kept.get(number, ",") for number in self.modules]
        else:
            modules = [f"{number}: {text}" for number, text in kept.items()]
        last = f"{self.end}, {self.entry}, {json.dumps(names, separators=(',', ':'))}{self.tail}"
        return "\n".join([self.head, *modules, last])


def _parsed(text: str) -> _Part:
    head, *modules = MODULE.split(text)
    end = TAIL.search(modules[-1]) if modules else None
    if not end:
        raise ValueError("a file of BokehJS is no list of modules")
    tail, modules[-1] = modules[-1][end.end() :], modules[-1][: end.start()]
    found = map(NUMBERED.fullmatch, modules)
    numbered = {int(each[1] or place): each[2] for place, each in enumerate(found)}
    return _Part(head, numbered, end[1], int(end[2]), json.loads(end[3]), tail)


def _defining(modules: dict[int, str]) -> dict[str, list[int]]:
    """The modules in which each class is, by its name."""
    found: dict[str, list[int]] = {}
    for number, text in modules.items():
        for name in DEFINED.findall(text):
            found.setdefault(name, []).append(number)
    return found


def _asked(modules: dict[int, str], first: Iterable[int]) -> set[int]:
    """The modules that these lead to, and they themselves."""
    found, ahead = set(), list(first)
    while ahead:
        number = ahead.pop()
        if number not in found:
            found.add(number)
            asking = re.escape(ASKING.match(modules[number])[1])
            asked = map(int, re.findall(rf"(?<![\w$.]){asking}\((\d+)\)", modules[number]))
            ahead += [other for other in asked if other in modules]  # else it is another function of that name
    return found
