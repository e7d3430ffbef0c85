"""Palettize: let many weights share a few values, kept in a look-up table (weight clustering, k-means)."""

from kernels import lookup
from kernels.encoding import EMPTY, encoded, require_finite
from kernels.technique import Parameter, Technique


def palettize(weights, params, setting):
    """Every weight as indices into a table of cluster means. Contract: `Technique.apply`.

    What is clustered are the values as the step before left them, so after quantize those on its grid. Pruned weights
    keep an entry of their own, exactly zero.
    """
    require_finite(weights)
    return [_palettize_one(*pair) if pair[0].values.size else EMPTY for pair in zip(weights, params, strict=True)]


def _palettize_one(weight, params):
    channels = len(weight.values)
    group_size = channels if params["granularity"] == "per_tensor" else min(params["group_size"], channels)
    form = lookup.encode(weight.values, bits=params["bits"], group_size=group_size, mask=weight.mask)
    return encoded(weight, form)


TECHNIQUE = Technique(
    id="palettize",
    label="Palettize",
    summary="Let many weights share a few values and store which value each one takes.",
    parameters=(
        Parameter(
            "bits", "int", 4, low=1, high=8, step=1, label="bits", unit="bit", primary=True,
            help="A weight becomes an index of this many bits; the table holds up to 2**bits values.",
        ),
        Parameter(
            "granularity", "choice", "per_tensor", choices=("per_tensor", "per_grouped_channel"),
            labels=("per tensor", "per grouped channel"), label="granularity",
            help="One table for the whole layer, or one for every few output channels.",
        ),
        Parameter(
            "group_size", "choice", 16, choices=(4, 8, 16, 32), labels=("4", "8", "16", "32"), label="group size",
            only_when=("granularity", ("per_grouped_channel",)), help="Output channels that share one table.",
        ),
    ),
    apply=palettize,
    source="Han et al., ICLR 2016, section 3, arXiv 1510.00149",
)  # fmt: skip
