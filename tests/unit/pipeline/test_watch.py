"""Work that nobody waits for gives way between stages; what a person waits for does not."""

import asyncio

import pytest

from app.pipeline.watch import Superseded, Watch


def test_only_what_is_behind_gives_way():
    with pytest.raises(Superseded):
        asyncio.run(Watch(stop=lambda: True, behind=True).between_stages())
    asyncio.run(Watch(stop=lambda: False, behind=True).between_stages())
    asyncio.run(Watch(stop=lambda: True).between_stages())


def test_others_have_their_turn_before_it_asks_whether_to_stop():
    async def move():
        moved = []
        asyncio.get_running_loop().call_soon(moved.append, "the person")
        await Watch(stop=lambda: bool(moved), behind=True).between_stages()

    with pytest.raises(Superseded):
        asyncio.run(move())
