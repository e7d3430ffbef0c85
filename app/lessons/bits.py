"""Eight bits are free, two are not: the grid, its scale, and who shares one."""

import numpy as np

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task
from app.results.result import Result

MLP = "model=digits-mlp&recipe="


def _points(result: Result) -> int:
    """The most different values that the weights of one output channel take."""
    return max(np.unique(row).size for layer in result.layers for row in layer.after)


LESSON = Lesson(
    "bits",
    "Eight bits are free, two are not",
    5,
    (
        Stop(
            title="A quarter of the file",
            text="A weight is stored in 32 *bit|bits*. *quantization|Quantizing* rounds it to a grid and stores the "
            "number of its grid point in 8. All weights change a little. How many of the 360 answers change?",
            state=MLP + "none",
            look=("quantize", "figures"),
            guess=Guess(
                question="How many answers change?", then=MLP + "quantize,bits:8", high=100, unit="answers",
                measured=lambda it: it.changed.count,
            ),
            seen="{changed} of {n} answers changed, and the file has {size} instead of {size_before}.",
            claims=(
                Claim("hardly any answer changes", lambda it: it.changed.count <= 1),
                Claim("a quarter of the file", lambda it: len(it.onnx) < 0.28 * it.baseline.size_bytes),
                Claim(
                    "all weights change a little, none is stored in full",
                    lambda it: all(30 < layer.sqnr_db < 60 for layer in it.layers),
                ),
            ),
        ),
        Stop(
            title="Fewer and fewer",
            text="Each bit less halves the grid: 255 points at 8 bits, 15 at 4, and only 3 at 2 bits: minus one, "
            "zero, one. The network on screen has 4 bits and does not mind. With 2 bits, what share of the digits is "
            "right?",
            state=MLP + "quantize,bits:4&view=weights",
            look=("quantize", "stage"),
            guess=Guess(
                question="How many are right at 2 bits?", then=MLP + "quantize,bits:2&view=weights", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} are right; {broken} answers broke.",
            claims=(
                Claim("two bits have three points", lambda it: _points(it) == 3),
                Claim("four bits have fifteen", lambda it: _points(it) == 15, (MLP + "quantize,bits:4",)),
                Claim("eight bits have 255 at most", lambda it: 15 < _points(it) <= 255, (MLP + "quantize,bits:8",)),
                Claim("it does not mind 4 bits", lambda it: it.changed.count <= 2, (MLP + "quantize,bits:4",)),
                Claim("it does mind 2 bits", lambda it: facts.score(it) < 0.6),
            ),
        ),
        Stop(
            title="One scale for all",
            text="The *scale* is the distance of two grid points. Here one scale serves a whole layer, so its grid "
            "must reach the largest weight anywhere, and is coarse for all. Open *options* under Quantize and change "
            "the *granularity*: a scale for each output channel, or for each block of weights.",
            state=MLP + "quantize,bits:3,granularity:per_tensor",
            look=("quantize",),
            task=Task((goals.bits("quantize", 3), goals.right(0.95)), MLP + "quantize,bits:3"),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "at three bits one scale for all breaks much that one for each channel does not",
                    lambda tensor, channel: facts.score(tensor) < 0.87 and facts.score(channel) > 0.96,
                    (MLP + "quantize,bits:3,granularity:per_tensor", MLP + "quantize,bits:3"),
                ),
                Claim(
                    "so does one for each block", lambda it: facts.score(it) > 0.96,
                    (MLP + "quantize,bits:3,granularity:per_block",),
                ),
            ),
        ),
        Stop(
            title="One outlier spoils it",
            text="Still one scale for the layer. Look at the picture: the grid reaches out to a few lonely weights, "
            "the *outlier|outliers*, and most of its points lie where nobody is. Set the *range* to MSE: it lets "
            "outliers be cut, and serves the many. The file grows, for fewer weights become zero.",
            state=MLP + "quantize,bits:3,granularity:per_tensor&view=weights",
            look=("quantize", "stage"),
            task=Task(
                (
                    goals.bits("quantize", 3),
                    goals.right(0.95),
                    goals.at_most(13),
                ),
                MLP + "quantize,bits:3,granularity:per_tensor,range:mse&view=weights",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "cut outliers win back more than ten points, and the file grows",
                    lambda far, near: facts.score(near) > facts.score(far) + 0.1 and len(near.onnx) > len(far.onnx),
                    (
                        MLP + "quantize,bits:3,granularity:per_tensor",
                        MLP + "quantize,bits:3,granularity:per_tensor,range:mse",
                    ),
                ),
                Claim(
                    "the outermost weight of some layer lies far out: five times the usual size",
                    lambda it: max(
                        float(np.abs(each.before).max() / each.before.std()) for each in it.layers
                    ) > 5,
                ),
            ),
        ),
        Stop(
            title="Scales cost bytes, too",
            text="More scales follow the weights better, but each takes 32 bits itself. At 2 bits, a scale for each "
            "block helps a lot and is still not good enough. So: fewer bits with many scales, or more bits with few? "
            "At most 24 kB, at least 97 % right.",
            state=MLP + "quantize,bits:2,granularity:per_block&size=24000&score=0.97",
            look=("quantize",),
            task=Task(
                (goals.at_most(24), goals.right(0.97), goals.only("quantize")),
                MLP + "quantize,bits:3&size=24000&score=0.97",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "blocks help a lot at 2 bits, not enough, and cost bytes",
                    lambda block, channel: 0.9 > facts.score(block) > facts.score(channel) + 0.2
                    and block.compressed.size_bytes > 1.2 * channel.compressed.size_bytes,
                    (MLP + "quantize,bits:2,granularity:per_block", MLP + "quantize,bits:2"),
                ),
            ),
        ),
    ),
    "Eight bits are nearly always free; below four it counts how many weights share a scale.",
)  # fmt: skip
