"""Fine-grained outputs: a tracker that trembles, a denoiser that draws blocks, and the last layer."""

from app.lessons import facts, goals
from app.lessons.lesson import Claim, Goal, Guess, Lesson, Stop, Task
from app.results.result import Result

TRACKER, DENOISER = (f"model={id}&recipe=" for id in ("tracker", "denoiser"))


def _jitter(result: Result) -> float:
    return result.compressed.others["jitter"]


LESSON = Lesson(
    "fine-outputs",
    "Fine-grained outputs",
    5,
    (
        Stop(
            title="Nearly right is wrong",
            text="A digit is read rightly or not, and small errors vanish. This network says to a fraction of a pixel "
            "where a spot is, so every error shows. On average it is 0.07 pixels off. With 4 bits for a weight, which "
            "no digit would mind?",
            state=TRACKER + "none&view=predictions",
            look=("figures",),
            guess=Guess(
                question="How far off is it?", then=TRACKER + "quantize,bits:4&view=predictions", low=0, high=1,
                step=0.05, unit="px", measured=facts.score,
            ),
            seen="{score} off, was {score_before}.",
            claims=(
                Claim("0.07 before", lambda it: round(it.baseline.score, 2) == 0.07),
                Claim("several times as far at 4 bits", lambda it: facts.score(it) > 5 * it.baseline.score),
                Claim(
                    "digits do not mind 4 bits", lambda it: it.changed.count <= 2,
                    ("model=digits-mlp&recipe=quantize,bits:4",),
                ),
            ),
        ),
        Stop(
            title="Who is to blame?",
            text="It has four layers: conv1, conv2, heat and, last, place, which turns everything into two numbers. "
            "Leave one layer in float, as it was, and the error is nearly gone. Find it: choose a layer under "
            "*strength for* and switch Quantize off there.",
            state=TRACKER + "quantize,bits:4&view=layers",
            look=("recipe", "stage"),
            task=Task(
                (
                    goals.bits("quantize", 4),
                    Goal("at most 0.1 px off", lambda it: facts.score(it) <= 0.1, "now {score}"),
                ),
                TRACKER + "quantize,bits:4&keep=place&view=layers",
            ),
            seen="{score} off, in {size}.",
            claims=(
                Claim(
                    "without rounding the last layer the error is nearly gone", lambda it: facts.score(it) < 0.08,
                    (TRACKER + "quantize,bits:4&keep=place",),
                ),
                Claim(
                    "no other layer helps so", lambda *them: all(facts.score(it) > 0.4 for it in them),
                    tuple(TRACKER + f"quantize,bits:4&keep={name}" for name in ("conv1", "conv2", "heat")),
                ),
            ),
        ),
        Stop(
            title="It trembles",
            text="Worse than being off is being off in another way in each frame: the spot seems to tremble. That is "
            "*jitter*. Here all layers have 3 bits. Watch the line of the compressed network beside the true one, and "
            "give the last layer 8 bits of its own.",
            state=TRACKER + "quantize,bits:3&view=predictions",
            look=("stage", "recipe"),
            task=Task(
                (
                    Goal("at most 3 kB", lambda it: facts.size(it) <= 3, "now {size}"),
                    Goal("jitter below 0.1 px", lambda it: _jitter(it) < 0.1, "now {jitter}"),
                ),
                TRACKER + "quantize,bits:3&own=place,quantize,bits:8&view=predictions",
            ),
            seen="Jitter {jitter}, was {jitter_before}; {score} off, in {size}.",
            claims=(
                Claim("it trembles several times as much", lambda it: _jitter(it) > 3 * it.baseline.others["jitter"]),
                Claim(
                    "8 bits for the last layer still it, for a third of a kilobyte",
                    lambda all3, own: _jitter(own) < 0.1 and len(own.onnx) - len(all3.onnx) <= 340,
                    (TRACKER + "quantize,bits:3", TRACKER + "quantize,bits:3&own=place,quantize,bits:8"),
                ),
            ),
        ),
        Stop(
            title="Blocks in a picture",
            text="The denoiser draws pictures, and its quality is counted in decibels: more is better, it has 27.7. "
            "Its last layer holds three in a hundred of its weights. We round that layer alone, to 3 bits. What is "
            "left?",
            state=DENOISER + "none&view=predictions",
            look=("figures", "stage"),
            guess=Guess(
                question="How many decibels are left?",
                then=DENOISER + "quantize,bits:3&keep=conv1,conv2,conv3&view=predictions", low=5, high=28, unit="dB",
                measured=facts.score,
            ),
            seen="{score}, was {score_before}; the file has {size}, hardly less than {size_before}.",
            claims=(
                Claim("it has 27.7 dB", lambda it: round(it.baseline.score, 1) == 27.7),
                Claim("that one layer costs more than 8 dB", lambda it: facts.score(it) < it.baseline.score - 8),
                Claim("and saves next to nothing", lambda it: len(it.onnx) > 0.98 * it.baseline.size_bytes),
                Claim(
                    "three in a hundred of the weights",
                    lambda it: round(100 * it.layers[-1].before.size / facts.weights(it)) == 3,
                ),
            ),
        ),
        Stop(
            title="More bits for everyone",
            text="Here the last layer is not the only one: with 3 bits everywhere else and that one spared, the "
            "picture is still in pieces. A network whose answer is a picture wants more bits. Find the smallest that "
            "keeps 27 dB.",
            state=DENOISER + "quantize,bits:3&keep=conv4&view=predictions&size=6200&score=27",
            look=("quantize", "stage"),
            task=Task(
                (
                    Goal("at most 6.2 kB", lambda it: facts.size(it) <= 6.2, "now {size}"),
                    Goal("at least 27 dB", lambda it: facts.score(it) >= 27, "now {score}"),
                ),
                DENOISER + "quantize,bits:6&view=predictions&size=6200&score=27",
            ),
            seen="{score} in {size}; it was {score_before} in {size_before}.",
            claims=(
                Claim("still in pieces with the last layer spared", lambda it: facts.score(it) < 18),
                Claim(
                    "five bits are too few, six will do", lambda five, six: facts.score(five) < 27 < facts.score(six),
                    (DENOISER + "quantize,bits:5", DENOISER + "quantize,bits:6"),
                ),
            ),
        ),
    ),
    "Where the answer is a number or a picture, spare the last layer, and look at the answer itself.",
)  # fmt: skip
