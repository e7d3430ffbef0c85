"""What it costs to keep layers from a recipe by hand: the same recipe without that, measured from its own file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.results.result import Result
from app.state.compression import Compression
from app.state.edits import with_step


@dataclass(frozen=True)
class Protected:
    """A file in which some layers are spared, beside the one in which none is.

    layers : those that are spared
    score, size_bytes : of the file in which none is
    pruned, pruned_without : share of zeros in all other layers, in this file and in that one, 0 to 1
    shared : whether one share of zeros is for all layers together
    """

    layers: tuple[str, ...]
    score: float
    size_bytes: int
    pruned: float
    pruned_without: float
    shared: bool

    @property
    def harder(self) -> bool:
        """Whether the others are pruned harder for it, as they are where one share is for all layers together."""
        return self.shared and self.pruned > self.pruned_without + 0.001

    @classmethod
    def of(cls, result: Result, without: Result) -> Protected:
        """A Result beside that of `unprotected`."""
        layers = spared(result.state)
        pruned = [
            sum(each.sparsity * each.before.size for each in those) / max(sum(each.before.size for each in those), 1)
            for those in ([each for each in one.layers if each.name not in layers] for one in (result, without))
        ]
        measured = without.compressed
        return cls(layers, measured.score, measured.size_bytes, *pruned, _prunes_together(result.state))


def spared(chosen: Compression) -> tuple[str, ...]:
    """Layers kept in float, or from one technique."""
    left_out = (name for name, _, params in chosen.overrides if params is None)
    return tuple(sorted({*chosen.skipped, *left_out}))


def unprotected(chosen: Compression) -> Compression | None:
    """The same for all layers; None where none is spared."""
    if not chosen.recipe or not spared(chosen):
        return None
    own = tuple(entry for entry in chosen.overrides if entry[2] is not None)
    return replace(Compression.of(chosen), skipped=(), overrides=own)


def layer_by_layer(chosen: Compression) -> dict:
    """The change of State in which each layer is pruned by its own share."""
    return {"recipe": [step.to_json() for step in with_step(chosen.recipe, "prune", scope="layer")]}


def _prunes_together(chosen: Compression) -> bool:
    """Whether one share is for the weights of all layers together."""
    params = next((dict(step.params) for step in chosen.recipe if step.technique == "prune"), {})
    return params.get("pattern") == "unstructured" and params.get("scope") == "global"
