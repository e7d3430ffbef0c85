"""The house: every module is in a room, rooms lean only on rooms below them, and nothing leans on itself in a circle.
Unit tests stand in the same rooms.

The floors are those of README's code map. What fails names the file and the import that breaks them.
"""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import build

ROOT = Path(build.__file__).parent
FLOORS = (  # the top one first: a room may import from those that stand behind it
    "app.main", "app.site", "app.screen", "app.store", "app.pipeline", "app.tasks", "app.lessons", "app.results",
    "app.network", "app.runtime", "app.state", "models", "kernels",
)  # fmt: skip
DRAWS, COMPUTES, JAVASCRIPT = ("panel", "bokeh"), ("onnx", "onnxruntime", "google"), ("pyodide", "js")
NEVER = {  # room -> packages that it must do without, because it runs where they are not, or come late
    "app.screen": (*COMPUTES, *JAVASCRIPT),
    "app.store": (*DRAWS, *COMPUTES, *JAVASCRIPT),
    "app.pipeline": (*DRAWS, *JAVASCRIPT),
    "app.tasks": (*DRAWS, *COMPUTES, *JAVASCRIPT),
    "app.lessons": (*DRAWS, *COMPUTES, *JAVASCRIPT),
    "app.results": (*DRAWS, *COMPUTES, *JAVASCRIPT),
    "app.network": (*DRAWS, "onnxruntime", *JAVASCRIPT),
    "app.state": (*DRAWS, *COMPUTES, *JAVASCRIPT),
    "models.model": (*DRAWS, *COMPUTES, *JAVASCRIPT, "torch"),
    "models.metrics": (*DRAWS, *COMPUTES, *JAVASCRIPT, "torch"),
    "kernels": (*DRAWS, *COMPUTES, *JAVASCRIPT, "torch"),
}
LATE = {  # modules that a tab needs before onnx is there: they must not even lead to it
    "app.site.start", "app.screen.compose", "app.store", "app.pipeline.prebuilt", "app.pipeline.fetching",
    "app.network.batch_norm", "app.tasks",
}  # fmt: skip
UNIT = Path(__file__).parent
AT_LARGE = {  # what a unit test may be named for besides modules: it holds for many of them
    "build", "bokehjs", "lean", "machine", "webassembly", "serve", "floors", "contract", "zoo", "recipes", "others",
    "drawings", "needs", "pictures_of_tasks",
}  # fmt: skip


@cache
def modules() -> dict[str, Path]:
    """Every Python module of the playground, by its full name."""
    files = [path for top in build.OURS for path in sorted((ROOT / top).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


@cache
def imported(path: Path, *, at_once: bool = False) -> set[str]:
    """The modules that a file imports, wherever in it, or only those that are imported with it (`at_once`)."""
    known, tree = modules(), ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(name if name in known else node.module for name in names)
    return found


def room(module: str) -> str | None:
    """The room that a module is in."""
    return next((each for each in FLOORS if f"{module}.".startswith(f"{each}.")), None)


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """Each circle of arrows, as words; depth first from every module."""
    done, found = set(), []

    def follow(module: str, way: list[str]) -> None:
        if module in way:
            found.append(" -> ".join([*way[way.index(module) :], module]))
        elif module not in done:
            for other in sorted(arrows.get(module, ())):
                follow(other, [*way, module])
            done.add(module)

    for module in sorted(arrows):
        follow(module, [])
    return found


def strays(tests: Iterable[str]) -> list[str]:
    """Paths of unit tests that no module explains.

    The folder is a package, `app` left out, and the name begins with that of one of its modules, or with its own.
    """
    known, found = modules(), []
    for test in tests:
        *folder, name = test.removesuffix(".py").split("/")
        package = ".".join(folder if folder[:1] in (["models"], ["kernels"]) else ["app", *folder])
        words = name.split("_")[1:]
        named = {"_".join(words[:n]) for n in range(1, len(words) + 1)}
        inside = {each.rpartition(".")[2] for each in known if package in (each, each.rpartition(".")[0])}
        if package not in known or not named & (inside | AT_LARGE):
            found.append(test)
    return found


def test_every_module_is_in_a_room():
    assert [name for name in modules() if name != "app" and room(name) is None] == []
    assert {room(name) for name in modules() if name != "app"} == set(FLOORS)


def test_rooms_lean_on_rooms_below_them():
    known = modules()
    wrong = [
        f"{path.relative_to(ROOT)} imports {other}: {room(name)} stands below {room(other)}"
        for name, path in known.items()
        for other in sorted(imported(path))
        if room(name) and room(other) and FLOORS.index(room(other)) < FLOORS.index(room(name))
    ]
    assert wrong == []


def test_rooms_do_without_what_is_not_theirs():
    known = modules()
    wrong = [
        f"{path.relative_to(ROOT)} imports {other}"
        for part, never in NEVER.items()
        for name, path in known.items()
        if f"{name}.".startswith(f"{part}.") and name != "app.runtime.web"
        for other in sorted(imported(path))
        if other.partition(".")[0] in never
    ]
    assert wrong == []


def test_kernels_need_nothing_but_numpy():
    import sys

    known = modules()
    others = {
        f"{path.relative_to(ROOT)} imports {other}"
        for name, path in known.items()
        if name.startswith("kernels")
        for other in imported(path)
        if other.partition(".")[0] not in {"kernels", "numpy", *sys.stdlib_module_names}
    }
    assert others == set()


def test_no_circles_in_python():
    known = modules()
    assert circles({name: imported(path) & known.keys() for name, path in known.items()}) == []


def test_no_circles_in_javascript():
    arrows = {}
    for path in sorted((ROOT / "static").glob("*.*js")):
        code = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
        arrows[path.name] = set(re.findall(r"""(?:from|import)\s*\(?\s*["']\./([\w.-]+)["']""", code))
    assert arrows["shell.js"] and circles(arrows) == []


def test_what_is_needed_first_does_not_lead_to_onnx():
    known = modules()
    for first in sorted(LATE):
        seen, ways = set(), [(first,)]
        while ways:
            way = ways.pop()
            for other in imported(known[way[-1]], at_once=True) - seen:
                assert other.partition(".")[0] not in COMPUTES, " -> ".join((*way, other))
                seen.add(other)
                parents = [".".join(other.split(".")[:n]) for n in range(1, other.count(".") + 1)]
                ways += [(*way, each) for each in (other, *parents) if each in known]


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b -> c -> b"]


def test_unit_tests_stand_in_the_room_of_what_they_test():
    assert strays(path.relative_to(UNIT).as_posix() for path in sorted(UNIT.rglob("test_*.py"))) == []


def test_a_stray_test_is_found():
    fine = (
        "test_store_behind.py",
        "tasks/test_tasks.py",
        "kernels/test_prune_criteria.py",
        "network/encodings/test_affine.py",
    )
    assert strays(fine) == []
    astray = "test_affine.py", "network/test_affine.py", "nowhere/test_zoo_of_it.py"
    assert strays(astray) == list(astray)
