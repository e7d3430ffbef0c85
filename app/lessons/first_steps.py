"""First steps: three stops, one minute, for who has never compressed anything."""

from app.lessons import facts
from app.lessons.lesson import Claim, Goal, Lesson, Stop, Task

LESSON = Lesson(
    "first-steps",
    "First steps",
    1,
    (
        Stop(
            title="A small network",
            text="This network reads handwritten digits. It is a list of some fifty thousand numbers, its "
            "*weight|weights*, and they fill nearly the whole file. The four figures above say how often it is right, "
            "how large the file is, how many answers changed, and how long one takes. Now make it smaller.",
            state="model=digits-mlp&recipe=none",
            look=("figures",),
            seen="Uncompressed: {weights} weights, {size}, {score} of the digits right.",
            claims=(
                Claim("it has some fifty thousand weights", lambda it: 45_000 < facts.weights(it) < 55_000),
                Claim("weights fill nearly the whole file", lambda it: it.cost["payload"] > 0.95 * len(it.onnx)),
            ),
        ),
        Stop(
            title="Take numbers away",
            text="Drag the slider of *pruning|Prune* to the right. It sets the weights that matter least to zero and "
            "leaves them out of the file. Every move compresses the network for real and runs it on 360 digits. Go to "
            "70 %, and watch how little happens.",
            state="model=digits-mlp&recipe=prune,sparsity:0.1",
            look=("prune",),
            task=Task(
                (Goal("at least 70 % zeros", lambda it: facts.zeros(it) >= 0.7, "now {zeros}"),),
                "model=digits-mlp&recipe=prune,sparsity:0.7",
            ),
            seen="{zeros} of the weights are zero, the file has {size}, and {changed} of {n} answers changed.",
            claims=(
                Claim(
                    "at 70 % no answer has changed", lambda it: it.changed.count == 0,
                    ("model=digits-mlp&recipe=prune,sparsity:0.7",),
                ),
                Claim("there are 360 digits", lambda it: len(it.model.labels) == 360),
            ),
        ),
        Stop(
            title="Until it breaks",
            text="Nothing is free for ever. Drag on until the network falls apart: find a place where fewer than 80 % "
            "of the digits are right. The plot keeps every place that you try. How suddenly does it come?",
            state="model=digits-mlp&recipe=prune,sparsity:0.7",
            look=("prune", "stage"),
            task=Task(
                (Goal("fewer than 80 % right", lambda it: facts.score(it) < 0.8, "now {score}"),),
                "model=digits-mlp&recipe=prune,sparsity:0.95",
            ),
            seen="With {zeros} zeros, {score} of the digits are right; it was {score_before}.",
            claims=(
                Claim(
                    "it comes suddenly: nothing at 80 %, broken at 95 %",
                    lambda at80, at95: at80.is_chance and facts.score(at95) < 0.6,
                    ("model=digits-mlp&recipe=prune,sparsity:0.8", "model=digits-mlp&recipe=prune,sparsity:0.95"),
                ),
            ),
        ),
    ),
    "To compress is to find out how much can go before it hurts.",
)  # fmt: skip
