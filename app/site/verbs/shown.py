"""Verbs of the State on screen: to change it, to ask what belongs to it, to hold it beside the uncompressed model."""

from __future__ import annotations

from app.pipeline.watch import Superseded
from app.state.slider import Slider


async def change(session, wanted):
    return (await session.store.set(wanted)).to_json(), []


async def restore(session, query):
    await session.restore(query)
    return None, []


async def hold(session, held, pin=""):
    session.store.hold(bool(held), pin)
    return None, []


async def press(session, pressed):
    session.store.press(bool(pressed))
    return None, []


async def sensitivity(session):
    await session.store.settled()
    try:
        return [trial.to_json() for trial in (await session.store.sensitivity()).trials], []
    except Superseded:
        raise ValueError("cancelled") from None


async def curve(session, technique, parameter):
    try:
        curve = await session.store.curve(Slider(technique, parameter))
    except Superseded:
        raise ValueError("cancelled") from None
    return [point.to_json() for point in curve.points], []


async def predict(session, sample):
    await session.store.settled()
    result = session.store.scene.result
    if isinstance(sample, dict):
        from app.tasks.inputs import attempt_of  # as whoever tries an input in the page

        return (await session.pipeline.attempt(result, attempt_of(result.model, sample))).to_json(), []
    both = await session.pipeline.predict(result, sample)
    return dict(zip(("baseline", "compressed"), (each.tolist() for each in both), strict=True)), []


async def attempt(session, change):
    session.store.attempt(change)
    await session.store.answered()
    return None, []


async def cancel(session):
    session.cancelled += 1
    session.store.cancel()
    session.store.give_up()
    return None, []


async def file(session):
    await session.store.settled()
    return None, [("onnx", session.store.scene.result.onnx)]


VERBS = {
    "set": change,
    "restore": restore,
    "hold": hold,
    "press": press,
    "sensitivity": sensitivity,
    "curve": curve,
    "predict": predict,
    "attempt": attempt,
    "cancel": cancel,
    "bytes": file,
}
