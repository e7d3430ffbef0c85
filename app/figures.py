"""The four figures above the view: score, size, changed answers, time, each beside the baseline's and the budget.

One piece of HTML in one model, so a move of a slider is one patch; its style stands in `app/styles.py`.
"""

from __future__ import annotations

from html import escape

from app.metrics import METRICS
from app.result import Result, Scene
from app.views.numbers import kilobytes, percent

SAME = 0.15  # times that differ by less than this share are called the same: a machine is never that quiet


def figures_html(scene: Scene) -> str:
    """The figures as HTML; in baseline's colour while the baseline is held."""
    result = scene.result
    figures = (_score(result), _size(result), _changed(result), _time(result))
    return f'<dl class="figures{" held" if scene.held else ""}">{"".join(figures)}</dl>'


def _score(result: Result) -> str:
    old, new, metric = result.baseline, result.compressed, METRICS[result.model.metric]
    low, high = new.interval
    bar = _span("sure", low, high) + _span("new", 0, new.score) + _tick(old.score)
    limit = result.state.budget.score
    mark = "" if limit is None else _mark(new.score >= limit, f"≥ {_short(limit)}", f"below {_short(limit)}")
    detail = f"95 % CI {100 * low:.1f} to {100 * high:.1f}"
    difference = points(new.score - old.score)
    return _figure(metric.label, f"{100 * new.score:.1f}", metric.unit, difference, bar, detail, mark)


def _size(result: Result) -> str:
    old, new, limit = result.baseline, result.compressed, result.state.budget.bytes
    number, unit = kilobytes(new.size_bytes).split()
    said = "" if limit is None else f"{limit / 1000:g} kB"
    mark = "" if limit is None else _mark(new.size_bytes <= limit, f"≤ {said}", f"over {said}")
    bar = _beside(new.size_bytes, old.size_bytes)
    detail = f"{'…' if new.zipped_bytes is None else kilobytes(new.zipped_bytes)} zipped"
    ratio = f"{factor(new.size_bytes, old.size_bytes)} from {kilobytes(old.size_bytes)}"
    return _figure("size", number, unit, ratio, bar, detail, mark)


def _changed(result: Result) -> str:
    changed, n = result.changed, len(result.model.labels)
    broken, fixed = len(changed.broken), len(changed.fixed)
    other = changed.count - broken - fixed
    ends = (0, broken / n, (broken + fixed) / n, changed.count / n)
    kinds = zip(("broken", "fixed", "other"), ends, ends[1:], strict=False)
    bar = "".join(_span(kind, start, end) for kind, start, end in kinds)
    said = f"{broken} broken, {fixed} fixed"
    share = percent(changed.count / n)
    detail = f"{other} other · {share}" if other else f"{share} of the answers"
    return _figure("changed answers", str(changed.count), f"of {n}", said, bar, detail)


def _time(result: Result) -> str:
    old, new = result.baseline.latency_ms, result.compressed.latency_ms
    if min(old, new) <= 0:  # a browser may round its clock to more than a run takes
        return _figure("time", "0", "ms", "too short to tell", "", "a sample")
    scale, unit = (1000, "µs") if old < 0.1 else (1, "ms")
    steady = result.baseline.steady and result.compressed.steady
    if not steady:  # a first run may take several times as long as the next: nothing to compare
        ratio = "…"
    elif abs(new / old - 1) < SAME:
        ratio = "about the same"
    elif abs(new - old) <= 2 * max(result.baseline.latency_step_ms, result.compressed.latency_step_ms):
        ratio = "too short to tell apart"
    else:
        ratio = f"about {factor(new, old)}"
    detail = f"a sample; was {_three(old * scale)}" if steady else "a sample, in a single run"
    return _figure("time", _three(new * scale), unit, ratio, _beside(new, old) if steady else "", detail)


def _figure(label, number, unit, difference, bar, detail, mark="") -> str:
    return (
        f"<div><dt>{escape(label[:1].upper() + label[1:])}{mark}</dt>"
        f'<dd class="number"><b>{escape(number)}</b> {escape(unit)}</dd><dd class="bar" aria-hidden="true">{bar}</dd>'
        f'<dd class="difference">{escape(difference)}</dd><dd>{escape(detail)}</dd></div>'
    )


def _mark(passed: bool, yes: str, no: str) -> str:
    """Pass or fail in a sign and words, for the colour is not seen by all."""
    kind, sign, said = ("pass", "✓", yes) if passed else ("fail", "✕", no)
    return f'<span class="{kind}">{sign} {escape(said)}</span>'


def _beside(new: float, old: float) -> str:
    """A bar as long as `new` with a tick at the baseline, both on a scale that holds the longer one."""
    full = max(new, old)
    return _span("new", 0, new / full) + _tick(old / full)


def _span(kind: str, start: float, end: float) -> str:
    return f'<i class="{kind}" style="left:{100 * start:.2f}%;width:{100 * (end - start):.2f}%"></i>'


def _tick(at: float) -> str:
    return f'<i class="old" style="left:{100 * at:.2f}%"></i>'


def points(difference: float) -> str:
    """A difference of two shares.

    Examples
    --------
    >>> points(-0.0111), points(0.004), points(0.0001)
    ('−1.1 points', '+0.4 points', '±0 points')
    """
    text = f"{100 * difference:+.1f}".replace("-", "−")
    return f"{'±0' if text[1:] == '0.0' else text} points"


def factor(new: float, old: float) -> str:
    """How many times smaller or larger.

    Examples
    --------
    >>> factor(10, 123), factor(14, 10), factor(2, 500), factor(10, 10)
    ('÷ 12.3', '× 1.4', '÷ 250', '× 1.0')
    """
    sign, times = ("÷", old / new) if new < old else ("×", new / old)
    return f"{sign} {times:.1f}" if times < 99.95 else f"{sign} {times:.0f}"


def _three(value: float) -> str:
    """A positive number with two digits that count at least: 0.11, 1.4, 23, 230."""
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _short(share: float) -> str:
    return f"{100 * share:.4g} %"
