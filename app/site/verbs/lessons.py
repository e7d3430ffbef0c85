"""Verbs of lessons, tasks and the room: what is taught, guessed, asked for and handed in."""

from __future__ import annotations

from dataclasses import replace

from app.lessons import lesson_of, stop_of
from app.lessons.assigned import asked_of
from app.screen.authoring import assigned, labels
from app.state import link
from app.state.variation import seed_of


async def lesson(session, id, stop=1):
    stop_of(id, stop)
    return await _shown(session, replace(lesson_of(id).opened(stop), who=session.store.state.who))


async def guess(session, value):
    state = session.store.state
    guess = stop_of(state.lesson, state.stop).guess
    if guess is None:
        raise ValueError("this stop asks for no guess")
    guessed = replace(lesson_of(state.lesson).at(state.stop, guess.then), who=state.who)
    return await _shown(session, guessed.merged({"guess": value}))


async def check(session):
    await session.store.settled()
    state, result = session.store.state, session.store.scene.result
    if (asked := asked_of(state)) is None:
        return {"done": None, "said": "There is no task here."}, []
    judged = asked.judged(result)
    return {"done": judged.done, "said": judged.said}, []


async def hand_in(session, who):
    """Take a nickname, which in a class decides the seed; the query of the link to hand in."""
    named = session.store.state.merged({"who": who})
    session.store.go(replace(named, seed=seed_of(named)))
    await session.store.settled()
    return link.hand_in(session.store.state), []


async def authoring(session):
    await session.store.settled()
    return labels(session.store.scene.result), []


async def assign(session, written):
    """The query of a link to the State on screen with what a teacher says, asks for, hides and locks."""
    await session.store.settled()
    return link.encode(assigned(session.store.state, written, session.store.scene.result)), []


async def collect(session, text):
    """The links in a text: a room of their own, empty so far."""
    from app.site.room import Room  # few teach

    session.room = Room(session.store, session.opened)
    return session.room.begin(text), []


async def recompute(session, query):
    """One link of the room computed anew; all rows so far."""
    return await session.room.add(query), []


async def _shown(session, state):
    return await session.show(state), []


VERBS = {
    "lesson": lesson,
    "guess": guess,
    "check": check,
    "hand_in": hand_in,
    "authoring": authoring,
    "assign": assign,
    "collect": collect,
    "recompute": recompute,
}
