"""What the build found out about a model, so that nobody who chooses it has to wait for that again.

To read an ONNX file and to run it on the evaluation set takes longer than a few moves of a slider, and always gives the
same. So the build does both in the page's own Python and runtime, and a pickle of the outcome travels with the files of
the model: in the built site alone, never in the repository. The weights are in the ONNX file already, so the pickle
only says where, and what was folded into them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from app.network.batch_norm import Folded
from app.state.state import DEFAULT
from models import model as models
from models.model import Model

FOLDER = Path(__file__).with_suffix("")
LARGE = 64  # values from which on an array is looked for in the ONNX file


def path(name: str) -> Path:
    """Where that stands which is known of the model called `name`, or of the start."""
    return FOLDER / f"{name}.pickle"


START = path("start")
"The first Result, the baseline of every model, and the curves of the sliders that are in hand there and in lessons."


def dump(model: Model, found: Any, folded: Iterable[Folded] = ()) -> bytes:
    """`found` as a pickle, without the arrays that stand in the model's ONNX file.

    folded : what became of some of these when it was read

    Examples
    --------
    >>> from models.model import load as model_of
    >>> model = model_of("spirals")
    >>> weight = np.frombuffer(model.onnx, np.float32, 600, 1000)
    >>> pickled = dump(model, weight)
    >>> weight.nbytes, len(pickled) < 100, read(model, pickled).tobytes() == weight.tobytes()
    (2400, True, True)
    """
    file = BytesIO()
    _Pickler(file, model.onnx, folded).dump(found)
    return file.getvalue()


def load(model: Model) -> Any:
    """What the build found out about a model; None where it has not been asked: natively, or for a person's own."""
    file = path(model.id)
    return read(model, file.read_bytes()) if file.is_file() else None


def start() -> Any:
    """The first Result, the baselines and the curves, see `START`."""
    return read(models.load(DEFAULT.model), START.read_bytes())


def read(model: Model, data: bytes) -> Any:
    """What `dump` was given."""
    return _Unpickler(BytesIO(data), model.onnx).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, onnx: bytes, folded: Iterable[Folded]):
        super().__init__(file, protocol=5)
        self._onnx = onnx
        self._folded = {each.weight.tobytes(): each for each in folded}

    def persistent_id(self, value: Any) -> Folded | tuple | None:
        """Of a float32 array: what it was made of; or where it stands in the ONNX file, its shape, whether turned."""
        if isinstance(value, np.ndarray) and value.dtype == np.float32 and value.size >= LARGE:
            if (data := value.tobytes()) in self._folded:
                return self._folded[data]
            for turned in (False, True):
                stands = value.T if turned else value
                at = self._onnx.find(stands.tobytes())
                if at >= 0:
                    return at, stands.shape, turned
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, onnx: bytes):
        super().__init__(file)
        self._onnx = onnx
        self._arrays: dict[Any, np.ndarray] = {}  # what was one array is one again

    def persistent_load(self, made: Folded | tuple[int, tuple[int, ...], bool]) -> np.ndarray:
        if made not in self._arrays:
            self._arrays[made] = made.weight if isinstance(made, Folded) else self._read(*made)
        return self._arrays[made]

    def _read(self, at: int, shape: tuple[int, ...], turned: bool) -> np.ndarray:
        stands = np.frombuffer(self._onnx, np.float32, int(np.prod(shape)), at).reshape(shape)
        return (stands.T if turned else stands).copy()  # where it stands it may be out of step with memory
