"""A budget to meet: state it, search, stop at the knee, feel it, hand it in."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task

CNN = "model=digits-cnn&recipe="
BUDGET = "&size=9000&score=0.98"

LESSON = Lesson(
    "budget",
    "A budget to meet",
    5,
    (
        Stop(
            title="State it first",
            text="How small is small enough? Ask before you begin: what fits, and what must still work. Here: at most "
            "9 kB, at least 98 % right. It stands under *Budget* and is drawn into the plot; each figure says "
            "whether it passes.",
            state=CNN + "none" + BUDGET,
            look=("budget", "figures"),
            seen="Uncompressed: {size}, {score} right. The score passes, the size does not.",
            claims=(
                Claim(
                    "uncompressed, the score passes and the size does not",
                    lambda it: facts.score(it) >= 0.98 and facts.size(it) > 9,
                ),
            ),
        ),
        Stop(
            title="One thing at a time",
            text="Try each technique alone, to know what it can do. The palette is a good one here. At 3 bits, one "
            "for each layer: how large is the file?",
            state=CNN + "none" + BUDGET,
            look=("palettize", "figures"),
            guess=Guess(
                question="How large is the file?", then=CNN + "palettize,bits:3" + BUDGET, low=1, high=40, unit="kB",
                measured=facts.size,
            ),
            seen="{size}, {score} right: close, and not there yet.",
            claims=(
                Claim("good, and not within 9 kB", lambda it: facts.score(it) >= 0.98 and 9 < facts.size(it) < 14),
                Claim(
                    "pruning alone is not there either", lambda it: it.is_chance and facts.size(it) > 20,
                    (CNN + "prune,sparsity:0.8",),
                ),
            ),
        ),
        Stop(
            title="Then together",
            text="Now mix. Add Prune before the palette and raise it step by step. Every place you try stays in the "
            "plot, so that nothing is forgotten. Meet the budget.",
            state=CNN + "palettize,bits:3" + BUDGET,
            look=("prune", "stage"),
            task=Task((goals.at_most(9), goals.right(0.98)), CNN + "prune,sparsity:0.8;palettize,bits:3" + BUDGET),
            seen="{size}, {score} right, {changed} answers changed.",
            claims=(
                Claim(
                    "with Prune before the palette it is met",
                    lambda it: facts.size(it) < 10 and facts.score(it) > 0.98,
                    (CNN + "prune,sparsity:0.7;palettize,bits:3",),
                ),
            ),
        ),
        Stop(
            title="Stop at the knee",
            text="From 70 % to 80 % zeros the file shrinks by over a kilobyte and nothing is lost. The next step, to "
            "85 %, saves about as much again. What does it cost? The bend where losses begin is the *knee*.",
            state=CNN + "prune,sparsity:0.8;palettize,bits:3" + BUDGET,
            look=("stage", "figures"),
            guess=Guess(
                question="How many are right at 85 %?", then=CNN + "prune,sparsity:0.85;palettize,bits:3" + BUDGET,
                low=80, unit="%", measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}; {broken} answers broke.",
            claims=(
                Claim(
                    "from 70 % to 80 %: over a kilobyte, and nothing lost that is not chance",
                    lambda at70, at80: facts.size(at70) - facts.size(at80) > 1 and at80.is_chance,
                    (CNN + "prune,sparsity:0.7;palettize,bits:3", CNN + "prune,sparsity:0.8;palettize,bits:3"),
                ),
                Claim(
                    "from 80 % to 85 %: about as much again, for more than three points",
                    lambda at80, at85: 0.9 < facts.size(at80) - facts.size(at85) < 1.4
                    and facts.score(at80) - facts.score(at85) > 0.03,
                    (CNN + "prune,sparsity:0.8;palettize,bits:3", CNN + "prune,sparsity:0.85;palettize,bits:3"),
                ),
            ),
        ),
        Stop(
            title="Feel it",
            text="A number is not a feeling. The picture shows the digits whose answers changed, before and after. "
            "Would you have read them? Click one, and hold the key B to see what the uncompressed network said.",
            state=CNN + "prune,sparsity:0.8;palettize,bits:3&view=predictions" + BUDGET,
            look=("stage",),
            seen="{changed} of {n} answers changed: {broken} broke, {fixed} became right.",
            claims=(
                Claim("there are some to look at", lambda it: 0 < it.changed.count < 10),
                Claim("and the budget is met", lambda it: facts.size(it) <= 9 and facts.score(it) >= 0.98),
            ),
        ),
        Stop(
            title="Hand it in",
            text="The last one is yours: at most 7 kB, at least 98 % right. All you have learnt may be used; *Repair* "
            "is worth a try. When it is met, *Share* copies the link to this very State, and *Download* saves the "
            "file whose figures you see.",
            state=CNN + "prune,sparsity:0.8;palettize,bits:3&size=7000&score=0.98",
            look=("recipe", "budget"),
            task=Task(
                (goals.at_most(7), goals.right(0.98)),
                CNN + "prune,sparsity:0.8;palettize,bits:2;repair&size=7000&score=0.98",
            ),
            seen="{size}, {smaller} times smaller than it was, {score} right.",
            claims=(
                Claim(
                    "with Repair the next bit can go as well", lambda it: facts.size(it) <= 7 and it.is_chance,
                    (CNN + "prune,sparsity:0.8;palettize,bits:2;repair",),
                ),
            ),
        ),
    ),
    "State the budget, try one thing at a time, mix, stop at the knee, look at who changed, hand in what was measured.",
)  # fmt: skip
