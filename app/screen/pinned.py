"""What differs between the two experiments that are pinned: their settings, and what was measured of their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.results.experiment import PINS, Experiment
from app.screen.format import count, kilobytes
from app.state.differs import differing
from app.state.reading import metric as metric_of

MOST = 4  # settings that are named


def pinned(experiments: Mapping[str, Experiment]) -> dict[str, Any]:
    """What is pinned, by its letter, and what differs in words, as the page shows both; "" for none."""
    titles = {pin: experiments[pin].title if pin in experiments else "" for pin in PINS}
    missing = [pin for pin in PINS if pin not in experiments]
    if not missing:
        said = differs(*(experiments[pin] for pin in PINS))["said"]
    else:
        said = "" if missing == list(PINS) else f"Pin another as {missing[0]} to see what differs."
    return {**titles, "said": said}


def differs(a: Experiment, b: Experiment) -> dict[str, Any]:
    """What B has that A has not, as plain JSON: differences are B less A; `said` is all of it in two sentences."""
    settings = differing(a.state, b.state)
    named = ", ".join(settings[:MOST]) + (f" and {len(settings) - MOST} more" if len(settings) > MOST else "")
    score, size, changed = (new - old for old, new in zip(a.measured, b.measured, strict=True))
    return {
        "a": a.link, "b": b.link, "settings": list(settings), "bytes": size, "score": score, "changed": changed,
        "said": f"B has {named}. It is {_measured(a, b)}.",
    }  # fmt: skip


def _measured(a: Experiment, b: Experiment) -> str:
    metric = metric_of(a.state.model)
    score, size, changed = (new - old for old, new in zip(a.measured, b.measured, strict=True))
    larger = f"{kilobytes(abs(size))} {'larger' if size > 0 else 'smaller'}" if size else "of the same size"
    better = f"{metric.label} {metric.difference_written(score)}" if score else f"the same {metric.label}"
    more = f"{'more' if changed > 0 else 'fewer'} changed answer"
    answers = count(abs(changed), more) if changed else "as many changed answers"
    return f"{larger}, with {better} and {answers}"
