"""Prune: set the smallest weights to zero, or take whole channels and neurons out.

Zeros leave the shape of a layer alone and pay only in an encoding that skips them. Structured pruning makes the
matrices smaller: a channel goes from the layer that produces it and from every layer that reads it.
"""

from dataclasses import replace

import numpy as np

from kernels.encoding import EMPTY, pruned, require_finite
from kernels.masks import channel_norms, magnitude_masks, n_removed, smallest
from kernels.technique import Float, Parameter, Skipped, Technique


def prune(weights, params, *, couplings, seed):
    """Weights with zeros, or with fewer channels. Contract: `Technique.apply`."""
    require_finite(weights)
    filled = [weight for weight in weights if weight.values.size]
    if params["method"] == "structured":
        results = _remove_channels(filled, params["sparsity"], couplings)
    else:
        results = _remove_weights(filled, params["sparsity"], together=params["scope"] == "global")
    remaining = iter(results)
    return [next(remaining) if weight.values.size else EMPTY for weight in weights]


def _remove_weights(weights, sparsity, together):
    """Zeros for the smallest magnitudes, of all layers together or of each on its own."""
    values = [weight.values for weight in weights]
    if together:
        masks = magnitude_masks(values, sparsity) if values else []
    else:
        masks = [mask for array in values for mask in magnitude_masks([array], sparsity)]
    emptied = "Every weight of it is pruned: its output no longer depends on its input."
    return [
        pruned(weight, mask, *(() if mask.any() else (emptied,))) for weight, mask in zip(weights, masks, strict=True)
    ]


def _remove_channels(weights, sparsity, couplings):
    """Smaller weights: of every coupling the channels with the smallest norms go. Scores are those of the input."""
    named = {weight.name: weight for weight in weights}
    rows, columns, fixed = {}, {}, {}
    for coupling in couplings:
        names = [*coupling.producers, *(name for name, _ in coupling.consumers)]
        stuck = [name for name in names if name not in named or not isinstance(named[name].form, Float)]
        if stuck:
            listed = ", ".join(stuck)
            for name in names:
                fixed[name] = f"Channels it shares with {listed} stay: {listed} cannot become smaller in this step."
            continue
        scores = _channel_scores(named, coupling)
        kept = np.flatnonzero(smallest(scores, n_removed(len(scores), sparsity)))
        rows |= dict.fromkeys(coupling.producers, kept)
        for name, spread in coupling.consumers:
            columns[name] = (kept[:, None] * spread + np.arange(spread)).reshape(-1)
    return [
        _smaller(weight, rows.get(weight.name), columns.get(weight.name), fixed.get(weight.name)) for weight in weights
    ]


def _channel_scores(named, coupling):
    """Norm of what makes each channel times norm of what reads it: float64, shape (channels,)."""
    made = [channel_norms(named[name].values, 0) for name in coupling.producers]
    read = [channel_norms(named[name].values, 1, spread) for name, spread in coupling.consumers]
    counts = {len(norms) for norms in made + read}
    if len(counts) != 1:
        raise ValueError(f"{', '.join(coupling.producers)} and their readers differ in channels: {sorted(counts)}")
    return np.sqrt(np.sum(np.square(made), axis=0)) * np.sqrt(np.sum(np.square(read), axis=0))


def _smaller(weight, rows, columns, fixed):
    """The weight with only these rows and columns, None = all; `fixed` says why some of them could not go."""
    if not isinstance(weight.form, Float):
        return Skipped("its channels are encoded already; put structured pruning before palettize and quantize")
    if rows is None and columns is None:
        return Skipped(fixed or "no channel of it can go: no other layer makes its inputs or reads its outputs")
    notes = weight.notes + ((fixed,) if fixed else ())
    values, mask, (n_out, n_in) = weight.values, weight.mask, weight.values.shape[:2]
    kept_out, kept_in = weight.kept_out, weight.kept_in
    if rows is not None and len(rows) < n_out:
        values, mask = values[rows], mask if mask is None else mask[rows]
        kept_out = rows if kept_out is None else kept_out[rows]
    if columns is not None and len(columns) < n_in:
        values, mask = values[:, columns], mask if mask is None else mask[:, columns]
        kept_in = columns if kept_in is None else kept_in[columns]
    return replace(weight, values=values, mask=mask, kept_out=kept_out, kept_in=kept_in, notes=notes)


TECHNIQUE = Technique(
    id="prune",
    label="Prune",
    summary="Take away the weights, or the channels, that matter least.",
    parameters=(
        Parameter(
            "sparsity", "float", 0.5, low=0.0, high=0.99, step=0.01, label="sparsity", unit="%", primary=True,
            help="The fraction of weights set to zero, or of channels removed.",
        ),
        Parameter(
            "method", "choice", "magnitude", choices=("magnitude", "structured"), label="method",
            labels=("magnitude (zeros)", "structured (channels and neurons)"),
            help="Set single weights to zero, or really remove channels and neurons so that the layers become smaller.",
        ),
        Parameter(
            "scope", "choice", "global", choices=("global", "layer"), labels=("global", "layer by layer"),
            label="scope", only_when=("method", ("magnitude",)),
            help="Compare weights across all layers, or take the same fraction from each.",
        ),
    ),
    apply=prune,
    source="Han et al., NeurIPS 2015, arXiv 1506.02626; Li et al., ICLR 2017, arXiv 1608.08710",
)  # fmt: skip
