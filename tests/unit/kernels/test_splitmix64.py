"""SplitMix64 against its definition, one number at a time in Python's whole numbers."""

import numpy as np

from kernels.splitmix64 import splitmix64


def by_definition(counter):
    state = (counter + 1) * 0x9E3779B97F4A7C15 % 2**64
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ state >> 27) * 0x94D049BB133111EB % 2**64
    return state ^ state >> 31


def test_numbers_follow_the_definition_up_to_the_last_counter():
    counters = [0, 1, 2, 99, 2**32, 2**63, 2**64 - 2, 2**64 - 1]
    assert splitmix64(np.array(counters, np.uint64)).tolist() == [by_definition(counter) for counter in counters]


def test_the_shape_is_kept():
    assert splitmix64(np.zeros((2, 3), np.uint64)).shape == (2, 3) and splitmix64(np.zeros(0, np.uint64)).size == 0
