"""The pages for teachers, written once, while the site is built: its own pipeline measures each answer."""

from __future__ import annotations

import json

from app.lessons import LESSONS, lesson_of
from app.lessons.lesson import state_of
from app.pipeline.pipeline import Pipeline
from app.screen.teachers import asked_for, index, page


async def pages(pipeline: Pipeline) -> dict[str, str]:
    """The files of the folder, by their names."""
    lessons = {id: lesson_of(id) for id in LESSONS}
    files = {"index.html": index(lessons)}
    for id, lesson in lessons.items():
        results = [await pipeline.result(state_of(asked_for(stop))) for stop in lesson.stops]
        files[f"{id}.html"] = page(lesson, results)
    return files


async def written(port) -> str:
    """All files as JSON text, for the build."""
    from app.runtime.web import WebRuntime  # in here: only the page's Python can import it

    return json.dumps(await pages(Pipeline(WebRuntime(port.ort))))
