"""The words of the field, one line each; a text marks one by asterisks, see `app.lessons.lesson.Stop`."""

from __future__ import annotations

import re
from collections.abc import Callable

GLOSSARY = {
    "accuracy": "The share of answers that are right.",
    "activation": "What a layer hands on to the next: a number for each neuron or place, new for each input.",
    "agreement": "The share of answers that are the same as before compressing, right or wrong.",
    "baseline": "The network as it was trained, with nothing compressed; all else is measured beside it.",
    "batch normalization": "A layer that brings numbers to one size; after training it joins the layer before it.",
    "bias": "A number that a neuron adds to its sum; there are few, so they stay as they are.",
    "bit": "The smallest piece of information, 0 or 1; so many bits can tell two to that power of things apart.",
    "budget": "What the file may cost and must still do: so many bytes, so high a score.",
    "calibration": "Running some samples without labels through the network to see what numbers its layers read.",
    "chance": "What other samples of the same kind might have shown the other way round.",
    "channel": "One of the outputs of a layer, with all weights that make it; taken out whole, it saves work.",
    "checkpoint": "Weights saved in the course of a training.",
    "compression-aware": "Trained with the compression in place from the start, so that the weights learn to bear it.",
    "compute-bound": "Slow because there is so much to multiply; fewer bytes to read do not help.",
    "convolution": "A layer that slides a few weights over a picture and uses them at every place.",
    "criterion": "What decides which weights matter least: their size, what they read, or what the loss says.",
    "distillation": "Training a small network on the answers of a large one.",
    "early exit": "A way out in the middle of a network, for inputs of which it is already sure.",
    "entropy": "The least room that numbers could take, given how often each occurs.",
    "fine-tuning": "Some further training of a network that has been compressed.",
    "flip": "An answer that differs from the baseline's, for better or for worse.",
    "float": "A number with a point that can stand anywhere, here in 32 bits.",
    "granularity": "How many weights share one scale: a whole layer, a channel, a block.",
    "grid": "The few numbers, evenly spaced, to which weights are rounded.",
    "inference": "Running a trained network to get its answer.",
    "integer": "A whole number; in 8 bits, processors multiply many of them at once.",
    "interval": "Where the score would lie, 19 times of 20, with other samples of the same kind.",
    "jitter": "How much a position trembles from one frame to the next where the true one moves smoothly.",
    "knee": "Where a curve bends: up to it savings are cheap, beyond it they are dear.",
    "latency": "The time from the input to the answer.",
    "layer": "One step of a network: it multiplies what it reads by its weights and hands on the sums.",
    "low rank": "A large table of weights written as the product of two thin ones.",
    "MAC": "A multiplication and an addition, the unit of a network's work.",
    "mask": "One bit for each weight that says whether it is there or zero.",
    "memory-bound": "Slow because weights must be fetched from memory; fewer bytes help.",
    "neuron": "One output of a fully connected layer.",
    "outlier": "A weight far larger than the others, to which the whole grid must stretch, or which is cut.",
    "palette": "A short table of values that many weights share; each stores only which one it takes.",
    "parameter": "A number that training has set: a weight or a bias.",
    "Pareto front": "The choices that no other beats in both size and score.",
    "payload": "What is stored for the weights themselves: codes or floats, without scales, tables and positions.",
    "perplexity": "Among how many letters the model wavers, on average; lower is better.",
    "post-training": "Compressing a network after its training, without any more of it.",
    "pruning": "Setting the weights that matter least to zero, so that they can be left out.",
    "quantization": "Rounding weights to a coarse grid, so that each takes fewer bits.",
    "recipe": "The techniques that are applied, in their order, each with its strength.",
    "repair": "Choosing the weights that stay anew, so that each layer answers as before; needs no training.",
    "scale": "The distance of two points of a grid.",
    "sensitivity": "How much the score suffers if one layer alone is compressed.",
    "sparsity": "The share of weights that are zero.",
    "SQNR": "Signal to quantization noise: how large weights are beside their errors, in decibels; 6 more are one bit.",
    "structured pruning": "Taking out whole channels, so that layers become smaller and faster.",
    "trade-off": "Getting more of one thing only for less of another.",
    "weight": "A number that a network multiplies its input by; training has set it.",
    "zero point": "The grid point that stands for zero where a grid is not centred on it.",
}

MARKED = re.compile(r"\*([^*|]+)(?:\|([^*]+))?\*")


def marked(text: str, word: Callable[[str, str], str]) -> str:
    """A text with ``word(term, shown)`` in place of each marked one; `term` need not be in the glossary.

    Examples
    --------
    >>> marked("its *weight|weights* and *options*", lambda term, shown: f"<{term}:{shown}>")
    'its <weight:weights> and <options:options>'
    """
    return MARKED.sub(lambda match: word(match[1], match[2] or match[1]), text)
