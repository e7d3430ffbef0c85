"""Order and mixtures: prune, palettize, quantize, repair, and the zeros that must survive."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task

MLP = "model=digits-mlp&recipe="

LESSON = Lesson(
    "mixtures",
    "Order and mixtures",
    5,
    (
        Stop(
            title="Two savings multiply",
            text="With 80 % of the weights pruned the file has 49 kB. Quantize with 8 bits alone makes it 37 kB. Each "
            "saves in its own way: fewer weights, and fewer bits for each. Now both: how large is the file?",
            state=MLP + "prune,sparsity:0.8",
            look=("figures", "quantize"),
            guess=Guess(
                question="How large is the file?", then=MLP + "prune,sparsity:0.8;quantize,bits:8", low=1, high=50,
                unit="kB", measured=facts.size,
            ),
            seen="{size}, {smaller} times smaller than at first, with {score} right.",
            claims=(
                Claim(
                    "49 kB and 37 kB alone",
                    lambda prune, eight: (round(facts.size(prune)), round(facts.size(eight))) == (49, 37),
                    (MLP + "prune,sparsity:0.8", MLP + "quantize,bits:8"),
                ),
                Claim("both: a ninth, within chance", lambda it: facts.size(it) < 22.5 and it.is_chance),
            ),
        ),
        Stop(
            title="The order counts",
            text="On screen: prune half, then quantize to 8 bits. Rounding pushes many small survivors to zero as "
            "well, and they are left out, too. Now the other way round: quantize first, then prune half. How large is "
            "that file?",
            state=MLP + "prune,sparsity:0.5;quantize,bits:8",
            look=("figures", "recipe"),
            guess=Guess(
                question="How large is the file?", then=MLP + "quantize,bits:8;prune,sparsity:0.5", low=10, high=60,
                unit="kB", measured=facts.size,
            ),
            seen="{size} with {zeros} zeros: when pruning came last, nothing was rounded away after it.",
            claims=(
                Claim(
                    "rounding after pruning makes more zeros and a smaller file",
                    lambda first, last: facts.zeros(first) > facts.zeros(last) + 0.1
                    and facts.size(first) < 0.8 * facts.size(last),
                    (MLP + "prune,sparsity:0.5;quantize,bits:8", MLP + "quantize,bits:8;prune,sparsity:0.5"),
                ),
                Claim("pruned last, half are zero", lambda it: abs(facts.zeros(it) - 0.5) < 0.01),
            ),
        ),
        Stop(
            title="A palette for those who stay",
            text="Here the palette was made first, for all weights, and then most of them were pruned: its values "
            "were spent on weights that are gone. Let Prune go first: open *options* under it and choose *apply one "
            "step earlier*.",
            state=MLP + "palettize,bits:3;prune,sparsity:0.8",
            look=("prune",),
            task=Task(
                (
                    goals.bits("palettize", 3),
                    goals.right(0.98),
                    goals.at_most(13.4),
                ),
                MLP + "prune,sparsity:0.8;palettize,bits:3",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "prune first is more accurate, and smaller",
                    lambda last, first: facts.score(first) > facts.score(last) + 0.01
                    and len(first.onnx) < len(last.onnx),
                    (MLP + "palettize,bits:3;prune,sparsity:0.8", MLP + "prune,sparsity:0.8;palettize,bits:3"),
                ),
            ),
        ),
        Stop(
            title="Zeros that must survive",
            text="What comes after pruning must leave a zero zero, or the saving is lost. A palette therefore keeps "
            "one of its values for zero, and a grid always has a point there. Look at the zeros of each layer under "
            "*data as a table*.",
            state=MLP + "prune,sparsity:0.8;palettize,bits:3&view=layers",
            look=("stage",),
            seen="After pruning and sharing, {zeros} of the weights are zero.",
            claims=(
                Claim("the zeros are still there after the palette", lambda it: facts.zeros(it) >= 0.799),
                Claim(
                    "and after the grid", lambda it: facts.zeros(it) >= 0.799,
                    (MLP + "prune,sparsity:0.8;quantize,bits:8",),
                ),
            ),
        ),
        Stop(
            title="And then repair",
            text="At 90 % zeros and 3 bits, too much is broken. Switch on *Repair*, further down: it moves the "
            "weights that stay so that each layer answers as it did, from samples without labels and without "
            "training. At most 10 kB, at least 98 % right.",
            state=MLP + "prune,sparsity:0.9;palettize,bits:3&size=10000&score=0.98",
            look=("repair",),
            task=Task(
                (goals.at_most(10), goals.right(0.98)),
                MLP + "prune,sparsity:0.9;palettize,bits:3;repair&size=10000&score=0.98",
            ),
            seen="{size}, {smaller} times smaller than at first, with {score} right.",
            claims=(
                Claim(
                    "repair wins back more than ten points in the same bytes",
                    lambda bare, repaired: facts.score(repaired) > facts.score(bare) + 0.1
                    and len(repaired.onnx) <= len(bare.onnx),
                    (MLP + "prune,sparsity:0.9;palettize,bits:3", MLP + "prune,sparsity:0.9;palettize,bits:3;repair"),
                ),
            ),
        ),
    ),
    "Prune first, then share or round what stays, repair last, and measure the mixture, not its parts.",
)  # fmt: skip
