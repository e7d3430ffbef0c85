"""The four figures above the view: score, size, changed answers, time, each beside the baseline's and the budget.

One piece of HTML in one model, so a move of a slider is one patch; its style stands in `app/screen/styles.py`.
"""

from __future__ import annotations

from html import escape

from app.results.result import Measured, Result, Route
from app.results.scene import Baseline, Scene
from app.results.times import Ratio
from app.screen.format import kilobytes, percent
from app.tasks import TASKS
from models.metrics import METRICS

STEADY = 1.15  # the quartiles of a time apart: from here on it is said how far


def figures_html(scene: Scene) -> str:
    """The figures as HTML; in baseline's colour while the baseline is held."""
    result = scene.result
    if scene.coming:
        figures = _known(scene.coming.baseline)
    else:
        figures = (_score(result), _size(result), _changed(result), _time(result))
    return f'<dl class="figures{" held" if scene.held or scene.coming else ""}">{"".join(figures)}</dl>'


def _known(model: Baseline) -> tuple[str, ...]:
    """The figures of a model of which only the baseline is known; what needs a run here is still to come."""
    metric, (low, high) = METRICS[model.metric], model.interval
    whole = metric.whole or max(model.score, high) or 1
    bar = _span("sure", low / whole, high / whole) + _span("new", 0, model.score / whole)
    sure = f"95 % CI {metric.number(low)} to {metric.number(high)}"
    number, unit = kilobytes(model.size_bytes).split()
    zipped = f"{kilobytes(model.zipped_bytes)} zipped"
    return (
        _figure(metric.label, metric.number(model.score), metric.unit, "", bar, sure),
        _figure("size", number, unit, "", _span("new", 0, 1), zipped),
        _figure("changed answers", "…", f"of {model.n}", "", "", ""),
        _figure("time", "…", "", "", "", ""),
    )


def _score(result: Result) -> str:
    old, new, metric = result.baseline, result.compressed, METRICS[result.model.metric]
    low, high = new.interval
    whole = metric.whole or max(old.score, high, new.score) or 1
    bar = _span("sure", low / whole, high / whole) + _span("new", 0, new.score / whole) + _tick(old.score / whole)
    limit = result.state.budget.score
    missed = "" if limit is None else f"{'<' if metric.higher_is_better else '>'} {metric.short(limit)}"
    mark = "" if limit is None else _mark(metric.reaches(new.score, limit), metric.limit(limit), missed)
    detail = f"95 % CI {metric.number(low)} to {metric.number(high)}"
    detail += "; calibrated on these samples" if result.scored_on_seen else ""
    return _figure(metric.label, metric.number(new.score), metric.unit, difference_html(result), bar, detail, mark)


def difference_html(result: Result) -> str:
    """What the score gained or lost; ``(chance)`` if other samples might have shown the opposite."""
    metric, change = METRICS[result.model.metric], result.compressed.score - result.baseline.score
    words, gain = metric.difference_written(change), metric.goodness(change)
    if words.startswith("±"):
        return escape(words)
    if result.is_chance:
        return escape(f"{words} (chance)")
    if not metric.higher_is_better:  # the sign alone would not say so
        words += ", better" if gain > 0 else ", worse"
    return _judged(words, gain)


def _judged(words: str, gain: float) -> str:
    """Words in the colour of better or worse, which they say by themselves too, for the colour is not seen by all."""
    return f'<span class="{"better" if gain > 0 else "worse"}">{escape(words)}</span>' if gain else escape(words)


def _size(result: Result) -> str:
    old, new, limit = result.baseline, result.compressed, result.state.budget.bytes
    number, unit = kilobytes(new.size_bytes).split()
    said = "" if limit is None else f"{limit / 1000:g} kB"
    mark = "" if limit is None else _mark(new.size_bytes <= limit, f"≤ {said}", f"> {said}")
    bar = _beside(new.size_bytes, old.size_bytes)
    detail = f"{'…' if new.zipped_bytes is None else kilobytes(new.zipped_bytes)} zipped"
    times = factor(new.size_bytes, old.size_bytes)
    gain = 0 if times.endswith(" 1.0") else old.size_bytes - new.size_bytes
    ratio = _judged(f"{times} from {kilobytes(old.size_bytes)}", gain)
    return _figure("size", number, unit, ratio, bar, detail, mark)


