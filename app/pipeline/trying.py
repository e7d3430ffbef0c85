"""The input that a person tries, answered now and with each Result that comes, as long as they try it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from app.pipeline.errors import in_words
from app.results.attempt import Attempt, Attempted
from app.results.result import Result
from app.results.samples import chosen
from app.results.scene import Scene
from app.tasks.inputs import INPUTS, attempt_of


class Answers(Protocol):
    """What is asked; `app.pipeline.pipeline.Pipeline` in earnest."""

    async def attempt(self, result: Result, attempt: Attempt) -> Attempted: ...

    async def find(
        self, result: Result, everywhere: bool, stop: Callable[[], bool]
    ) -> tuple[int, Attempt] | str: ...  # fmt: skip


class Trying:
    """Newest wins here too: of several moves only the last one is answered.

    Parameters
    ----------
    pipeline : what answers
    scene : gives what is on screen now
    show : shows what came of it, or None once nothing is tried
    say : tells the person of an error
    rest : called when all is answered
    """

    def __init__(
        self, pipeline: Answers, scene: Callable[[], Scene], show: Callable[[Attempted | None], None],
        say: Callable[[str], None], rest: Callable[[], None],
    ):  # fmt: skip
        self._pipeline, self._scene, self._show, self._say, self._rest = pipeline, scene, show, say, rest
        self._attempt: Attempt | None = None  # what is tried now
        self._task: asyncio.Task | None = None
        self._searches = False

    def change(self, change: Mapping[str, Any] | None) -> None:
        """Try something else; None = nothing any more.

        Parameters
        ----------
        change : values of an input by their names, its kind as ``input``; or a drag, see `Input.dragged`

        Raises
        ------
        ValueError
            If the model takes no such input.
        """
        if change is None:
            self._attempt = None
            self._show(None)
            return
        result, seen = self._scene().result, self._scene().attempted
        if "at" in change or "by" in change:
            if seen is None or seen.result.model is not result.model or not INPUTS[seen.attempt.input].box:
                return  # a drag on a picture that is gone
            now = {**seen.values, **self._attempt.values}
            change = INPUTS[seen.attempt.input].dragged(seen.settings, now, change)
        self._attempt = attempt_of(result.model, change, self._attempt)
        self.renew()

    def renew(self) -> None:
        """Answer what is tried, unless that is on screen."""
        if self._task is None and self._is_unanswered():
            self._task = asyncio.get_running_loop().create_task(self._answer())

    @property
    def is_busy(self) -> bool:
        """Whether the person waits for an answer: nothing else is to run meanwhile."""
        return self._task is not None or self._searches

    async def answered(self) -> None:
        """Return when the answer is on screen."""
        if self._task is not None:
            await self._task

    async def find(self, everywhere: bool, moved: Callable[[], bool]) -> int | None:
        """Try a change of the chosen sample, or of any, that both files answer differently, if one is found soon.

        Parameters
        ----------
        moved : whether something else has been asked for, so that the search is given up

        Returns
        -------
        The sample that is to be chosen instead; None if it is the chosen one already, or none was found.
        """
        asked, result = self._attempt, self._scene().result

        def stop() -> bool:
            return self._attempt is not asked or moved()

        self._searches = True
        try:
            found = await self._pipeline.find(result, everywhere, stop)
        except Exception as error:  # as in `_answer`
            self._say(in_words(error))
            return None
        finally:
            self._searches = False
            self._rest()
        if stop():
            return None
        index = chosen(result)
        if isinstance(found, str):
            self._attempt = Attempt(asked.model, asked.input, asked.values, found)
        else:
            index, self._attempt = found
        if index != chosen(result):
            return index  # it is answered with the Result of that sample
        self.renew()
        await self.answered()
        return None

    def _is_unanswered(self) -> bool:
        scene = self._scene()
        answered = scene.attempted is not None and scene.attempted.is_of(self._attempt, scene.result)
        return self._attempt is not None and not answered

    async def _answer(self) -> None:
        try:
            while self._is_unanswered():
                result = self._scene().result
                if self._attempt.model != result.model.id:
                    self._attempt = attempt_of(result.model, {})
                attempted = await self._pipeline.attempt(result, self._attempt)
                if attempted.attempt is self._attempt:
                    self._show(attempted)
        except Exception as error:  # whatever it is: the person is told, and what they try next is answered
            seen = self._scene().attempted
            self._attempt = None if seen is None else seen.attempt
            self._say(in_words(error))
        finally:
            self._task = None
            self._rest()
