"""Trains the small digits CNN for four recipes at two efforts; rewrites ``weights.npz`` beside this file.

Run ``python -m models.digits_cnn.efforts.train`` in the project folder; it takes about a minute. The same machine and
library versions give the same file again, as long as the kernels, which are called at every step, do.

fine_tuned: the trained network is compressed, then trained on for a few epochs with its structure kept.
compression_aware: a new network is trained as long as the original was, compressed at every step from the first on.
Pruning then grows as Zhu and Gupta let it grow; see `kernels.pruning.gradual`.

A checkpoint holds the weights as the compressed network computes with them, on their grid, with their zeros or with
the few values of their table: its recipe, applied to them, finds them as they should be and changes nothing.
"""

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from kernels.pruning.gradual import gradual
from models import digits
from models.digits_cnn.efforts.structure import Compressed, as_compressed, fixed, weights_of
from models.digits_cnn.train import FOLDER, build
from models.fit import fit
from models.model import EFFORTS

TARGETS = (("quantize", 4), ("quantize", 2), ("prune", 0.9), ("palettize", 2))
"Technique and strength; all other options as they come."


def trained():
    """The network of model.onnx."""
    network = build()
    initializers = onnx.load(FOLDER / "model.onnx").graph.initializer
    network.load_state_dict({t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in initializers})
    return network


def fine_tuned(technique, strength, inputs, labels):
    network = trained()
    compressed = Compressed(network, fixed(technique, strength, weights_of(network)))
    fit(compressed, inputs, labels, epochs=5, lr=5e-4, augment=digits.disturb)
    return compressed.arrays()


def compression_aware(technique, strength, inputs, labels):
    network = build()
    stages = gradual(strength, steps=8) if technique == "prune" else [strength]
    for stage in stages:
        compressed = Compressed(network, as_compressed(technique, stage))
        fit(compressed, inputs, labels, epochs=100 // len(stages), augment=digits.disturb)
    return compressed.arrays()


def main():
    (inputs, labels), _ = digits.split_images()
    arrays = {}
    for effort in (fine_tuned, compression_aware):
        for technique, strength in TARGETS:
            torch.manual_seed(0)
            for name, values in effort(technique, strength, inputs, labels).items():
                arrays[f"{effort.__name__}/{technique}-{strength}/{name}"] = values
    np.savez_compressed(FOLDER / EFFORTS, **arrays)


if __name__ == "__main__":
    main()
