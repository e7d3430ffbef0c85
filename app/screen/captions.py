"""The words around the picture: the question of a view with its answer, its data as a table, the notes of a Result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from numbers import Number

from app.lessons.glossary import GLOSSARY
from app.results.scene import Scene
from app.screen.views.view import Opened, Table, View

EXPLAINED = re.compile(r"\b(SQNR|interval|chance|sparsity|entropy|payload|jitter|perplexity|agreement)\b([,.;:)]*)")
"The words in the answers of views that a beginner need not know."
SAVE = (
    ' All that was tried: <button type="button" data-history="csv">save as CSV</button>, '
    '<button type="button" data-history="json">save as JSON</button>, which Open takes back.'
)


def question_html(view: View) -> str:
    """The question a view answers."""
    return f"<h2>{escape(view.question)}</h2>"


def answer_html(view: View, scene: Scene) -> str:
    """The answer in words."""
    held = "Baseline held. " if scene.held else f"{scene.pin} held. " if scene.pin else ""
    on_its_way = scene.coming and not view.early
    said = f"{scene.coming.baseline.label} is on its way." if on_its_way else view.text(scene)
    words, meanings = explained(escape(held + said))
    return f'<p tabindex="0">{words}</p>{meanings}'  # it may have to be scrolled


def explained(html: str) -> tuple[str, str]:
    """A text whose words of the field, where each first stands, open their line of the glossary, and these lines.

    Examples
    --------
    >>> explained("12 dB SQNR")[0]
    '12 dB <button type="button" class="word" popovertarget="SQNR">SQNR</button>'
    """
    met: dict[str, str] = {}

    def word(match: re.Match) -> str:
        term, sign = match.groups()
        if term in met:
            return match[0]
        met[term] = f'<span popover id="{term}"><b>{term}</b> {escape(GLOSSARY[term])}</span>'
        button = f'<button type="button" class="word" popovertarget="{term}">{term}</button>'
        return f'<span class="unbroken">{button}{sign}</span>' if sign else button

    return EXPLAINED.sub(word, html), "".join(met.values())


def table_html(table: Table) -> str:
    """A view's data as a table; numbers stand to the right."""
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    offer = f"<p>{escape(table.offer)}{SAVE if table.saved else ''}</p>" if table.offer else ""
    return f"{offer}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def notes_html(sentences: Iterable[str]) -> str:
    """What the person should know about the Result, as a list; empty if there is nothing."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _cell(value) -> str:
    if value is None:
        return "<td>none</td>"
    if isinstance(value, Opened):
        return f"<td>{_opening(value)}</td>"
    kind = ' class="number"' if isinstance(value, Number) and not isinstance(value, bool) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _opening(cell: Opened) -> str:
    """A button with all that is asked when an experiment is opened."""
    it = cell.experiment
    said = {"link": it.link, "label": it.label, "name": it.name, "note": it.note, "pinned": it.pinned}
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in said.items())
    return f'<button type="button" {data}>{escape(cell.text)}</button>'
