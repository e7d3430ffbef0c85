"""Errors add up: from layer to layer, which one to spare, and whether that is worth it."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Goal, Guess, Lesson, Stop, Task

MOBILE = "model=digits-mobile&recipe="
SPARED = "own=conv1,quantize,bits:8;depthwise1,quantize,bits:8;pointwise1,quantize,bits:8"

LESSON = Lesson(
    "errors-add-up",
    "Errors add up",
    5,
    (
        Stop(
            title="Each layer reads the errors before it",
            text="This network has six layers in a row, all at 3 bits. Each rounds its weights and hands its errors "
            "on; the next reads what is already off, and adds its own. *SQNR|SQNR* in decibels says how faithful each "
            "layer's weights are: none looks lost, and yet the sum is.",
            state=MOBILE + "quantize,bits:3&view=layers",
            look=("stage",),
            seen="The least faithful layer is {weakest}. Together: {score} right, was {score_before}.",
            claims=(
                Claim("six layers", lambda it: len(it.layers) == 6),
                Claim("none looks lost: at least 12 dB each", lambda it: min(each.sqnr_db for each in it.layers) > 12),
                Claim("the sum is", lambda it: facts.score(it) < 0.75),
            ),
        ),
        Stop(
            title="Which one to spare?",
            text="Leave one single layer in float and see what comes back. Choose it under *strength for* and switch "
            "Quantize off; the others stay at 3 bits. One layer alone brings the score above 85 %. Try them one by "
            "one: that is a *sensitivity* study.",
            state=MOBILE + "quantize,bits:3&view=layers",
            look=("recipe", "stage"),
            task=Task(
                (
                    goals.bits("quantize", 3),
                    Goal(
                        "one layer spared at most",
                        lambda it: len({*it.state.skipped, *(name for name, *_ in it.state.overrides)}) <= 1,
                    ),
                    goals.right(0.85),
                ),
                MOBILE + "quantize,bits:3&keep=pointwise1&view=layers",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "pointwise1 does", lambda it: facts.score(it) > 0.85, (MOBILE + "quantize,bits:3&keep=pointwise1",)
                ),
                Claim(
                    "no other does", lambda *them: all(facts.score(it) < 0.8 for it in them),
                    tuple(
                        MOBILE + f"quantize,bits:3&keep={name}"
                        for name in ("conv1", "depthwise1", "depthwise2", "pointwise2", "fc")
                    ),
                ),
            ),
        ),
        Stop(
            title="Large is not important",
            text="The layer pointwise2 holds almost half of all weights. We spare that one instead. It more than "
            "doubles the file. What share is right then? It was 71 % with all layers at 3 bits.",
            state=MOBILE + "quantize,bits:3&view=layers",
            look=("figures", "stage"),
            guess=Guess(
                question="How many are right?", then=MOBILE + "quantize,bits:3&keep=pointwise2&view=layers", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim("it was 71 %", lambda it: round(100 * facts.score(it)) == 71, (MOBILE + "quantize,bits:3",)),
                Claim(
                    "almost half of the weights",
                    lambda it: 0.4 < next(each for each in it.layers if each.name == "pointwise2").before.size
                    / facts.weights(it) < 0.55,
                ),
                Claim(
                    "it more than doubles the file and hardly helps",
                    lambda spared, all3: len(spared.onnx) > 2 * len(all3.onnx)
                    and facts.score(spared) < facts.score(all3) + 0.05,
                    (MOBILE + "quantize,bits:3&keep=pointwise2", MOBILE + "quantize,bits:3"),
                ),
            ),
        ),
        Stop(
            title="A strength for each",
            text="A spared layer need not stay in float: 8 bits are enough for it. Give the layers that matter 8 bits "
            "of their own and leave the rest at 3. At most 6 kB, at least 95 % right. Hint: begin at the front.",
            state=MOBILE + "quantize,bits:3&own=pointwise1,quantize,bits:8&view=layers&size=6000&score=0.95",
            look=("recipe", "stage"),
            task=Task(
                (goals.bits("quantize", 3), goals.at_most(6), goals.right(0.95)),
                MOBILE + f"quantize,bits:3&{SPARED}&view=layers&size=6000&score=0.95",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "8 bits do for pointwise1 nearly what float does, for far less",
                    lambda own, spared: abs(facts.score(own) - facts.score(spared)) < 0.01
                    and len(own.onnx) < 0.85 * len(spared.onnx),
                    (
                        MOBILE + "quantize,bits:3&own=pointwise1,quantize,bits:8",
                        MOBILE + "quantize,bits:3&keep=pointwise1",
                    ),
                ),
                Claim(
                    "the three at the front reach it", lambda it: facts.score(it) > 0.95 and facts.size(it) < 6,
                    (MOBILE + f"quantize,bits:3&{SPARED}",),
                ),
            ),
        ),
        Stop(
            title="And the simple way?",
            text="Before you praise the clever mixture, try the plain one: 4 bits for everybody. In a network this "
            "small, 3 bits take hardly less room than 4, for what unpacks them takes room as well. What share is "
            "right with 4?",
            state=MOBILE + f"quantize,bits:3&{SPARED}",
            look=("figures",),
            guess=Guess(
                question="How many are right?", then=MOBILE + "quantize,bits:4", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}, with nothing to set.",
            claims=(
                Claim(
                    "3 bits take hardly less room than 4",
                    lambda three, four: 1 < len(four.onnx) / len(three.onnx) < 1.1,
                    (MOBILE + "quantize,bits:3", MOBILE + "quantize,bits:4"),
                ),
                Claim(
                    "4 bits for everybody are as good as the mixture, and smaller",
                    lambda plain, mixture: facts.score(plain) >= facts.score(mixture)
                    and len(plain.onnx) < len(mixture.onnx),
                    (MOBILE + "quantize,bits:4", MOBILE + f"quantize,bits:3&{SPARED}"),
                ),
            ),
        ),
    ),
    "Measure one layer at a time, spare the few that matter, and compare with the plain way before you keep it.",
)  # fmt: skip
