"""Writes repair.npz: GPTQ of llm-compressor 0.14 and HQQ of hqq 0.2.8. Run where both are installed (CPU is enough).

The weight is 96 columns of the second layer of reference.npz (see test_reference_table.py), given in `columns`: those
of hidden units that are ever on, for the weights of others llm-compressor sets to zero and we do not. `moments` are the
second moments of what they read for the training images (the upper triangle). Each other entry is named for its
setting: for GPTQ the codes that came of our min-max grid; for HQQ the float zero points, one per block, and the mean
squared error of the weight.
"""

from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
import torch
from compressed_tensors.quantization import QuantizationArgs
from hqq.core.quantize import Quantizer
from llmcompressor.modifiers.gptq.gptq_quantize import quantize_weight
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from kernels.storage import affine
from kernels.storage.granularity import block_shape_of

HERE = Path(__file__).parent
REFERENCE = np.load(HERE / "reference.npz")
ORDERS = {"natural": None, "activation": "static"}


def hidden_units():
    """What the second layer reads for the training images: float64, shape (1437, 128)."""
    inputs, labels = load_digits(return_X_y=True)
    images, _ = train_test_split(inputs / 16, test_size=0.2, random_state=0, stratify=labels)
    return np.maximum(images @ REFERENCE["weight0"].T.astype(np.float64) + REFERENCE["bias0"], 0)


HIDDEN = hidden_units()
COLUMNS = np.flatnonzero(HIDDEN.any(axis=0))[:96]
WEIGHT = np.ascontiguousarray(REFERENCE["weight1"][:, COLUMNS])
MOMENTS = (HIDDEN[:, COLUMNS].T @ HIDDEN[:, COLUMNS] / len(HIDDEN)).astype(np.float32)


def gptq_codes(bits, granularity, order):
    """Codes as int8, on our asymmetric grid."""
    block_shape = block_shape_of(granularity, WEIGHT.shape, 32)
    scale, zero_point = affine.choose_qparams(WEIGHT, bits=bits, symmetric=False, block_shape=block_shape)
    shift = 2 ** (bits - 1)  # its codes are signed even where there is a zero point
    args = QuantizationArgs(
        num_bits=bits,
        symmetric=False,
        strategy="group" if granularity == "per_block" else "channel",
        group_size=32 if granularity == "per_block" else None,
        actorder=ORDERS[order],
    )
    scales, zeros = torch.from_numpy(scale), torch.from_numpy(zero_point - np.int16(shift))
    weight, moments = torch.from_numpy(WEIGHT.copy()), torch.from_numpy(MOMENTS.copy())
    values, _, fell_back = quantize_weight(weight[None], moments[None], scales[None], zeros[None], None, args)
    assert not fell_back.any()
    spread = np.repeat(scale, WEIGHT.shape[1] // scale.shape[1], axis=1)
    start = np.repeat(zero_point, WEIGHT.shape[1] // scale.shape[1], axis=1)
    return np.rint(values[0].numpy() / spread + start).astype(np.int8)


def outputs():
    """What they give, by the name of its setting."""
    results = {"columns": COLUMNS, "moments": MOMENTS[np.triu_indices(len(MOMENTS))]}
    for bits, granularity, order in product((2, 3, 4), ("per_channel", "per_block"), ORDERS):
        results[f"gptq:bits={bits},granularity={granularity},order={order}"] = gptq_codes(bits, granularity, order)
    for bits, size, times in product((2, 3, 4), (32, 96), (1, 10)):
        # among weights as small as these nothing is an outlier, and every norm gives the same
        weight = np.float32(times) * WEIGHT
        codes, meta = Quantizer.quantize(
            torch.from_numpy(weight), nbits=bits, group_size=size, axis=1, bitpack=False, device="cpu"
        )
        values = (codes - meta["zero"]) * meta["scale"]
        name = f"hqq:bits={bits},block_size={size},times={times}"
        results[f"{name}:zero_point"] = meta["zero"].numpy().reshape(len(WEIGHT), -1)
        results[f"{name}:mse"] = np.square(values.numpy().reshape(WEIGHT.shape) - weight, dtype=np.float64).mean()
    return results


def main():
    versions = [f"{name} {version(name)}" for name in ("llmcompressor", "hqq")]
    np.savez_compressed(HERE / "repair.npz", versions=versions, **outputs())


if __name__ == "__main__":
    main()
