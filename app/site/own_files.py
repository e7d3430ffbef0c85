"""The models of a person's own that are opened in a tab, and what opening one takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.pipeline.watch import Watch
from app.state import link
from app.state.preparation import preparation_of
from models import model as models


class OwnFiles:
    """What is known of them besides that they are among all models.

    progress : ``progress(share, words)`` shows how far what opens files has come
    """

    def __init__(self, progress: Callable[[float | None, str], None]):
        self._progress = progress
        self._last = None  # the file that was opened last
        self.awaited = ""  # the link to a model that is not here

    def came(self, options, files):
        """A model and what came along with it.

        `options` say what the files are: "model", which else is the one before, "evaluation", or the name of another;
        and how samples are read, see `own_samples.Brought`.
        """
        from app.pipeline.own_samples import Brought  # needs onnx, which the page does not wait for

        came = dict(zip(options["files"], files, strict=True))
        onnx, evaluation = came.pop("model", self._last), came.pop("evaluation", None)
        if onnx is None:
            raise ValueError("these samples are for a model of yours; open its ONNX file along with them")
        read = {name: str(options[name]) for name in ("name", "label") if name in options}
        return onnx, Brought(evaluation, came, **read, prepare=preparation_of(options.get("prepare", "unit")))

    async def open(self, pipeline, onnx, brought):
        """A model of the person's own, from now on among all others."""
        await self.can_open(pipeline)
        from app.pipeline import own_model  # as above

        linked = link.prepare_of(self.awaited)
        if linked and own_model.id_of(onnx, brought, linked) == link.model_of(self.awaited):
            brought = replace(brought, prepare=linked)  # as the link has it that waits for these files
        model = await own_model.read(pipeline.runtime, onnx, brought)
        self._last = onnx
        models.add(model)
        return model

    async def can_open(self, pipeline):
        """Wait until what opens files has been fetched, and show how far that is."""
        try:
            await pipeline.opens_files(Watch(self._progress))
        finally:
            self._progress(None, "")
