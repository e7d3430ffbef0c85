"""Why a compressed file takes longer than its baseline: what a person who sees it would ask next."""

from __future__ import annotations

from collections.abc import Iterable

from app.network.stored import StoredWeight

STATIC = (
    "It multiplies integers. To round what each layer reads takes time, and here products of integers save less than "
    "that. They save more in wide layers, and where a processor has instructions for products of bytes, which "
    "WebAssembly lacks."
)
DYNAMIC = (
    "It multiplies integers, and looks anew at every run for the range of what each layer reads; here products of "
    "integers save less than that. Static activations are faster."
)
HALVES = "A factorized layer is two operators, and to start each takes time: in small layers more than it saves."
FEWER = "Layers of fewer channels are not always faster: products run best over multiples of 4, 8 or 16 channels."
ALIKE = (
    "Weights are unpacked before the first run, so both files run the same operators: what was compressed is not what "
    "takes the time."
)


def more_go_on(old: float, new: float) -> str:
    """Of a dynamic network of which the larger part is run on more samples."""
    return f"{100 * new:.0f} % of the samples go on through the whole network, instead of {100 * old:.0f} %."


def because(layers: Iterable[tuple[StoredWeight, ...]], narrowed: bool, went_on: tuple[float, float] | None) -> str:
    """Why a file may be slower: the first cause that there is.

    Parameters
    ----------
    layers : how the weights of each layer stand in the file
    narrowed : whether some layer has fewer channels than it had
    went_on : the share of samples that go on in a dynamic network, before and after
    """
    if went_on and went_on[1] > went_on[0]:
        return more_go_on(*went_on)
    layers = list(layers)
    rounded = {weight.rounded for weights in layers for weight in weights}
    if "dynamic" in rounded:
        return DYNAMIC
    if "static" in rounded:
        return STATIC
    if any(len(weights) > 1 for weights in layers):
        return HALVES
    return FEWER if narrowed else ALIKE
