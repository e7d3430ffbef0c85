"""What a technique says while it works: it asks what a layer reads, and tells how far it has come.

It asks for large products of matrices, too: in the page onnxruntime-web multiplies five times as fast as NumPy, which
has no BLAS there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kernels.weight import Weight


@dataclass(frozen=True, eq=False)
class Inputs:
    """Asks what a layer reads while the network works through its calibration samples, which have no labels.

    Answered with float32 of shape (groups, n, C_in / groups * prod(K)): row i is what one output position sees, so the
    layer computes ``answer[g] @ values[g].T + bias``. With `whole` the answer is the tensor itself, samples first;
    with `behind` it is the tensor that the layer puts out.

    name : of the layer
    weights : the network's weights at that moment, by name; those not named are the original ones
    """

    name: str
    weights: Mapping[str, Weight] = field(default_factory=dict)
    whole: bool = False
    behind: bool = False


@dataclass(frozen=True, eq=False)
class Moments:
    """Asks for the second moments of what a layer reads: the `kernels.calibrated.hessian.gram` of its inputs.

    Answered with float64 of shape (groups, P, P).

    name, weights : as for `Inputs`
    centred : about the means of the inputs
    """

    name: str
    weights: Mapping[str, Weight] = field(default_factory=dict)
    centred: bool = False


@dataclass(frozen=True, eq=False)
class Product:
    """Asks for ``left @ right``, a large product; answered with float32 of shape (groups, n, m).

    left, right : float32, shapes (groups, n, k) and (groups, k, m); either may be a view with its last axes swapped
    """

    left: np.ndarray
    right: np.ndarray


@dataclass(frozen=True, eq=False)
class Apart:
    """Asks how far the answers of the network on its calibration samples are from those of the original one.

    Answered with a float, 0 or more, in a measure that suits its task.

    weights : as for `Inputs`
    """

    weights: Mapping[str, Weight]


@dataclass(frozen=True)
class Progress:
    """Says how far a long piece of work has come: `share` from 0 to 1, and what it is at. Answered with nothing."""

    share: float
    words: str = ""
