"""Writes seeds.npz: five networks as that of reference.npz, of seeds that nobody has tuned a method on, in float16."""

from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

from tests.parity.test_means_over_seeds import SEEDS, split


def main():
    stored = {}
    for seed in SEEDS:
        images, _, labels, _ = split(seed)
        network = MLPClassifier(
            (128, 64), alpha=1e-4, batch_size=64, learning_rate_init=1e-3, max_iter=60, random_state=seed
        ).fit(images, labels)
        for i, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
            stored[f"{seed}:weight{i}"] = weight.T.astype(np.float16)
            stored[f"{seed}:bias{i}"] = bias.astype(np.float16)
    np.savez_compressed(Path(__file__).with_name("seeds.npz"), **stored)


if __name__ == "__main__":
    main()
