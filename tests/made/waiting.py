"""Waits for what a test is about, however long a busy machine takes over it."""

import asyncio
from collections.abc import Callable

PATIENCE = 60  # seconds; only a test that fails waits so long


async def until(true: Callable[[], object]) -> None:
    """Give all others their turn until ``true()``. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0)
