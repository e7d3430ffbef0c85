"""Bytes are what ONNX expects, and unpacking gives the codes back."""

import numpy as np
import onnx.helper
import onnx.numpy_helper
import pytest

from kernels.storage.packing import pack, packed_size, unpack


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 31])
@pytest.mark.parametrize("signed", [False, True])
def test_round_trip(bits, count, signed):
    low = -(2 ** (bits - 1)) if signed else 0
    codes = np.random.default_rng(count).integers(low, low + 2**bits, size=count)
    packed = pack(codes, bits)
    assert packed.dtype == np.uint8 and packed.shape == (packed_size(count, bits),)
    assert (unpack(packed, bits, count, signed=signed) == codes).all()


@pytest.mark.parametrize(("bits", "kind"), [(4, onnx.TensorProto.INT4), (4, onnx.TensorProto.UINT4)])
def test_nibbles_are_those_of_onnx(bits, kind):
    codes = np.array([1, 7, 3, 0, 5]) - (4 if kind == onnx.TensorProto.INT4 else 0)
    tensor = onnx.helper.make_tensor("t", kind, codes.shape, pack(codes, bits).tobytes(), raw=True)
    assert (onnx.numpy_helper.to_array(tensor).astype(int) == codes).all()


def test_planes_of_three_bits():
    assert pack(np.array([0b001, 0b010, 0b100, 0b111]), 3).tolist() == [0b1001, 0b1010, 0b1100]


def test_a_mask_is_one_bit():
    assert pack(np.array([[True, False, False], [False, True, True]]), 1).tolist() == [0b110001]


def test_refuses_codes_that_do_not_fit():
    with pytest.raises(ValueError, match="codes run from 0 to 8; 3 bits hold -4 to 7"):
        pack(np.array([0, 8]), 3)
    with pytest.raises(ValueError, match="9 codes of 4 bits take 5 bytes, not 4"):
        unpack(np.zeros(4, dtype=np.uint8), 4, 9)
