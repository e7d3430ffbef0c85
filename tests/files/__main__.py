"""Opens files that other tools have written and prints what became of each: ``python -m tests.files``.

Files are made in the run. What a tool writes that is not installed is left out, and said; ``pip install skl2onnx
onnxconverter-common onnxscript`` brings the ones that are not in the extra "test". Ends with 1 if a file did what it
should not, or if fewer than nine of ten that were made open.
"""

from __future__ import annotations

import sys

from tests.files import hand_files, quantized_files, sklearn_files, torch_files
from tests.files.opened import Outcome, opened

MAKERS = (hand_files, quantized_files, sklearn_files, torch_files)


def main() -> int:
    """Prints the table. Returns how much is wrong."""
    rows: list[Outcome] = []
    for maker in MAKERS:
        try:
            for file in maker.files():
                rows.append(opened(file))
                print(rows[-1], flush=True)
        except ImportError as missing:
            print(f"{maker.__name__}: left out from here on, {missing}")
    count = {kind: sum(row.kind == kind for row in rows) for kind in ("opened", "sentence", "fault")}
    print(f"{len(rows)} files: {', '.join(f'{n} {kind}' for kind, n in count.items())}; "
          f"{sum(row.checks for row in rows)} figures equal onnxruntime's")  # fmt: skip
    return count["fault"] + (count["opened"] < 0.9 * len(rows))


if __name__ == "__main__":
    sys.exit(main() > 0)
