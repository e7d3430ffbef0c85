"""The pages for teachers, one side of A4 for each lesson, as files of their own: plain HTML that prints.

What a lesson asks comes from the lesson, its answers from Results, and only the notes from `app.lessons.teaching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from app.lessons import LESSONS
from app.lessons.lesson import Lesson, Link, Stop, state_of
from app.lessons.teaching import NOTES
from app.results.result import Result
from app.state.differs import differing
from app.state.wording import shown
from kernels import TECHNIQUES

STYLE = """
@page { size: A4; margin: 14mm 16mm; }
:root { color-scheme: light; }
body {
  max-width: 180mm; margin: 0 auto; padding: 16px; font: 10pt/1.4 Inter, Arial, sans-serif; color: #1c2027;
  background: #fff;
}
h1 { margin: 0 0 2px; font-size: 17pt; letter-spacing: -0.01em; }
h2 { margin: 10px 0 2px; font-size: 10.5pt; }
p { margin: 0 0 4px; }
ul, ol { margin: 0; padding-left: 18px; }
a { color: inherit; }
.about { color: #50565f; }
table { width: 100%; margin-top: 8px; border-collapse: collapse; font-size: 9pt; line-height: 1.35; }
th, td { padding: 3px 10px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #dcdfe5; }
th { font-weight: 600; }
tbody th { width: 27%; }
td:last-child { padding-right: 0; }
@media print { body { padding: 0; } nav { display: none; } }
"""


def asked_for(stop: Stop) -> Link:
    """The State whose Result answers a stop: what follows its guess, what solves its task, or else what it shows."""
    if stop.task:
        return stop.task.solution
    return stop.answer


def page(lesson: Lesson, results: Sequence[Result]) -> str:
    """The page of a lesson, with the Result of `asked_for` of each of its stops."""
    notes, models = NOTES[lesson.id], dict.fromkeys(result.model.label for result in results)
    rows = "".join(_row(number, *each) for number, each in enumerate(zip(lesson.stops, results, strict=True), start=1))
    minutes = "1 minute" if lesson.minutes == 1 else f"{lesson.minutes} minutes"
    body = (
        f'<nav><a href="index.html">All lessons</a></nav><h1>{escape(lesson.title)}</h1>'
        f'<p class="about">{minutes}, {len(lesson.stops)} stops, with {escape(", ".join(models))}. '
        f'<a href="../?lesson={lesson.id}">Open the lesson</a></p>'
        f"<h2>Afterwards, learners can</h2>{_list(notes.goals)}"
        "<table><thead><tr><th>Stop</th><th>Asked</th><th>Answer, as measured</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<h2>What will go wrong</h2>{_list(notes.wrong)}"
        f"<h2>To discuss</h2>{_list(notes.questions, 'ol')}"
        f"<h2>To keep</h2><p>{escape(lesson.keep)}</p>{_HAND_IN}"
    )
    return _document(lesson.title, body)


def index(lessons: Mapping[str, Lesson]) -> str:
    """The list of all pages."""
    rows = "".join(
        f'<li><a href="{id}.html">{escape(lessons[id].title)}</a>, {lessons[id].minutes} min: '
        f"{escape('; '.join(NOTES[id].goals))}</li>"
        for id in LESSONS
    )
    body = (
        '<nav><a href="../">To the playground</a></nav><h1>For teachers</h1><p class="about">One page for each lesson, '
        "to print on one side: what it is for, how long it takes, what will go wrong, the answers, what to discuss.</p>"
        f"<ol start=0>{rows}</ol>{_HAND_IN}"
        "<h2>A task of your own</h2><p>Set the playground as your class is to find it. Under "
        "<em>Share</em>, <em>For a class</em>, write a title, a text and a task, and tick what to hide or lock. With a "
        "number for the class, each nickname gets a budget of its own.</p>"
    )
    return _document("For teachers", body)


_HAND_IN = (
    "<h2>Handing in</h2><p>At a task, <em>Copy link</em> gives a link to send to you. "
    '<a href="../#room">Paste all of them</a> to have each computed anew, judged and listed; '
    "nothing in a link is believed, and nothing leaves your tab.</p>"
)


def _row(number: int, stop: Stop, result: Result) -> str:
    if stop.guess:
        asked = escape(stop.guess.question)
        answer = f"<b>{escape(stop.guess.written(stop.guess.measured(result)))}</b>. "
    elif stop.task:
        asked = escape("; ".join(goal.words for goal in stop.task.goals))
        answer = f"For example <b>{escape(_way(stop))}</b>. "
    else:
        asked, answer = "Look", ""
    answer += escape(stop.saw(result))
    return f'<tr><th scope="row">{number}. {escape(stop.title)}</th><td>{asked}</td><td>{answer}</td></tr>'


def _way(stop: Stop) -> str:
    """What a task's solution has that its start has not."""
    before, after = state_of(stop.state), state_of(stop.task.solution)
    said = differing(before.compression, after.compression)
    own = {_strength(id, *each) for _, id, params in after.overrides for each in params or ()}
    return ", ".join(said) + (f" ({', '.join(sorted(own))})" if own else "")


def _strength(technique: str, name: str, value: object) -> str:
    parameter = next(each for each in TECHNIQUES[technique].parameters if each.name == name)
    return f"{TECHNIQUES[technique].label.lower()} {shown(parameter, value)}"


def _list(lines: Sequence[str], kind: str = "ul") -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<{kind}>{items}</{kind}>"


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - Compression Playground</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    )
