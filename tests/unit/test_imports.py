"""Imports run one way: kernels, then models, then what computes; what draws reads Results and is imported by nobody."""

import ast
from pathlib import Path

import pytest

import build

ROOT = Path(build.__file__).parent
ONNX = ("onnx", "onnxruntime")
COMPUTES = ("app.graph", "app.encodings", "app.pipeline", "app.runtime.native", "app.runtime.web")
SCREEN = ("app.main", "app.page", "app.native", "app.controls", "panel", "bokeh")
NEVER = {
    "kernels": ("models", "app", *ONNX),
    "models": ("app",),
    "app/metrics": (*ONNX, *COMPUTES, *SCREEN, "app.result"),
    "app/tasks": (*ONNX, *COMPUTES, *SCREEN),
    "app/pictures": (*ONNX, *COMPUTES, "app.main", "app.page", "app.controls"),
    "app/views": (*ONNX, *COMPUTES, "app.main", "app.page", "app.controls", "app.store"),
    "app/controls.py": (*ONNX, *COMPUTES, "app.main", "app.page"),
    "app/graph.py": SCREEN,
    "app/encodings": SCREEN,
    "app/pipeline.py": (*SCREEN, "app.store", "app.figures"),
    "app/store.py": (*SCREEN, *ONNX, "app.graph", "app.pipeline", "app.figures"),
}


def imported(path):
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", NEVER)
def test_imports_run_one_way(part):
    files = sorted((ROOT / part).rglob("*.py")) if (ROOT / part).is_dir() else [ROOT / part]
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        if path.name != "train.py"  # runs by itself, and may use anything
        for name in imported(path)
        if any(f"{name}.".startswith(f"{other}.") for other in NEVER[part])
    ]
    assert files and found == []
