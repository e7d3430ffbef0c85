"""The bound on the size of codes, worked out by hand."""

import numpy as np

from kernels.storage.entropy import bound
from kernels.weight import Palette, Weight


def test_entropy_of_codes():
    lut, indices = np.float32([[0, 1, 2, 3]]), np.uint8([[0, 1, 2, 3], [3, 2, 1, 0]])
    even = Weight("fc", lut[0][indices], Palette(indices, lut, bits=2, group_size=2))
    assert bound(even) == 2  # eight indices of two bits
