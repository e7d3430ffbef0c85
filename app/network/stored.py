"""How layers stand in a written file, as facts; apart from `network`, so that they can be had without onnx."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredWeight:
    """How one weight stands in a written file.

    label : the name of its encoding, such as "int4 per-channel" or "mask + palette 3 bit"
    zeros_are_stored : whether its zeros are written like all other weights, because to say where they are takes more
    floats_because : why it multiplies floats although it was meant to multiply integers; "" if it does not
    integers : whether it is multiplied as 8-bit integers
    note : a sentence about another choice that may surprise, or ""
    """

    label: str
    zeros_are_stored: bool = False
    floats_because: str = ""
    note: str = ""
    integers: bool = False


@dataclass(frozen=True)
class StoredLayer:
    """How one layer stands in a written file.

    weights : its weight, or the two that it is stored as if it is factorized
    cost : bytes by what they are spent on: those of `protobuf.PARTS`, "bias" and "graph" (nodes, names, shapes)
    original_bytes : what the layer took in the file that was read
    """

    weights: tuple[StoredWeight, ...]
    cost: dict[str, int]
    original_bytes: int

    @property
    def size_bytes(self) -> int:
        """Of its weight with everything needed to decode it, its bias and its operator."""
        return sum(self.cost.values())

    @property
    def label(self) -> str:
        """See `label_of`."""
        return label_of(self.weights)


def label_of(weights: tuple[StoredWeight, ...]) -> str:
    """What a layer is stored as, such as "int4 per-channel"; "float32 x float32" if it is factorized."""
    return " x ".join(weight.label for weight in weights)
