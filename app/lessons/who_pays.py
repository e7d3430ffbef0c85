"""Who pays: changed answers, classes, and the tail that goes first."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Goal, Guess, Lesson, Stop, Task
from app.results.result import Result

CNN, MLP, TAIL = (f"model={id}&recipe=" for id in ("digits-cnn", "digits-mlp", "digits-longtail"))
RARE, THIN = ("3", "8", "9"), ("1", "7")


def _who(result: Result) -> int:
    """Which of the answers below is right: all alike, the thin digits, the rare ones."""
    broken = facts.broken_by_class(result)
    total = sum(broken.values())
    rare, thin = (sum(broken.get(name, 0) for name in names) for names in (RARE, THIN))
    return 2 if rare > 0.7 * total else 1 if thin > 0.7 * total else 0


LESSON = Lesson(
    "who-pays",
    "Who pays",
    5,
    (
        Stop(
            title="The same score, other answers",
            text="This network is quantized to 4 bits, and its score stays the same to the last digit. So it is the "
            "same network? How many of the 360 answers are now others than before?",
            state=CNN + "none&view=predictions",
            look=("figures",),
            guess=Guess(
                question="How many answers changed?", then=CNN + "quantize,bits:4&view=predictions", high=20,
                unit="answers", measured=lambda it: it.changed.count,
            ),
            seen="{score} before and after, but {changed} answers changed: {broken} broke, {fixed} became right.",
            claims=(
                Claim("the score is the very same", lambda it: it.compressed.score == it.baseline.score),
                Claim("some answers changed", lambda it: it.changed.count > 0),
                Claim("as many broke as were fixed", lambda it: len(it.changed.broken) == len(it.changed.fixed) > 0),
            ),
        ),
        Stop(
            title="The rare go first",
            text="This network learnt from plenty of digits, but from only eight examples each of 3, 8 and 9. We "
            "prune it until its score falls by a few points. Which answers break?",
            state=TAIL + "none&view=predictions",
            look=("stage",),
            guess=Guess(
                question="Which digits break?", then=TAIL + "prune,sparsity:0.8&view=predictions",
                answers=("all alike", "the thin ones, 1 and 7", "the rare ones, 3, 8 and 9"), measured=_who,
            ),
            seen="{broken} answers broke: {by_class}.",
            claims=(
                Claim("more than ten broke", lambda it: len(it.changed.broken) > 10),
                Claim("all of them 3, 8 or 9", lambda it: facts.broken_only(it, *RARE)),
                Claim("a few points", lambda it: 0.02 < it.baseline.score - it.compressed.score < 0.06),
            ),
        ),
        Stop(
            title="An average hides it",
            text="Here two fifths of the neurons were removed. The score fell by about a point, so little that it may "
            "be chance. But look who paid: the picture shows the digits that broke. If you needed that digit, an "
            "average would not have told you.",
            state=MLP + "structured,sparsity:0.4&view=predictions",
            look=("stage", "figures"),
            seen="{score}, was {score_before}. What broke: {by_class}.",
            claims=(
                Claim("the loss may be chance", lambda it: it.is_chance),
                Claim("about a point", lambda it: 0.005 < it.baseline.score - it.compressed.score < 0.015),
                Claim("some broke, all of one digit", lambda it: len(facts.broken_by_class(it)) == 1),
            ),
        ),
        Stop(
            title="Break only the 8s",
            text="Now do it on purpose. Find a State that breaks at least ten answers, and all of them 8s. Remove "
            "more channels, or try another way; the lines below this text tell how you stand.",
            state=MLP + "structured,sparsity:0.25&view=predictions",
            look=("structured", "stage"),
            task=Task(
                (
                    Goal("at least ten answers broken", lambda it: len(it.changed.broken) >= 10, "now {broken}"),
                    Goal("only 8s among them", lambda it: facts.broken_only(it, "8"), "{by_class}"),
                ),
                MLP + "structured,sparsity:0.45&view=predictions",
            ),
            seen="Broken: {by_class}.",
            claims=(Claim("at a quarter nothing has broken yet", lambda it: len(it.changed.broken) == 0),),
        ),
        Stop(
            title="Nobody pays",
            text="Back to the network that knows rare digits. Find a file of at most 31 kB in which not one answer "
            "breaks. Try Prune as well as the others: which of them is kindest to the rare?",
            state=TAIL + "prune,sparsity:0.8&view=predictions&size=31000",
            look=("recipe", "budget"),
            task=Task(
                (
                    goals.at_most(31),
                    Goal("no answer broken", lambda it: len(it.changed.broken) == 0, "now {broken}"),
                ),
                TAIL + "quantize,bits:8&view=predictions&size=31000",
            ),
            seen="{size}. Broken: {by_class}.",
            claims=(
                Claim(
                    "pruned to that size it breaks answers, rounded to it it does not",
                    lambda pruned, rounded: facts.size(pruned) <= 31 and len(pruned.changed.broken) > 10
                    and facts.size(rounded) <= 31 and len(rounded.changed.broken) == 0,
                    (TAIL + "prune,sparsity:0.8", TAIL + "quantize,bits:8"),
                ),
            ),
        ),
    ),
    "Ask which answers changed, and whose: the rare go first, and an average will not say so.",
)  # fmt: skip
