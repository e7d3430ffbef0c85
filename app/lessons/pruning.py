"""Half of it is not needed: pruning, the cliff, and what a trade-off is."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Goal, Guess, Lesson, Stop, Task

MLP = "model=digits-mlp&recipe="

LESSON = Lesson(
    "pruning",
    "Half of it is not needed",
    5,
    (
        Stop(
            title="Many weights hardly matter",
            text="A network is a long list of numbers, its *weight|weights*. Each is multiplied by what comes in. The "
            "picture counts them by size: most stand near zero, and zero times anything is nothing. *pruning|Pruning* "
            "sets the smallest to zero, so that they can be left out.",
            state=MLP + "none&view=weights",
            look=("stage",),
            seen="This network has {weights} weights, and {zeros} of them are zero so far.",
            claims=(
                Claim(
                    "most stand near zero: half of them could go and the weights be the same to one part in a thousand",
                    lambda it: all(layer.sqnr_db > 60 for layer in it.layers), (MLP + "prune,sparsity:0.5",),
                ),
                Claim("none is zero so far", lambda it: facts.zeros(it) < 0.001),
            ),
        ),
        Stop(
            title="Half of them, gone",
            text="We set half of the weights to zero, some twenty-five thousand numbers, the smallest first, wherever "
            "they are. The network is not trained again. It read 360 digits before: how many of its 360 answers "
            "change? Say it before you see it.",
            state=MLP + "none",
            look=("figures",),
            guess=Guess(
                question="How many answers change?", then=MLP + "prune,sparsity:0.5", high=360, unit="answers",
                measured=lambda it: it.changed.count,
            ),
            seen="{zeros} of the weights are zero, and {changed} of {n} answers changed. The file went from "
            "{size_before} to {size}.",
            claims=(
                Claim("hardly any answer changes", lambda it: it.changed.count <= 2),
                Claim("it is half of the weights", lambda it: abs(facts.zeros(it) - 0.5) < 0.01),
            ),
        ),
        Stop(
            title="It matters which ones go",
            text="Here 80 % of the weights are zero, but which ones was left to chance, and the network only guesses. "
            "Open *options* under Prune and set the *criterion* to magnitude: as many weights go, but the smallest.",
            state=MLP + "prune,sparsity:0.8,criterion:random",
            look=("prune",),
            task=Task(
                (
                    Goal("at least 80 % zeros", lambda it: facts.zeros(it) > 0.799, "now {zeros}"),
                    goals.right(0.95),
                ),
                MLP + "prune,sparsity:0.8",
            ),
            seen="{zeros} of the weights are zero, and {score} of the digits are right.",
            claims=(
                Claim("left to chance it only guesses", lambda it: facts.score(it) < 0.15),
                Claim(
                    "the smallest can go and the score stays within chance", lambda it: it.is_chance,
                    (MLP + "prune,sparsity:0.8",),
                ),
            ),
        ),
        Stop(
            title="The cliff",
            text="At 80 % zeros all is well. At 95 % three quarters of what was left is gone as well. What share of "
            "the digits is read rightly then? Guessing blindly would give one in ten. Afterwards drag the slider "
            "between the two and look for the edge.",
            state=MLP + "prune,sparsity:0.8",
            look=("prune",),
            guess=Guess(
                question="How many are right at 95 %?", then=MLP + "prune,sparsity:0.95", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="With {zeros} zeros, {score} are right, and {broken} answers broke.",
            claims=(
                Claim(
                    "well at 80 %, broken at 95 %",
                    lambda at80, at95: at80.is_chance and 0.1 < facts.score(at95) < 0.7,
                    (MLP + "prune,sparsity:0.8", MLP + "prune,sparsity:0.95"),
                ),
                Claim(
                    "of what was left at 80 %, three quarters are gone at 95 %",
                    lambda at80, at95: abs((1 - facts.zeros(at95)) / (1 - facts.zeros(at80)) - 0.25) < 0.01,
                    (MLP + "prune,sparsity:0.8", MLP + "prune,sparsity:0.95"),
                ),
            ),
        ),
        Stop(
            title="A trade-off",
            text="Each place you tried is a point: how large, how good. The stairs join those that no other beats, "
            "the *Pareto front*. None of them is the best: it depends on what you need. You need 95 % right. How "
            "small can it be, with Prune alone?",
            state=MLP + "prune,sparsity:0.5&size=40000&score=0.95",
            look=("stage", "prune"),
            task=Task(
                (goals.at_most(40), goals.right(0.95), goals.only("prune")),
                MLP + "prune,sparsity:0.85&size=40000&score=0.95",
            ),
            seen="{size}, {smaller} times smaller than it was, with {score} right.",
            claims=(
                Claim(
                    "a smaller one reaches 40 kB and one smaller still no longer 95 %",
                    lambda within, beyond: facts.size(within) <= 40 and facts.score(beyond) < 0.95,
                    (MLP + "prune,sparsity:0.85", MLP + "prune,sparsity:0.87"),
                ),
            ),
        ),
    ),
    "Most of a trained network can go; then suddenly no more can, and only measuring tells you where.",
)  # fmt: skip
