"""How much training a compressed model is given: none, a little afterwards, or all of it under compression."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """One way to come by the weights that are compressed: its name, its cost, and a sentence for the learner."""

    name: str
    cost: str
    summary: str


EFFORTS = {
    "post_training": Effort("post-training", "$", "The trained model, compressed as it is."),
    "fine_tuned": Effort("fine-tuned", "$$", "Trained on a little, once compressed."),
    "compression_aware": Effort("compression-aware", "$$$", "Trained anew, compressed at every step."),
}
COSTS = "$ is seconds of computing, $$ a few epochs of training, $$$ a whole training."
POST_TRAINING = next(iter(EFFORTS))


