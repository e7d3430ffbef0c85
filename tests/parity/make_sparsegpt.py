"""Writes sparsegpt.npz: what llm-compressor 0.14 leaves of a layer. Run where it is installed, after make_repair.py.

The weight and its second moments are those of repair.npz. Each entry is a weight, 0 where removed; its name says how.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from llmcompressor.modifiers.pruning.sparsegpt.sgpt_sparsify import sparsify_weight

HERE = Path(__file__).parent
RECIPES = {
    "sparsity=0.5": {"sparsity": 0.5, "prune_n": 0, "prune_m": 0, "block_size": 128},
    "sparsity=0.8": {"sparsity": 0.8, "prune_n": 0, "prune_m": 0, "block_size": 128},
    "sparsity=0.8,block=32": {"sparsity": 0.8, "prune_n": 0, "prune_m": 0, "block_size": 32},
    "n_m=2:4": {"sparsity": 0.5, "prune_n": 2, "prune_m": 4, "block_size": 128},  # here n counts the zeros
    "n_m=1:4": {"sparsity": 0.75, "prune_n": 3, "prune_m": 4, "block_size": 128},
}


def main():
    stored = np.load(HERE / "repair.npz")
    weight = np.load(HERE / "reference.npz")["weight1"][:, stored["columns"]]
    moments = np.zeros((weight.shape[1], weight.shape[1]), dtype=np.float32)
    moments[np.triu_indices(len(moments))] = stored["moments"]
    moments += np.triu(moments, 1).T
    results = {}
    for name, recipe in RECIPES.items():
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data = torch.from_numpy(weight.copy())
        hessians = {layer: torch.from_numpy(moments.copy())}
        with torch.no_grad():
            _, values = sparsify_weight(layer, hessians, dampening_frac=0.01, preserve_sparsity_mask=False, **recipe)
        results[name] = values.numpy()
    np.savez_compressed(HERE / "sparsegpt.npz", version=version("llmcompressor"), **results)


if __name__ == "__main__":
    main()
