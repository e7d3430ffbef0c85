"""Pruned, and the file did not shrink: what it costs to say where the zeros are."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task
from app.results.result import Result

MLP = "model=digits-mlp&recipe="
MASK = 50_200 / 8  # bytes of one bit for each weight of digits-mlp


def _stored(result: Result) -> list[str]:
    return [layer.stored for layer in result.layers]


LESSON = Lesson(
    "file-size",
    "Pruned, and the file did not shrink",
    5,
    (
        Stop(
            title="A zero is a number, too",
            text="People report it as a fault: I pruned, and the file is no smaller. Let us look. A zero is a number "
            "like any other and takes 32 *bit|bits*, unless the file leaves it out and says where it was. We set 2 % "
            "of the weights to zero.",
            state=MLP + "none&view=bytes",
            look=("figures",),
            guess=Guess(
                question="The file becomes", then=MLP + "prune,sparsity:0.02&view=bytes",
                answers=("smaller", "as large as before", "a little larger"),
                measured=lambda it: 1 + (it.compressed.size_bytes > it.baseline.size_bytes)
                - (it.compressed.size_bytes < it.baseline.size_bytes),
            ),
            seen="{size} now, {size_before} before. To say where so few zeros are would cost more than leaving them "
            "out saves, so they are stored.",
            claims=(
                Claim("it becomes larger", lambda it: it.compressed.size_bytes > it.baseline.size_bytes),
                Claim("by less than one in a thousand", lambda it: len(it.onnx) < 1.001 * it.baseline.size_bytes),
                Claim("its zeros are stored", lambda it: all(layer.zeros_are_stored for layer in it.layers)),
            ),
        ),
        Stop(
            title="A mask",
            text="To leave zeros out, the file keeps a *mask*: one bit for each weight, zero or not. Now half of the "
            "weights go. The file had 203 kB. What will be left of it?",
            state=MLP + "none&view=bytes",
            look=("figures", "stage"),
            guess=Guess(
                question="How large is the file?", then=MLP + "prune,sparsity:0.5&view=bytes", low=20, high=220,
                unit="kB", measured=facts.size,
            ),
            seen="{size}: a little more than half of {size_before}, for the places alone cost {places}.",
            claims=(
                Claim(
                    "a little more than half",
                    lambda it: 0.5 < it.compressed.size_bytes / it.baseline.size_bytes < 0.56,
                ),
                Claim("one bit for each weight", lambda it: facts.places(it) == MASK),
                Claim("the file had 203 kB", lambda it: round(it.baseline.size_bytes / 1000) == 203),
            ),
        ),
        Stop(
            title="Gaps",
            text="Where few weights are left, nearly every bit of a mask says the same. It is shorter to store how "
            "far it is to the next weight: the gap. The file takes what is smaller, layer by layer. Here 90 % are "
            "zero; *data as a table* says what each layer took.",
            state=MLP + "prune,sparsity:0.9&view=bytes",
            look=("stage",),
            seen="With {zeros} zeros the places cost {places} of {size}.",
            claims=(
                Claim("at 90 % some layer stores gaps", lambda it: any("gaps" in each for each in _stored(it))),
                Claim("that is shorter than a mask", lambda it: facts.places(it) < MASK),
                Claim(
                    "at half of the weights no layer does", lambda it: not any("gaps" in each for each in _stored(it)),
                    (MLP + "prune,sparsity:0.5",),
                ),
            ),
        ),
        Stop(
            title="A zip finds them anyway",
            text="Back to 2 % zeros, which the file stores in full. Under the size stands what is left when it is "
            "zipped, as many downloads are. Zip finds the zeros by itself. So ask which size counts: on the disk, in "
            "memory, or on the way there.",
            state=MLP + "prune,sparsity:0.02&view=bytes",
            look=("figures",),
            seen="The file has {size} instead of {size_before}; zipped it has {zipped} instead of {zipped_before}.",
            claims=(
                Claim("the file is larger", lambda it: it.compressed.size_bytes > it.baseline.size_bytes),
                Claim("zipped it is smaller", lambda it: it.compressed.zipped_bytes < it.baseline.zipped_bytes),
            ),
        ),
        Stop(
            title="When a weight is as cheap as its place",
            text="Here a weight takes 2 bits at most: those with the most common of the four values of their layer are "
            "left out of the file, as zeros are. A mask takes 1 bit for every weight. The file has 10.4 kB. How large "
            "is it with half of the weights pruned first?",
            state=MLP + "palettize,bits:2&view=bytes",
            look=("figures", "prune"),
            guess=Guess(
                question="How large is the file?", then=MLP + "prune,sparsity:0.5;palettize,bits:2&view=bytes", low=2,
                high=20, step=0.5, unit="kB", measured=facts.size,
            ),
            seen="{size}, and only {score} right. Half of the weights went, and the file grew: the other half has no "
            "value that is so common.",
            claims=(
                Claim(
                    "pruning half on top of two bits saves nothing and costs much",
                    lambda both, alone: both.compressed.size_bytes > 1.3 * alone.compressed.size_bytes
                    and facts.score(both) < facts.score(alone) - 0.1,
                    (MLP + "prune,sparsity:0.5;palettize,bits:2", MLP + "palettize,bits:2"),
                ),
                Claim(
                    "the file has 10.4 kB", lambda it: round(facts.size(it), 1) == 10.4, (MLP + "palettize,bits:2",)
                ),
            ),
        ),
        Stop(
            title="Now make it pay",
            text="Pruning pays where a weight costs much more than its place, or where nearly all weights go. Find a "
            "mixture of Prune and Palettize with at most 12 kB that still reads 95 % rightly.",
            state=MLP + "prune,sparsity:0.5;palettize,bits:4&size=12000&score=0.95",
            look=("prune", "palettize"),
            task=Task(
                (goals.at_most(12), goals.right(0.95), goals.only("prune", "palettize")),
                MLP + "prune,sparsity:0.85;palettize,bits:3&size=12000&score=0.95",
            ),
            seen="{zeros} zeros, {size}, {score} right; {places} for the places.",
            claims=(
                Claim(
                    "where nearly all weights go, it pays: 85 % zeros make three bits smaller by a seventh",
                    lambda both, alone: both.compressed.size_bytes < 0.86 * alone.compressed.size_bytes,
                    (MLP + "prune,sparsity:0.85;palettize,bits:3", MLP + "palettize,bits:3"),
                ),
            ),
        ),
    ),
    "A zero saves only what it costs more than saying where it is.",
)  # fmt: skip
