"""For teachers: what each lesson is for, what will go wrong, and what to talk about afterwards.

The page of a lesson that the build makes takes all else from the lesson itself, and its answers from Results. These
words stand apart from the lessons because a visitor's tab never reads them: a file that is not opened is not shipped.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notes:
    """One lesson, seen from the front of the class.

    goals : what learners can do afterwards
    wrong : what will go wrong, and what helps
    questions : three to discuss
    """

    goals: tuple[str, ...]
    wrong: tuple[str, ...]
    questions: tuple[str, str, str]


NOTES = {
    "first-steps": Notes(
        ("find the slider, the four figures and the plot", "say what a move of the slider did to the file"),
        (
            "Some drag to the end at once and see only ruins: let them go back slowly, the plot keeps every place.",
            "On a phone the sliders stand in the drawer called Recipe.",
        ),
        (
            "What does the network still know when half of its numbers are gone?",
            "Which of the four figures would your grandmother care about?",
            "Why does it break suddenly and not little by little?",
        ),
    ),
    "pruning": Notes(
        (
            "explain why most weights of a trained network can be set to zero",
            "find the edge beyond which the score falls, and read a trade-off off the plot",
        ),
        (
            "The guess at the second stop comes out far too high: that is the point, do not spoil it.",
            "At the third stop the criterion stands behind options, not beside the slider.",
            "Many look for the one best point. There is none without a need: ask what the file is for.",
        ),
        (
            "Why is it better to drop the smallest weights than any weights?",
            "The network was not trained again. What might training do for one that is nearly broken?",
            "Who should decide how many wrong answers are acceptable: the engineer, the owner, the user?",
        ),
    ),
    "file-size": Notes(
        (
            "say why a pruned file need not be smaller",
            "compare a mask with gaps, and a file with its zip",
        ),
        (
            "Learners take the number of zeros for bytes saved: let them look at the view of bytes, bar by bar.",
            "The size under the figure is that of the zip; two sizes, both true, for two questions.",
        ),
        (
            "When does the size on the disk matter, when that in memory, when that on the way?",
            "What would you store of a list in which nearly all entries are the same?",
            "A paper says that 90 % of the weights are gone. What do you ask before you call it ten times smaller?",
        ),
    ),
    "bits": Notes(
        (
            "explain what a scale is and why one outlier spoils it",
            "choose between more bits and more scales for a given size",
        ),
        (
            "Quantize opens with a scale for each channel; the third stop takes that away, to show what it is for.",
            "Range and granularity stand behind options. MSE lets outliers be cut, which sounds wrong and is right.",
        ),
        (
            "Why do 8 bits hardly ever matter and 2 bits nearly always?",
            "Where in daily life do we round, and who notices?",
            "If each block has a scale of its own, what stops us from making the blocks ever smaller?",
        ),
    ),
    "sharing": Notes(
        (
            "explain a palette, and how it differs from a grid",
            "say why a smaller file need not mean less work",
        ),
        (
            "The number of weights stays as it was: learners read fewer values as fewer weights.",
            "The fourth stop has no trick. The work is the same, and many will not believe it.",
        ),
        (
            "How would you choose sixteen colours for a photograph?",
            "What happens to a rare but important value when only four may stay?",
            "For which device is a small file worth more than a fast one?",
        ),
    ),
    "speed": Notes(
        (
            "tell a smaller file from less work and from cheaper work",
            "remove whole channels and repair what is left",
        ),
        (
            "The time on a laptop moves by itself: judge by the multiplications.",
            "At the last stop Repair stands under more ways to compress, and it makes the difference.",
        ),
        (
            "Why does multiplying by zero take as long as multiplying by anything else?",
            "Where is the time spent when weights are read once each? And when each is used 256 times?",
            "A vendor promises ten times smaller and ten times faster. Which of the two do you check first, and how?",
        ),
    ),
    "mixtures": Notes(
        (
            "combine techniques in an order that makes sense, and say why it does",
            "use Repair last, and measure the mixture instead of adding up its parts",
        ),
        (
            "The order is changed by apply one step earlier, behind options; the numbers beside the names show it.",
            "A smaller file after the wrong order is not better: look at the score as well.",
        ),
        (
            "Which everyday tasks come out differently in another order?",
            "Why can the saving of two steps be more, or less, than both savings multiplied?",
            "What does Repair need, and where would you get that in practice?",
        ),
    ),
    "who-pays": Notes(
        (
            "tell the same score from the same answers",
            "find out which group loses most, and say why it is the rare one",
        ),
        (
            "The fourth stop asks for harm on purpose. Say so: who can aim it can also avoid it.",
            "An interval that holds 0 means that it may be chance; it does not mean that nothing happened.",
        ),
        (
            "Two networks have the same score. Under what circumstances are they not worth the same?",
            "Who are the rare digits in a system that reads faces, voices or scans?",
            "What should a report on a compressed model say besides one average?",
        ),
    ),
    "fine-outputs": Notes(
        (
            "say why a number or a picture as an answer bears less than a class",
            "find the layer that must be spared, and give it bits of its own",
        ),
        (
            "With a layer chosen under strength for, a switch speaks for that layer alone. Set it back to all.",
            "Decibels: more is better, and three of them are already much.",
        ),
        (
            "Why does a classifier hide errors that a tracker shows?",
            "Where would trembling be worse than being off by a little, always the same way?",
            "Is the last layer always the one to leave alone? What did the denoiser say?",
        ),
    ),
    "errors-add-up": Notes(
        (
            "carry out a sensitivity study, one layer at a time",
            "compare a clever mixture with the plain way before keeping it",
        ),
        (
            "Some spare the largest layer first. Let them: the third stop shows what that brings.",
            "After each try the layer must be given back, or two are spared at once and the task says no.",
        ),
        (
            "Why do errors of early layers weigh more here than those of late ones?",
            "How many tries does a study of all layers and all bits take? What would you leave out?",
            "When is the simple way the better engineering?",
        ),
    ),
    "efforts": Notes(
        (
            "place post-training, fine-tuned and compression-aware by cost and by what they bring",
            "decide whether a training is worth paying for before it is begun",
        ),
        (
            "The menu called training is there with one model only, and not for every strength: a note says so.",
            "Repair is no training: it sees no labels and takes about a second.",
        ),
        (
            "A training costs a day of a large machine. What do you try before?",
            "What does a student learn from a teacher's doubts that the labels do not tell?",
            "Why can one know the size of a file before the network has learnt anything?",
        ),
    ),
    "architectures": Notes(
        (
            "ask whether a smaller model would do before compressing a large one",
            "explain an early exit, and what compression does to it",
        ),
        (
            "Going from one model to another resets the layers, not the recipe: look at what is still switched on.",
            "At the last two stops the threshold stands on top of the recipe.",
        ),
        (
            "Why is a small network harder to compress further?",
            "Where do people stop thinking early because they are sure, and when does that go wrong?",
            "A network is compressed and becomes slower. How would you have noticed?",
        ),
    ),
    "budget": Notes(
        (
            "state a budget first, and meet it step by step",
            "stop at the knee, look at who changed, and hand in what was measured",
        ),
        (
            "Some search for the smallest file before asking what it must still do: send them back to the first stop.",
            "For the last task a nickname and Copy link give you one line each; collect them in one go, see below.",
        ),
        (
            "Who sets the budget in a real project, and who pays when it is wrong?",
            "The numbers pass. Which of the changed answers would you still not accept?",
            "Compare two links that passed: what did they do differently, and would it matter elsewhere?",
        ),
    ),
}  # fmt: skip
