"""Sometimes the model is the problem: other architectures, early exits, and what compressing does to them."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Guess, Lesson, Stop, Task
from app.results.result import Result

RESNET, MOBILE, EXIT = (f"model={id}&recipe=" for id in ("digits-resnet", "digits-mobile", "digits-early-exit"))


def _went_on(result: Result) -> float:
    return result.compressed.route.share


LESSON = Lesson(
    "architectures",
    "Sometimes the model is the problem",
    5,
    (
        Stop(
            title="A good network, far too large",
            text="This network reads every one of the digits, and takes 713 kB for it. Another one, built of cheap "
            "halves, reads 98 %. Before you compress the large one: how large is the other file, with nothing "
            "compressed?",
            state=RESNET + "none",
            look=("figures",),
            guess=Guess(
                question="How large is it?", then=MOBILE + "none", low=5, high=705, step=5, unit="kB",
                measured=facts.size,
            ),
            seen="{size} and {macs} multiplications, with {score} right.",
            claims=(
                Claim(
                    "the large one reads all, in 713 kB",
                    lambda it: it.baseline.score == 1 and round(it.baseline.size_bytes / 1000) == 713,
                    (RESNET + "none",),
                ),
                Claim("the other reads 98 %", lambda it: round(100 * it.baseline.score) == 98),
                Claim(
                    "forty times smaller, fifty times less work",
                    lambda small, large: large.baseline.size_bytes > 40 * small.baseline.size_bytes
                    and facts.macs(large) > 50 * facts.macs(small),
                    (MOBILE + "none", RESNET + "none"),
                ),
            ),
        ),
        Stop(
            title="The other way: squeeze the large one",
            text="Can the large network be made as small? At 2 bits for a weight it is the smallest that Quantize can "
            "make of it and still larger than the other one uncompressed. What share of digits "
            "does it read?",
            state=RESNET + "quantize,bits:4",
            look=("figures", "quantize"),
            guess=Guess(
                question="How many are right?", then=RESNET + "quantize,bits:2", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim("hardly any", lambda it: facts.score(it) < 0.25),
                Claim(
                    "and larger than the other one uncompressed",
                    lambda large, small: len(large.onnx) > 1.2 * small.baseline.size_bytes,
                    (RESNET + "quantize,bits:2", MOBILE + "none"),
                ),
            ),
        ),
        Stop(
            title="Little left to spare",
            text="The small network has little to give away. Half of the large network's weights could be pruned "
            "without one changed answer. Prune half of the small one: what share is right?",
            state=MOBILE + "none",
            look=("figures", "prune"),
            guess=Guess(
                question="How many are right?", then=MOBILE + "prune,sparsity:0.5", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right: guessing would give about as much.",
            claims=(
                Claim("no better than guessing", lambda it: facts.score(it) < 0.13),
                Claim(
                    "the large one would not have minded", lambda it: it.changed.count == 0,
                    (RESNET + "prune,sparsity:0.5",),
                ),
            ),
        ),
        Stop(
            title="Small, then compressed",
            text="But eight bits are free here, too. Take the small network to at most 7.5 kB and keep 98 %. That is "
            "a hundredth of where we began.",
            state=MOBILE + "none&size=7500&score=0.98",
            look=("recipe", "budget"),
            task=Task(
                (goals.at_most(7.5), goals.right(0.98)), MOBILE + "quantize,bits:8&size=7500&score=0.98"
            ),
            seen="{size}, {score} right.",
            claims=(
                Claim(
                    "eight bits are free", lambda it: it.is_chance and it.changed.count <= 2,
                    (MOBILE + "quantize,bits:8",),
                ),
                Claim("about a hundredth of 713 kB", lambda it: facts.size(it) < 7.5, (MOBILE + "quantize,bits:8",)),
            ),
        ),
        Stop(
            title="Stop when you are sure",
            text="This network has an *early exit*: where its first part is sure enough, the rest is not run. The "
            "threshold, on top of the recipe, says how sure. Lower it: at most 20,000 multiplications a digit on "
            "average, at least 97 % right.",
            state=EXIT + "none",
            look=("recipe", "figures"),
            task=Task((goals.work(20_000), goals.right(0.97)), EXIT + "none&threshold=0.5"),
            seen="{went_on} of the digits go on, {macs} multiplications on average, {score} right.",
            claims=(
                Claim("at first a fifth of the digits goes on", lambda it: abs(_went_on(it) - 0.2) < 0.01),
                Claim(
                    "all the way costs more than ten times as much",
                    lambda half, full: facts.macs(full) > 10 * facts.macs(half),
                    (EXIT + "none&threshold=0.5", EXIT + "none&threshold=1"),
                ),
            ),
        ),
        Stop(
            title="Compressed, and slower",
            text="Now quantize the same network to 3 bits and leave the threshold alone. A fifth of the digits went "
            "on before. The first part is now less sure of itself. How many go on?",
            state=EXIT + "none",
            look=("figures", "quantize"),
            guess=Guess(
                question="How many go on?", then=EXIT + "quantize,bits:3", unit="%",
                measured=lambda it: 100 * _went_on(it),
            ),
            seen="{went_on} go on, so that a digit costs {macs} multiplications on average. The file shrank to "
            "{size}, and the work grew.",
            claims=(
                Claim(
                    "more go on, and the work grows by half",
                    lambda small, before: _went_on(small) > 1.5 * _went_on(before)
                    and facts.macs(small) > 1.5 * facts.macs(before),
                    (EXIT + "quantize,bits:3", EXIT + "none"),
                ),
            ),
        ),
    ),
    "Before you compress a model, ask whether a smaller one does the work, and compress that.",
)  # fmt: skip
