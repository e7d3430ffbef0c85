"""Gradual pruning: a little at a time, with least squares in between.

After a few weights have gone the others take over, and some that were small become large. Asking again which are the
smallest finds a better mask than asking once:

    for sparsity in gradual(0.9, steps=8):
        masks = magnitude_masks(fitted, sparsity)
        fitted = [refit(W, mask, H, B) for ...]  # layer after layer, always from the original weights W

Each layer's H and B are those of the network as it stands, so a layer also makes up for the layers before it. Where the
network is trained, epochs take the place of least squares: that is how `models/digits_cnn/efforts` prunes.
"""

from __future__ import annotations


def gradual(sparsity: float, steps: int = 8) -> list[float]:
    """The sparsities on the way to the final one: large steps while there is much to spare, small ones at the end.

    Parameters
    ----------
    sparsity : float, 0 to 1, the final one
    steps : int, at least 1

    Returns
    -------
    list of float, length `steps`: ``sparsity * (1 - (1 - k / steps)^3)`` for k = 1, 2, ...

    Source: Zhu and Gupta, arXiv 1710.01878, equation 1; pruning and fitting in turns is Han et al., NeurIPS 2015
    (arXiv 1506.02626).

    Examples
    --------
    >>> gradual(0.5, steps=2)
    [0.4375, 0.5]
    """
    return [sparsity * (1 - (1 - step / steps) ** 3) for step in range(1, steps + 1)]
