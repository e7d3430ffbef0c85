"""Writes masks.npz: which weights coremltools 9.0 keeps, N:M and in blocks. Run where coremltools is installed.

The weights are those of coremltools.npz. Each entry is named ``layer|rule`` and holds a mask, True = kept. There the n
of ``n_m_ratio`` counts zeros; our names count what is kept.
"""

from itertools import product
from pathlib import Path

import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np

from tests.parity.make_coremltools import model_of, weights_of

HERE = Path(__file__).parent


def main():
    stored = np.load(HERE / "coremltools.npz")
    originals = {name: stored[name] for name in ("fc", "conv")}
    results = {}

    def record(rule, **options):
        config = cto.OpMagnitudePrunerConfig(weight_threshold=0, **options)
        pruned = weights_of(cto.prune_weights(model_of(originals), cto.OptimizationConfig(config)))
        results.update({f"{layer}|{rule}": pruned[layer] != 0 for layer in originals})

    for keep, group in ((2, 4), (1, 4), (3, 4), (1, 2)):
        record(f"n_m={keep}:{group}", n_m_ratio=(group - keep, group), dim=1)
    for axis, block, sparsity in product((0, 1), (2, 3, 4), (0.5, 0.75)):
        if block <= min(weight.shape[axis] for weight in originals.values()) // 2:  # else it leaves the layer as it is
            record(
                f"block={block},axis={axis},sparsity={sparsity}", block_size=block, dim=axis, target_sparsity=sparsity
            )
    np.savez_compressed(HERE / "masks.npz", version=ct.__version__, **results)


if __name__ == "__main__":
    main()
