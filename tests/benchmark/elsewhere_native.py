"""Times files in sessions with default options: python elsewhere_native.py FOLDER, in any Python with onnxruntime.

FOLDER has for each model its samples, ``model.npy``, the file it came from, ``model.float.onnx``, and others,
``model.what.onnx``. Prints JSON: for each of these how many times as fast as the first it is, on one sample and on all.
What is measured is the time of the processor, on one thread, so that other programs do not count; the least of rounds
in which both files take turns.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import thread_time

import numpy as np
import onnxruntime

ROUNDS, ROUND_S = 7, 0.015


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def seconds(running: onnxruntime.InferenceSession, batch: np.ndarray, n: int) -> float:
    """Of one of `n` runs."""
    feed = {running.get_inputs()[0].name: batch}
    start = thread_time()
    for _ in range(n):
        running.run(None, feed)
    return (thread_time() - start) / n


def ratio(plain: onnxruntime.InferenceSession, other: onnxruntime.InferenceSession, batch: np.ndarray) -> float:
    seconds(other, batch, 3)
    n = max(1, min(500, int(ROUND_S / max(seconds(plain, batch, 5), 1e-6))))
    rounds = [(seconds(plain, batch, n), seconds(other, batch, n)) for _ in range(ROUNDS)]
    return min(r[0] for r in rounds) / min(r[1] for r in rounds)


def main(folder: Path) -> None:
    found = {}
    for samples in sorted(folder.glob("*.npy")):
        x, plain = np.load(samples), session(folder / f"{samples.stem}.float.onnx")
        for path in sorted(folder.glob(f"{samples.stem}.*.onnx")):
            if not path.name.endswith(".float.onnx"):
                other = session(path)
                found[path.name] = [ratio(plain, other, batch) for batch in (x[:1], x)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