def _changed(result: Result) -> str:
    changed, n = result.changed, len(result.model.labels)
    broken, fixed = len(changed.broken), len(changed.fixed)
    other = changed.count - broken - fixed
    ends = (0, broken / n, (broken + fixed) / n, changed.count / n)
    kinds = zip(("broken", "fixed", "other"), ends, ends[1:], strict=False)
    bar = "".join(_span(kind, start, end) for kind, start, end in kinds)
    worse, better, _ = TASKS[result.model.task].kinds
    said = f"{_judged(f'{broken} {worse},', -broken)} {_judged(f'{fixed} {better}', fixed)}"
    share = percent(changed.count / n)
    detail = f"{other} other · {share}" if other else f"{share} of the answers"
    if result.partial_of:  # here, where it needs no further line, and nothing below moves in a drag
        detail = f"on {n} of {result.partial_of} samples"
    return _figure("changed answers", str(changed.count), f"of {n}", said, bar, detail)


def _time(result: Result) -> str:
    """The time of a sample in the whole set; how it compares there, and where samples come alone."""
    ms, times, route = result.compressed.latency_ms, result.times, result.compressed.route
    number, unit = ("…", "") if ms is None else (_three(1000 * ms), "µs") if ms < 0.1 else (_three(ms), "ms")
    detail = _spent(route) if route else _between(result.compressed) or "a sample"
    if times is None:  # a first run may take several times as long as the next: nothing to compare
        return _figure("time", number, unit, "measuring", "", detail)
    said, alone = _compared(times.whole), times.single and f"alone {_compared(times.single) or 'as fast'}"
    if route:  # whose detail takes all the room
        said = f"{said or 'the same'}, {alone}" if alone else said
    else:
        said += f" ({_times(times.whole.low)} to {_times(times.whole.high)})" if said else ""
        detail += f"; {alone}" if alone else ""
    ratio, whole = times.whole, max(times.whole.high, 1)
    sure = _span("sure", ratio.low / whole, ratio.high / whole)
    bar = sure + _span("new", 0, ratio.value / whole) + _tick(1 / whole)
    words = _judged(said, 1 - ratio.value) if ratio.differs else escape(said or "about the same")
    return _figure("time", number, unit, words + _why(result.slower_because), bar, detail)


def _between(measured: Measured) -> str:
    """The quartiles of a time that is not steady, as words that take no further line; nothing where it is."""
    if measured.latency_spread is None or measured.latency_spread[1] <= STEADY * measured.latency_spread[0]:
        return ""
    low, high = (_three(ms * (1000 if measured.latency_ms < 0.1 else 1)) for ms in measured.latency_spread)
    return f"{low} to {high}"


def _why(reason: str) -> str:
    """A word that opens the reason; nothing if there is none."""
    if not reason:
        return ""
    button = '<button type="button" class="word" popovertarget="why" aria-label="why it is slower">why</button>'
    return f' {button}<span popover id="why"><b>Slower, why?</b> {escape(reason)}</span>'


def _compared(ratio: Ratio) -> str:
    """How many times faster or slower; nothing where that may be chance, or does not matter."""
    return factor(ratio.value, 1) if ratio.differs else ""


def _times(ratio: float) -> str:
    """The number of `factor` alone."""
    return factor(ratio, 1).split()[1]


def _spent(route: Route) -> str:
    """How many samples go on in a dynamic network, and the multiply-accumulates of one on average."""
    macs = f"{route.macs / 1e3:.0f} k" if route.macs < 1e6 else f"{route.macs / 1e6:.1f} M"
    return f"{100 * route.share:.0f} % go on · {macs} MACs"


def _figure(label, number, unit, difference, bar, detail, mark="") -> str:
    """One figure; its difference, its bar and its mark are HTML already."""
    return (
        f"<div><dt>{escape(label[:1].upper() + label[1:])}{mark}</dt>"
        f'<dd class="number"><b>{escape(number)}</b> {escape(unit)}</dd><dd class="bar" aria-hidden="true">{bar}</dd>'
        f'<dd class="difference">{difference}</dd><dd class="detail">{escape(detail)}</dd></div>'
    )


def _mark(passed: bool, yes: str, no: str) -> str:
    """Pass or fail in a sign and words, for the colour is not seen by all; they are to fit beside the name."""
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
