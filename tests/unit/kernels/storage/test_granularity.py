"""Block shapes, and ranges over blocks that do not divide their axis."""

import numpy as np
import pytest

from kernels.storage.granularity import block_shape_of, n_blocks, reduce_blocks, spread_blocks

CONV = np.arange(7 * 5 * 3 * 2, dtype=np.float32).reshape(7, 5, 3, 2)  # unequal sizes show a swapped axis


@pytest.mark.parametrize(
    ("granularity", "block_shape", "blocks"),
    [
        ("per_tensor", (7, 5, 3, 2), (1, 1, 1, 1)),
        ("per_channel", (1, 5, 3, 2), (7, 1, 1, 1)),
        ("per_block", (1, 2, 1, 1), (7, 3, 3, 2)),
    ],
)
def test_block_shapes_of_a_convolution(granularity, block_shape, blocks):
    assert block_shape_of(granularity, CONV.shape, 2) == block_shape
    assert n_blocks(CONV.shape, block_shape) == blocks
    assert reduce_blocks(np.maximum, CONV, block_shape).shape == blocks


def test_unknown_granularity_says_what_there_is():
    with pytest.raises(ValueError, match="'per_row'; choose per_tensor, per_channel, per_block"):
        block_shape_of("per_row", (2, 2))


@pytest.mark.parametrize("block_shape", [(7, 5, 3, 2), (1, 5, 3, 2), (1, 2, 1, 1), (3, 4, 3, 1), (1, 1, 1, 1)])
def test_blocks_are_reduced_and_spread_as_written_out(block_shape):
    largest = spread_blocks(reduce_blocks(np.maximum, CONV, block_shape), block_shape, CONV.shape)
    largest = np.broadcast_to(largest, CONV.shape)
    for index in np.ndindex(CONV.shape):
        block = tuple(slice(i // b * b, i // b * b + b) for i, b in zip(index, block_shape, strict=True))
        assert largest[index] == CONV[block].max()
