"""Verbs of a person's own files: to look into one, and to open it."""

from __future__ import annotations

from app.pipeline.watch import Watch
from app.state import link
from app.state.wording import described


async def load(session, options, *files):
    """Open a file, see `OwnFiles.came`."""
    from app.pipeline import reopen  # needs onnx, which the page does not wait for

    cancelled, new = session.cancelled, "model" in options["files"]
    onnx, brought = session.own.came(options, files)
    change = None
    if new and not brought.any:  # whoever brings samples wants to see the file on them
        try:
            change = await reopen.recipe(session.pipeline, onnx, Watch(session.progress))
        finally:
            session.progress(None, "")
    if change is not None:
        note = f"This file is {change['model']} with: {described(session.store.state.merged(change))}."
    else:
        model = await session.own.open(session.pipeline, onnx, brought)
        if session.cancelled > cancelled:
            raise ValueError("cancelled; the State is as it was")
        if link.model_of(session.own.awaited) == model.id:
            awaited, session.own.awaited = session.own.awaited, ""
            state, notes = link.decode(awaited)
            shown = await session.show(state)
            session.page.tell(notes=[model.summary, *notes])
            return shown, []
        # What was compressed before is first shown as it is.
        change, note = {"model": model.id, **({"recipe": []} if model.decoded else {})}, model.summary
    result = await session.store.set(change)
    session.page.tell(notes=[note])
    return result.to_json(), []


async def look_into(session, names, *files):
    """What is in a file, a sheet as HTML. `names` are those of the files, "model" one of them."""
    await session.own.can_open(session.pipeline)
    from app.pipeline.inspect import inspect  # needs onnx
    from app.screen.inspection import sheet

    came = dict(zip(names, files, strict=True))
    return sheet(inspect(came.pop("model"), came)), []


VERBS = {
    "load": load,
    "inspect": look_into,
}
