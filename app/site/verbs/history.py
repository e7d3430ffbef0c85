"""Verbs of what was tried: experiments, their names and pins, and the file of them."""

from __future__ import annotations

from app.results import history_file
from app.results.experiment import PINS
from app.screen import pinned
from app.screen.format import count
from app.state import link
from app.state.compression import Compression


async def mark(session, query, change):
    await session.store.settled()
    key = session.store.state.compression if query is None else _tried(query)
    return session.store.mark(key, change).to_json(), []


async def recall(session, rows):
    session.store.recall(rows)
    return None, []


async def file(session, kind, build):
    await session.store.settled()
    tried = session.store.history.all()
    return history_file.as_csv(tried) if kind == "csv" else history_file.as_json(tried, build), []


async def open_file(session, text, build):
    rows = history_file.rows(text, build)
    taken = session.store.recall(rows)
    left = f", and {len(rows) - taken} left out, for they cannot be read" if taken < len(rows) else ""
    session.page.tell(notes=[f"{count(taken, 'experiment')} taken from the file{left}."])
    return taken, []


async def take(session, query):
    return (await session.store.set(_tried(query).to_json())).to_json(), []


async def differs(session):
    await session.store.settled()
    both = session.store.history.pinned(session.store.state.model)
    return (pinned.differs(*(both[pin] for pin in PINS)) if len(both) == len(PINS) else None), []


def _tried(query) -> Compression:
    """What decides the bytes of an experiment, by its link. Raises ValueError."""
    if not isinstance(query, str):
        raise ValueError(
            f"an experiment is named by its link, not by {query!r:.40}; playground.history has those of all"
        )
    return link.decode(query)[0].compression


VERBS = {
    "mark": mark,
    "recall": recall,
    "history_file": file,
    "open_history": open_file,
    "take": take,
    "differs": differs,
}
