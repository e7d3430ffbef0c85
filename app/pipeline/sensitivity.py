"""The sensitivity of layers: each is compressed alone, measured behind the person's back, and remembered.

Techniques that make no file smaller by themselves are left out: alone they would say nothing. All begin with the
model's own weights, for those of another training belong to a whole recipe.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from app.pipeline.cache import Shelf
from app.pipeline.curves import Ask
from app.results.sensitivity import Sensitivity, Trial
from app.state.choices import Step
from app.state.compression import Compression
from app.state.edits import with_own
from app.state.efforts import POST_TRAINING
from kernels import TECHNIQUES
from models import model as models
from models.metrics import METRICS

KEPT = 4000  # trials; each is a few numbers
NOTHING = {"structured": {"sparsity": 0.0}}
"""What a technique does in the other layers, where it must not be left out: a channel goes from those that make it and
those that read it at once, so these take part and lose none of their own."""


def trials(chosen: Compression, layers: Sequence[str]) -> list[tuple[str, Step, Compression]]:
    """Each layer alone under each step of a recipe that makes files smaller, at the strength it has in that layer.

    A layer that is kept in float, or leaves a technique out, is tried as all others are.

    Parameters
    ----------
    layers : names of all layers, in the order of the network
    """
    found = []
    for step in chosen.recipe:
        if "smaller" not in TECHNIQUES[step.technique].wins:
            continue
        for layer in layers:
            own = chosen.params(step, layer)
            alone = step if own is None else Step.of(step.technique, **own)
            bare = Compression(chosen.model, (alone,), effort=POST_TRAINING, seed=chosen.seed)
            others = dict.fromkeys((name for name in layers if name != layer), NOTHING.get(step.technique))
            found.append((layer, alone, replace(with_own(bare, step.technique, others), threshold=chosen.threshold)))
    return found


class Sensitivities:
    """The trials that were measured, by what was compressed; the same layer at the same strength is the same trial."""

    def __init__(self):
        self._known, self._failed = Shelf(KEPT), Shelf(KEPT)

    def known(self, chosen: Compression, layers: Sequence[str]) -> Sensitivity:
        """What is known of the layers under a recipe."""
        wanted = [compression for _, _, compression in trials(chosen, layers)]
        found = tuple(self._known.get(each) for each in wanted if each in self._known)
        failed = sum(each in self._failed for each in wanted)
        return Sensitivity(found, len(wanted), len(found) + failed == len(wanted))

    async def measure(self, chosen: Compression, layers: Sequence[str], ask: Ask) -> AsyncIterator[Trial]:
        """Measure what is not known yet, layer by layer; what cannot be computed is left out.

        Raises
        ------
        Superseded
            If it is given up.
        """
        metric = METRICS[models.info(chosen.model).metric]
        for layer, step, compression in trials(chosen, layers):
            if compression in self._known or compression in self._failed:
                continue
            try:
                result = await ask(compression)
            except ValueError:
                self._failed.put(compression, True)
                continue
            yield self._known.put(compression, Trial.of(layer, step, result, metric))
