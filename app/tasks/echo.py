"""Echo: a file whose right answers nobody knows. What it said before stands in for them, and is not called so."""

from __future__ import annotations

from dataclasses import replace

from app.tasks import signal

TASK = replace(
    signal.TASK,
    id="echo",
    kinds=("further off", "nearer", "as near"),
    caption="your file says",
    truth="your file says",
)
