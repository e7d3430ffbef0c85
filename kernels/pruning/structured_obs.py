"""Which channels to remove: those whose readers lose least.

The optimal brain surgeon for whole channels. Taking a channel away removes a group of columns from every layer that
reads it; the columns left adapt, and what cannot be made up for is the price. Channels go one by one, since two that
say the same are each cheap, but not both. Afterwards the readers are fitted anew to what they read now.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from kernels.calibrated.hessian import output_error


def structured_obs(
    readers: Sequence[tuple[np.ndarray, np.ndarray]], n_channels: int, count: int, runs: int = 1
) -> Generator[float, None, np.ndarray]:
    """Channels in the order in which they are best removed; a generator.

    Parameters
    ----------
    readers : list of (W, H), one for each layer that reads these channels, none of them split into groups.
        W : ndarray of float32, shape (rows, P), P a multiple of `n_channels`: each channel is P / n_channels
        neighbouring columns. H : ndarray of float64, shape (P, P), positive definite: `hessian.damped` second
        moments of what the layer reads, about their means if its bias may adapt too
    n_channels : int
    count : int, 0 to `n_channels`: how many to remove
    runs : int: the channels stand in so many runs of equal length, such as attention heads, that all lose as many

    Yields
    ------
    float, 0 to 1: the share of the work that is done; close the generator to give up

    Returns
    -------
    ndarray of int, shape (count,)

    Raises
    ------
    ValueError
        If `count` is not 0 to `n_channels`, runs do not come out equal, or columns are no multiple of the channels; at
        the first step, as from any generator.
    numpy.linalg.LinAlgError
        If an H is singular.

    Notes
    -----
    With ``G = H^-1`` and the columns c of a channel the loss is ``trace(W_c (G_cc)^-1 W_c')``, as a share of the mean
    square of the layer's answers, summed over the readers; then ``W -= W_c (G_cc)^-1 G_c:`` and
    ``G -= G_:c (G_cc)^-1 G_c:``. Source: Kurtic et al., EMNLP 2022 (arXiv 2203.07259), equations 4 and 5, with
    channels as groups.

    Examples
    --------
    The first two channels always carry the same, so one of them goes first, though its weight is the largest:

    >>> from kernels.calibrated.hessian import damped
    >>> H = damped(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    >>> search = structured_obs([(np.array([[3.0, 2.0, 0.5]]), H)], 3, 2)
    >>> try:
    ...     while True:
    ...         share = next(search)
    ... except StopIteration as end:
    ...     print(end.value.tolist())
    [1, 2]
    """
    if not 0 <= count <= n_channels:
        raise ValueError(f"cannot remove {count} of {n_channels} channels")
    if n_channels % runs or count % runs:
        raise ValueError(f"{runs} runs cannot share {n_channels} channels and lose {count}, all as many")
    states = [_Reader(W, H, n_channels) for W, H in readers]
    gone = np.zeros(n_channels, dtype=bool)
    removed = []
    for step in range(count):
        enough = np.count_nonzero(gone.reshape(runs, -1), axis=1) == count // runs
        settled = gone | enough.repeat(n_channels // runs)
        losses = np.where(settled, np.inf, sum(state.losses(gone) for state in states))
        removed.append(int(losses.argmin()))
        gone[removed[-1]] = True
        for state in states:
            state.remove(removed[-1])
        yield (step + 1) / count
    return np.array(removed, dtype=np.int64)


class _Reader:
    """A layer as it stands while channels go: its weights and the inverse second moments, both adapted each time."""

    def __init__(self, W: np.ndarray, H: np.ndarray, n_channels: int) -> None:
        if W.shape[1] % n_channels:
            raise ValueError(f"{W.shape[1]} columns are no multiple of {n_channels} channels")
        self.energy = float(output_error(W, 0, H).sum()) or 1.0
        self.W, self.G = W.astype(np.float64), np.linalg.inv(H)
        self.columns = np.arange(W.shape[1]).reshape(n_channels, -1)

    def losses(self, gone: np.ndarray) -> np.ndarray:
        """What each channel's removal would cost now: float64, shape (channels,); 0 for those gone."""
        blocks = self.G[self.columns[:, :, None], self.columns[:, None, :]]
        blocks[gone] = np.eye(blocks.shape[1])
        weights = self.W[:, self.columns].transpose(1, 2, 0)  # (channels, columns, rows)
        return (weights * np.linalg.solve(blocks, weights)).sum(axis=(1, 2)) / self.energy

    def remove(self, channel: int) -> None:
        c = self.columns[channel]
        taken = np.linalg.solve(self.G[np.ix_(c, c)], self.G[c])  # (columns of the channel, P)
        self.W -= self.W[:, c] @ taken
        self.G -= self.G[:, c] @ taken
        self.W[:, c] = 0  # exactly, for later sums
