"""What was folded into a weight when its file was read. Apart from `opening.folding`, so that it needs no onnx."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Folded:
    """A batch normalization that has become part of an operator's weight.

    size_bytes : what it took in the file, without what has become the operator's bias
    before : the weight as it was read, float32, shape (C_out, ...)
    factor : what each of its output channels was multiplied by, float64, shape (C_out,)
    """

    size_bytes: int
    before: np.ndarray
    factor: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """The weight with the normalization in it, float32; the product is rounded once."""
        by_channel = self.factor.reshape(-1, *[1] * (self.before.ndim - 1))
        return (self.before.astype(np.float64) * by_channel).astype(np.float32)
