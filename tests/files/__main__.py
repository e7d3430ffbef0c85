"""Opens files that other tools have written and prints what became of each: ``python -m tests.files``.

Files are made in the run, by tools of which the first run brings those that are in the extra "files" into the cache of
the build, where nothing else finds them. Ends with 1 if a file did what it should not, or if fewer than nine of
ten that were made open.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import build
from tests.files import hand_files, quantized_files, sklearn_files, torch_files
from tests.files.opened import Outcome, opened

MAKERS = (hand_files, quantized_files, sklearn_files, torch_files)


def main() -> int:
    """Prints the table. Returns how much is wrong."""
    sys.path.append(str(tools()))
    rows: list[Outcome] = []
    for maker in MAKERS:
        for file in maker.files():
            rows.append(opened(file))
            print(rows[-1], flush=True)
    count = {kind: sum(row.kind == kind for row in rows) for kind in ("opened", "sentence", "fault")}
    print(f"{len(rows)} files: {', '.join(f'{n} {kind}' for kind, n in count.items())}; "
          f"{sum(row.checks for row in rows)} figures equal onnxruntime's")  # fmt: skip
    return count["fault"] + (count["opened"] < 0.9 * len(rows))


def tools() -> Path:
    """The folder of the tools that write files, which is filled the first time."""
    wanted = tomllib.loads((build.ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["files"]
    folder = build.CACHE / f"files-{build.digest([], [*wanted, sys.version])}"
    if not (folder / "complete").is_file():
        build.run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *wanted)
        (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    sys.exit(main() > 0)
