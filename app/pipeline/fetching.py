"""Brings the files of a model here when it is first chosen: in the page only those of the starting model are there.

So comes what opens a file of a person's own: onnx's checker, which a first visit does not wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.util import find_spec

from app.pipeline.watch import Superseded, Watch
from models import model as models

PAUSE = 0.1  # seconds between two looks at how far it is
OWN = "own"  # the pack of what opens a file

Fetch = Callable[[str, Callable[[float], None]], Awaitable[None]]
"""``await fetch(id, tell)`` puts the files of a pack in place, says ``tell(share)`` meanwhile, raises NotFetched.

They are on their way from the call on, not only from the wait on."""


class NotFetched(ValueError):
    """The files of a model cannot be had; the text is for the person. The next try may work."""


def named(pack: str) -> str:
    """What is in a pack, in words."""
    if pack == OWN:
        return "what opens files"
    id, _, efforts = pack.partition("/")
    return f"the {'trained weights of' if efforts else 'model'} {models.info(id).label}"


def is_here(pack: str) -> bool:
    """Whether a pack need not be fetched. Raises ValueError if there is no such model."""
    return find_spec("onnx.checker") is not None if pack == OWN else models.is_here(pack)


class Fetcher:
    """One wait for each model, however many ask for it.

    Parameters
    ----------
    fetch : Fetch; None where all models are here, as they are natively
    """

    def __init__(self, fetch: Fetch | None = None):
        self._fetch = fetch
        self._coming: dict[str, asyncio.Task] = {}
        self._shares: dict[str, float] = {}

    def begin(self, id: str) -> None:
        """Ask for a pack that is not here, for those who are going to wait for it."""
        if self._fetch is not None and id not in self._coming and not is_here(id):
            self._coming[id] = asyncio.ensure_future(self._fetch(id, lambda share: self._shares.update({id: share})))
            self._coming[id].add_done_callback(lambda task: self._ended(id, task))

    async def fetched(self, id: str, watch: Watch) -> None:
        """Return when the pack called `id`, a model, ``<model>/efforts`` or OWN, is here.

        If `watch` gives up the wait, it still comes for the next time.

        Raises
        ------
        NotFetched
        Superseded
        """
        self.begin(id)
        if id not in self._coming:
            return
        task = self._coming[id]
        while not (await asyncio.wait([task], timeout=PAUSE))[0]:
            watch.progress(self._shares.get(id, 0.0), f"Fetching {named(id)}")
            if watch.stop():
                raise Superseded
        task.result()

    def _ended(self, id: str, task: asyncio.Task) -> None:
        """Whether it has come or not, the next one who asks starts anew."""
        del self._coming[id]
        self._shares.pop(id, None)
        if not task.cancelled():
            task.exception()  # counts as seen, though nobody may be waiting any longer
