"""Reads weights that were trained for a recipe: the checkpoints of a model, all in one file, ``efforts/weights.npz``.

In the page that file comes once one of them is needed; like a model it goes by a name, ``digits-cnn/efforts``.
"""

from functools import cache

import numpy as np
from numpy.lib.npyio import NpzFile

from models.model import EFFORTS, folder_of


@cache
def load(id, checkpoint):
    """The weights and biases of a checkpoint: a dict of read-only float32 arrays by the names in the ONNX file.

    Parameters
    ----------
    id : str, of a model that has checkpoints
    checkpoint : str, effort and target, such as ``fine_tuned/quantize-2``

    Examples
    --------
    >>> arrays = load("digits-cnn", "compression_aware/quantize-2")
    >>> sorted(arrays)[:2], arrays["conv1.weight"].shape
    (['conv1.bias', 'conv1.weight'], (8, 1, 3, 3))
    >>> [len(np.unique(np.abs(channel))) for channel in arrays["conv1.weight"]]
    [2, 2, 2, 2, 2, 2, 2, 2]
    """
    with (folder_of(id) / EFFORTS).open("rb") as file:
        stored = NpzFile(file)
        names = [name for name in stored.files if name.startswith(f"{checkpoint}/")]
        arrays = {name.removeprefix(f"{checkpoint}/"): stored[name].astype(np.float32) for name in names}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays
