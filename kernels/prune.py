"""Prune: set the weights that matter least to zero.

Zeros leave the shape of a layer alone and pay only in an encoding that skips them. What makes the matrices smaller is
`kernels.structured`.
"""

from kernels.encoding import EMPTY, pruned, require_finite
from kernels.masks import magnitude_masks
from kernels.technique import Parameter, Technique

EMPTIED = "Every weight of it is pruned: its output no longer depends on its input."


def prune(weights, params, setting):
    """Weights with zeros. Contract: `Technique.apply`."""
    require_finite(weights)
    results = [EMPTY] * len(weights)
    for indices, chosen in _together(weights, params):
        masks = magnitude_masks([weights[i].values for i in indices], chosen["sparsity"])
        for i, mask in zip(indices, masks, strict=True):
            results[i] = pruned(weights[i], mask, *(() if mask.any() else (EMPTIED,)))
    return results


def _together(weights, params):
    """The weights that are compared with each other, as indices, and their parameters."""
    groups = {}
    for i, (weight, chosen) in enumerate(zip(weights, params, strict=True)):
        if weight.values.size:
            alone = i if chosen["scope"] == "layer" else None
            groups.setdefault((alone, *chosen.values()), ([], chosen))[0].append(i)
    return groups.values()


TECHNIQUE = Technique(
    id="prune",
    label="Prune",
    summary="Set the weights that matter least to zero.",
    parameters=(
        Parameter(
            "sparsity", "float", 0.5, low=0.0, high=0.99, step=0.01, label="sparsity", unit="%", primary=True,
            help="The fraction of weights set to zero.",
        ),
        Parameter(
            "scope", "choice", "global", choices=("global", "layer"), labels=("global", "layer by layer"),
            label="scope", help="Compare weights across all layers, or take the same fraction from each.",
        ),
    ),
    apply=prune,
    source="Han et al., NeurIPS 2015, arXiv 1506.02626",
)  # fmt: skip
