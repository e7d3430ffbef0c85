"""Three efforts: post-training, fine-tuned, compression-aware; repair, distillation, and random weights first."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Goal, Guess, Lesson, Stop, Task

CNN = "model=digits-cnn&recipe="

LESSON = Lesson(
    "efforts",
    "Three efforts",
    5,
    (
        Stop(
            title="$: take it as it is",
            text="So far we compressed networks as they were, which takes no time: that is *post-training*. At 2 bits "
            "it goes wrong. Before you look for more effort: how wrong? This network reads 99 % of the digits.",
            state=CNN + "none",
            look=("quantize", "figures"),
            guess=Guess(
                question="How many are right at 2 bits?", then=CNN + "quantize,bits:2", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim("it reads 99 %", lambda it: round(100 * it.baseline.score) == 99),
                Claim("at 2 bits it goes wrong", lambda it: facts.score(it) < 0.4),
            ),
        ),
        Stop(
            title="$$: train a little",
            text="The *fine-tuning|fine-tuned* weights were trained on for a few rounds with the rounding in place. "
            "The file has the same size and the same 2 bits. How much comes back?",
            state=CNN + "quantize,bits:2",
            look=("recipe", "figures"),
            guess=Guess(
                question="How many are right?", then=CNN + "quantize,bits:2&effort=fine_tuned", unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim("most of it comes back, not all", lambda it: 0.8 < facts.score(it) < 0.95),
                Claim(
                    "the same size", lambda it, before: abs(len(it.onnx) - len(before.onnx)) < 100,
                    (CNN + "quantize,bits:2&effort=fine_tuned", CNN + "quantize,bits:2"),
                ),
            ),
        ),
        Stop(
            title="$$$: train for it",
            text="*compression-aware|Compression-aware* weights were rounded at every step of a whole training, so "
            "they settle where rounding does no harm. Set *training* to it, and stay at 2 bits. The weights end up "
            "far from the original ones; the answers do not.",
            state=CNN + "quantize,bits:2&effort=fine_tuned",
            look=("recipe",),
            task=Task(
                (goals.bits("quantize", 2), goals.right(0.99)), CNN + "quantize,bits:2&effort=compression_aware"
            ),
            seen="{score} right, in {size}; {changed} answers differ from the baseline's.",
            claims=(
                Claim(
                    "as good as uncompressed", lambda it: it.is_chance and it.changed.count < 5,
                    (CNN + "quantize,bits:2&effort=compression_aware",),
                ),
                Claim(
                    "the weights end up far away: what changed is larger than they are",
                    lambda it: min(layer.sqnr_db for layer in it.layers) < 0,
                    (CNN + "quantize,bits:2&effort=compression_aware",),
                ),
            ),
        ),
        Stop(
            title="Half a $: repair",
            text="Between nothing and training lies *Repair*: it needs a few samples without labels and about a "
            "second. Each layer's weights are chosen anew so that it answers as before. Back to the original weights "
            "at 2 bits: switch Repair on.",
            state=CNN + "quantize,bits:2",
            look=("repair",),
            task=Task(
                (
                    goals.bits("quantize", 2),
                    Goal("without training", lambda it: it.state.effort == "post_training"),
                    goals.right(0.95),
                ),
                CNN + "quantize,bits:2;repair",
            ),
            seen="{score} right, in {size}.",
            claims=(
                Claim(
                    "more than the fine-tuned weights, less than the compression-aware ones",
                    lambda tuned, repaired, aware: facts.score(tuned) < facts.score(repaired) < facts.score(aware),
                    (
                        CNN + "quantize,bits:2&effort=fine_tuned", CNN + "quantize,bits:2;repair",
                        CNN + "quantize,bits:2&effort=compression_aware",
                    ),
                ),
            ),
        ),
        Stop(
            title="Learn from a large one",
            text="A small network can learn from the answers of a large one: *distillation*. This student saw a "
            "hundred digits and what a teacher thought of each. Its twin saw the same digits with labels only, and "
            "reads 91 %. And the student?",
            state="model=digits-student-alone&recipe=none",
            look=("figures",),
            guess=Guess(
                question="How many does the student read?", then="model=digits-student&recipe=none", low=80, unit="%",
                measured=lambda it: 100 * facts.score(it),
            ),
            seen="{score} right, with {weights} weights.",
            claims=(
                Claim(
                    "the twin reads 91 %", lambda it: round(100 * facts.score(it)) == 91,
                    ("model=digits-student-alone&recipe=none",),
                ),
                Claim(
                    "the student reads more, with as many weights",
                    lambda student, twin: facts.score(student) > facts.score(twin) + 0.02
                    and facts.weights(student) == facts.weights(twin),
                    ("model=digits-student&recipe=none", "model=digits-student-alone&recipe=none"),
                ),
            ),
        ),
        Stop(
            title="Random weights first",
            text="This network has never been trained: its weights are random and it only guesses. But its work, "
            "and how large it can become, are known already. So compress it before you pay for a training. It has "
            "713 kB: how many with 4 bits for a weight?",
            state="model=untrained&recipe=none",
            look=("figures",),
            guess=Guess(
                question="How large is the file?", then="model=untrained&recipe=quantize,bits:4", low=10, high=720,
                step=10, unit="kB", measured=facts.size,
            ),
            seen="{size}. Once trained, it will be no larger.",
            claims=(
                Claim("it only guesses", lambda it: it.baseline.score < 0.15),
                Claim("it has 713 kB", lambda it: round(it.baseline.size_bytes / 1000) == 713),
                Claim(
                    "trained, it is no larger",
                    lambda random, trained: len(trained.onnx) <= len(random.onnx),
                    ("model=untrained&recipe=quantize,bits:4", "model=digits-resnet&recipe=quantize,bits:4"),
                ),
            ),
        ),
    ),
    "Begin with what costs nothing, know the size before you train, and pay for training only where it is needed.",
)  # fmt: skip
