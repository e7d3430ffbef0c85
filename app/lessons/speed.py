"""Smaller is not faster: what shrinks a file, what saves work, and what makes work cheaper."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task

MLP = "model=digits-mlp&recipe="

LESSON = Lesson(
    "speed",
    "Smaller is not faster",
    5,
    (
        Stop(
            title="A tenth of the file",
            text="With 4 bits for a weight the file is a tenth of what it was. Before the first multiplication, "
            "though, every weight is made a float again. What is left of the multiplications?",
            state=MLP + "none",
            look=("figures", "quantize"),
            guess=Guess(
                question="Of the multiplications, there are left", then=MLP + "quantize,bits:4",
                answers=("a tenth", "half of them", "all of them"),
                measured=lambda it: 2 if facts.macs_left(it) == 1 else 1 if facts.macs_left(it) > 0.3 else 0,
            ),
            seen="{smaller} times smaller, and still {macs} multiplications a digit. The fourth figure above is the "
            "time it takes on your machine.",
            claims=(
                Claim("about a tenth of the file", lambda it: 9 < it.baseline.size_bytes / len(it.onnx) < 11),
                Claim("all multiplications are left", lambda it: facts.macs_left(it) == 1),
            ),
        ),
        Stop(
            title="Reading or multiplying?",
            text="A small file can be faster where reading weights is the slow part. Here each weight is read for one "
            "single multiplication: such a network is *memory-bound*. The denoiser uses each weight at 256 places of "
            "a picture: that is *compute-bound*, and a smaller file hardly helps.",
            state=MLP + "none&view=layers",
            look=("stage",),
            seen="{weights} weights, {macs} multiplications: one each.",
            claims=(
                Claim("one multiplication for each weight", lambda it: facts.macs(it) == facts.weights(it)),
                Claim(
                    "the denoiser uses each weight at 256 places",
                    lambda it: facts.macs(it) == 256 * facts.weights(it), ("model=denoiser&recipe=none",),
                ),
            ),
        ),
        Stop(
            title="Cheaper multiplications",
            text="What a layer reads, its *activation|activations*, can be rounded to 8 bits as well. Then integers "
            "are multiplied, which many processors do several times faster than floats. There are as many "
            "multiplications as before, each of them cheaper. The file hardly changes.",
            state=MLP + "quantize,bits:8;activations&view=layers",
            look=("activations", "stage"),
            seen="{changed} of {n} answers changed, {macs} multiplications, {size}.",
            claims=(
                Claim("all layers read integers", lambda it: all("activations" in each.stored for each in it.layers)),
                Claim("hardly an answer changes", lambda it: it.changed.count <= 1),
                Claim(
                    "as many multiplications, and hardly another file, as with 8 bit weights alone",
                    lambda both, alone: facts.macs(both) == facts.macs(alone)
                    and abs(len(both.onnx) / len(alone.onnx) - 1) < 0.02,
                    (MLP + "quantize,bits:8;activations", MLP + "quantize,bits:8"),
                ),
            ),
        ),
        Stop(
            title="Fewer multiplications",
            text="Pruned weights are zeros, and most machines multiply by zero like by anything else. Take out whole "
            "*channel|channels*, and the layers themselves become smaller. A quarter of the neurons goes. What share "
            "of the multiplications is left?",
            state=MLP + "prune,sparsity:0.5&view=layers",
            look=("structured", "stage"),
            guess=Guess(
                question="How much work is left?", then=MLP + "structured,sparsity:0.25&view=layers", unit="%",
                measured=lambda it: 100 * facts.macs_left(it),
            ),
            seen="{macs} multiplications are left, and {changed} of {n} answers changed.",
            claims=(
                Claim("less than three quarters are left", lambda it: 0.55 < facts.macs_left(it) < 0.72),
                Claim("hardly an answer changes", lambda it: it.changed.count <= 1),
                Claim("pruning saved none", lambda it: facts.macs_left(it) == 1, (MLP + "prune,sparsity:0.5",)),
            ),
        ),
        Stop(
            title="Faster, not just smaller",
            text="Your turn: at most 18,000 multiplications a digit instead of 50,200, and still 98 % right. Remove "
            "channels, and then let Repair, further down, make up for what is gone.",
            state=MLP + "structured,sparsity:0.25",
            look=("structured", "repair"),
            task=Task((goals.work(18_000), goals.right(0.98)), MLP + "structured,sparsity:0.5;repair"),
            seen="{macs} multiplications a digit, {score} right, {size}.",
            claims=(
                Claim(
                    "without repair it loses more than two points, with it none that counts",
                    lambda bare, repaired: facts.score(bare) < 0.97 and repaired.is_chance,
                    (MLP + "structured,sparsity:0.5", MLP + "structured,sparsity:0.5;repair"),
                ),
                Claim("there were 50,200", lambda it: facts.macs(it) == 50_200, (MLP + "none",)),
            ),
        ),
    ),
    "Few bits shrink a file; only less work, or cheaper work, is faster: say which of the two you need.",
)  # fmt: skip
