"""One file of the matrix: what a stranger might bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np


@dataclass(frozen=True, eq=False)
class File:
    """An ONNX file as some tool writes it, with samples for it or without.

    refused : part of the sentence that it is to be refused with; "" if it is to open
    others : files that come along, by name
    beside : arrays for further inputs, by name, in the same file as the samples
    """

    name: str
    onnx: bytes
    inputs: np.ndarray | None = None
    labels: np.ndarray | None = None
    refused: str = ""
    others: Mapping[str, bytes] = field(default_factory=dict)
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def evaluation(self) -> bytes | None:
        """The samples as an ``.npz`` file."""
        return None if self.inputs is None else npz(self.inputs, self.labels, **self.beside)


def npz(inputs: np.ndarray, labels: np.ndarray | None = None, **beside: np.ndarray) -> bytes:
    """An ``.npz`` file of samples."""
    file = BytesIO()
    np.savez(file, inputs=inputs, **beside, **({} if labels is None else {"labels": labels}))
    return file.getvalue()
