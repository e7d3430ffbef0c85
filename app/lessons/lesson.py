"""What a lesson is: stops, each with a State to look at, and what is asked, set and seen there. Knows no widget.

A State is written as the text of its link, as in the address bar. What a text says of the network is a claim, which a
test checks on measured Results; what a person is told they have seen is a template of `app.lessons.facts`, filled from
the Result of their own State.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.lessons.facts import Facts
from app.results.result import Result
from app.state import link
from app.state.compression import Compression
from app.state.state import State

WORDS = 60  # at most, of one stop

Link = str
"""A State as in the address bar, without ``?v=1&``."""


@dataclass(frozen=True)
class Claim:
    """Something that a text says, and how to see that it is so.

    says : in words
    holds : the Results of `states` -> whether it is so
    states : links; of none: that of the stop, after its guess if it asks for one
    """

    says: str
    holds: Callable[..., bool]
    states: tuple[Link, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A prediction, made before the State that answers it is shown; it is kept beside what is then measured.

    measured : Result of `then` -> what was to be guessed: a number, or the index of the right answer
    answers : the few to choose from; of none: a number
    low, high, step, unit : of a number
    """

    question: str
    then: Link
    measured: Callable[[Result], float]
    answers: tuple[str, ...] = ()
    low: float = 0
    high: float = 100
    step: float = 1
    unit: str = ""

    def written(self, value: float) -> str:
        """A guess, or what was measured, in words: ``37 %``, ``larger``; one made up by a link: the nearest."""
        if self.answers:
            return self.answers[min(max(int(value), 0), len(self.answers) - 1)]
        digits = 0 if self.step >= 1 else 2 if self.step < 0.1 else 1
        return f"{value:.{digits}f} {self.unit}".rstrip()

    def beside(self, guess: float, result: Result) -> str:
        """The guess beside what was measured, as a sentence."""
        measured = self.measured(result)
        right = self.written(guess) == self.written(measured)
        return (
            f"Your guess: {self.written(guess)}. Measured: {self.written(measured)}{', as you said' if right else ''}."
        )


@dataclass(frozen=True)
class Goal:
    """One condition of a task.

    words : what is to be reached
    met : Result -> whether it is
    now : template of where the Result stands
    """

    words: str
    met: Callable[[Result], bool]
    now: str = ""


@dataclass(frozen=True)
class Task:
    """Something to reach with a State of one's own, judged on its Result.

    solution : the link of a State that reaches it
    """

    goals: tuple[Goal, ...]
    solution: Link


@dataclass(frozen=True)
class Judged:
    """A task beside a Result: each goal's words, whether it is met, and where the Result stands."""

    goals: tuple[tuple[str, bool, str], ...]

    @property
    def done(self) -> bool:
        return all(met for _, met, _ in self.goals)

    @property
    def said(self) -> str:
        """What is reached and what is not, in one line."""
        return " ".join(
            f"{words}: {'yes' if met else 'not yet'}{f', {now}' if now else ''}." for words, met, now in self.goals
        )


def judged_by(goals: tuple[Goal, ...], model: str, result: Result) -> Judged:
    """How far a Result is with goals that are set for one model."""
    if result.state.model != model:
        return Judged(((f"with the model {model}", False, f"this is {result.state.model}"),))
    return Judged(tuple((goal.words, bool(goal.met(result)), goal.now.format_map(Facts(result))) for goal in goals))


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One page of a lesson.

    text : at most `WORDS` words; a word between asterisks is one of the glossary, ``*mask|masks*`` is shown as "masks"
    state : what is shown when it is opened
    look : names of what to look at: "recipe", "budget", "figures", "views", "stage", "sample", or a technique
    seen : template of what is said once there is something to see: after the guess, else at once
    """

    title: str
    text: str
    state: Link
    look: tuple[str, ...] = ()
    guess: Guess | None = None
    task: Task | None = None
    seen: str = ""
    claims: tuple[Claim, ...] = ()

    @property
    def model(self) -> str:
        """The model that the stop is about; after its guess that may be another one."""
        return state_of(self.answer).model

    @property
    def answer(self) -> Link:
        """The State that shows what is to be seen."""
        return self.guess.then if self.guess else self.state

    def saw(self, result: Result) -> str:
        """What was seen, with the figures of a Result; "" if that is of another model."""
        return self.seen.format_map(Facts(result)) if result.state.model == self.model else ""

    def judged(self, result: Result) -> Judged | None:
        """How far a Result is with the task of the stop; None if there is none."""
        return judged_by(self.task.goals, self.model, result) if self.task else None

    def guessed(self, guess: float, result: Result) -> str:
        """The guess beside what was measured; "" while the Result is of another State than the one asked for."""
        asked = Compression.of(state_of(self.guess.then)) == Compression.of(result.state)
        return self.guess.beside(guess, result) if asked else ""


@dataclass(frozen=True)
class Lesson:
    """Stops in their order, about five minutes.

    id : in a link; the name of its module with hyphens
    keep : the one sentence to take home, said at the last stop
    """

    id: str
    title: str
    minutes: int
    stops: tuple[Stop, ...]
    keep: str

    def opened(self, stop: int) -> State:
        """The State that shows a stop, counted from 1."""
        return self.at(stop, self.stops[stop - 1].state)

    def at(self, stop: int, written: Link) -> State:
        """The State of a link, at a stop of this lesson."""
        return replace(state_of(written), lesson=self.id, stop=stop)


def state_of(written: Link) -> State:
    """The State of a link that is ours; a part that cannot be read is a mistake."""
    state, notes = link.decode(written)
    if notes:
        raise ValueError(f"{written}: {' '.join(notes)}")
    return state
