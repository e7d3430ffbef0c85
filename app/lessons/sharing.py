"""Share values: palettes have fewer bits, not fewer parameters, and are no faster."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task

MLP = "model=digits-mlp&recipe="

LESSON = Lesson(
    "sharing",
    "Share values",
    5,
    (
        Stop(
            title="Eight values for a whole layer",
            text="Like a picture with few colours: each layer gets a *palette*, a short table of values, and each "
            "weight says only which one it takes. With 3 bits it can say eight things. So fifty thousand different "
            "numbers become eight a layer. How many of 360 answers change?",
            state=MLP + "none&view=weights",
            look=("palettize", "stage"),
            guess=Guess(
                question="How many answers change?", then=MLP + "palettize,bits:3&view=weights", high=360,
                unit="answers", measured=lambda it: it.changed.count,
            ),
            seen="{values} values a layer, {size} instead of {size_before}, and {changed} of {n} answers changed.",
            claims=(
                Claim("eight values a layer", lambda it: facts.values(it) == 8),
                Claim("few answers change", lambda it: it.changed.count <= 10),
                Claim("a ninth of the file", lambda it: len(it.onnx) * 9 < it.baseline.size_bytes),
            ),
        ),
        Stop(
            title="The values go where the weights are",
            text="Which eight? Here they are spaced evenly from the least weight to the greatest, and some serve "
            "hardly anyone. Open *options* under Palettize and set the *mode* to k-means: then the values move to "
            "where the weights crowd.",
            state=MLP + "palettize,bits:3,mode:uniform&view=weights",
            look=("palettize", "stage"),
            task=Task((goals.bits("palettize", 3), goals.right(0.98)), MLP + "palettize,bits:3&view=weights"),
            seen="{values} values a layer, {score} right.",
            claims=(
                Claim(
                    "better placed",
                    lambda even, near: facts.score(near) > facts.score(even) + 0.02,
                    (MLP + "palettize,bits:3,mode:uniform", MLP + "palettize,bits:3"),
                ),
            ),
        ),
        Stop(
            title="A grid or a palette?",
            text="Quantize also leaves few values, but evenly spaced ones, with a scale for each output channel. On "
            "screen are 2 bits of Quantize, and little is left. A palette of 2 bits has four values for a whole "
            "layer, free to lie anywhere. How many digits does it read?",
            state=MLP + "quantize,bits:2",
            look=("figures",),
            guess=Guess(
                question="How many are right?", then=MLP + "palettize,bits:2", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right with {values} values a layer, in {size}.",
            claims=(
                Claim(
                    "at two bits the palette is far better, and hardly larger",
                    lambda palette, grid: facts.score(palette) > facts.score(grid) + 0.4
                    and len(palette.onnx) < 1.15 * len(grid.onnx),
                    (MLP + "palettize,bits:2", MLP + "quantize,bits:2"),
                ),
                Claim("four values", lambda it: facts.values(it) == 4),
            ),
        ),
        Stop(
            title="Fewer bits, not fewer weights",
            text="The network still has every one of its weights. When it is loaded, each is looked up in the table "
            "and is a float again, and is multiplied like any other. What share of the multiplications is left, with "
            "a file this small?",
            state=MLP + "palettize,bits:2&view=layers",
            look=("figures", "stage"),
            guess=Guess(
                question="How many multiplications are left?", then=MLP + "palettize,bits:2&view=layers", unit="%",
                measured=lambda it: 100 * facts.macs_left(it),
            ),
            seen="{macs} multiplications a digit, as before, in a file {smaller} times smaller.",
            claims=(
                Claim(
                    "as many weights and multiplications as before",
                    lambda it, before: facts.macs(it) == facts.macs(before)
                    and facts.weights(it) == facts.weights(before),
                    (MLP + "palettize,bits:2", MLP + "none"),
                ),
                Claim("a file thirteen times smaller", lambda it: it.baseline.size_bytes > 13 * len(it.onnx)),
            ),
        ),
        Stop(
            title="As small as it goes",
            text="Use Palettize alone. At most 11 kB, and at least 92 % right. If you like, look into *options*: "
            "weights can also share an index in twos, or each few channels have a table of their own.",
            state=MLP + "palettize,bits:4&size=11000&score=0.92",
            look=("palettize",),
            task=Task(
                (goals.at_most(11), goals.right(0.92), goals.only("palettize")),
                MLP + "palettize,bits:2&size=11000&score=0.92",
            ),
            seen="{size}, {score} right.",
            claims=(
                Claim(
                    "in twos a bit for each takes less than two bits each",
                    lambda pairs, each: len(pairs.onnx) < len(each.onnx),
                    (MLP + "palettize,bits:2,cluster_dim:2", MLP + "palettize,bits:2"),
                ),
            ),
        ),
    ),
    "A palette makes a file small by using few values well; the work stays as it was.",
)  # fmt: skip
