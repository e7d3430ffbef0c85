"""Prints what the playground costs: bytes, start, moves, models, memory. ``python build.py bench`` runs it.

Every time is beside that of a comparison measured in the same run; read the ratios. Nothing here fails a test.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import build
from tests.benchmark import elsewhere, heap, kernels, life, moves, room, scale, size, sizes, start, times, zoo
from tests.browser.conftest import FLAGS


def main(only: str = "", *more: str) -> None:
    if only in ALONE:
        return ALONE[only](*more)
    ours, plain = build.build(), build.plain_bundle()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        print("\nFirst visit, bytes\n")
        print(size.tables(browser, ours))
        starts(browser, ours, plain)
        print("\nA slider's move to the repainted plots, beside a bare Panel echo\n")
        show(moves.measure(browser, ours, plain, Path(scratch)), "ms", "{:.1f}")
        print("\nThe first move after a rest, with a curve under way behind it, beside one without\n")
        show(moves.behind(browser, ours), "ms", "{:.1f}")
        print("\nA model's first choice, to its baseline and to its first live Result, beside a move on it\n")
        of_zoo(browser, ours)
        print(f"\nWebAssembly memory after {heap.MOVES} moves\n")
        for model, before, after, budget in heap.measure(browser, ours):
            growth = after / before - 1
            print(f"{model:<34}{before / 1e6:>9.1f} MB{after / 1e6:>9.1f} MB  {growth:+.1%}  {within(growth, budget)}")
        browser.close()
    of_kernels()
    of_sizes()
    of_elsewhere()


def of_start() -> None:
    """First and second visits."""
    ours, plain = build.build(), build.plain_bundle()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        starts(browser, ours, plain)
        browser.close()


def starts(browser: Browser, ours: Path, plain: Path) -> None:
    print("\nStart, beside a straightforward one, from unmodified wheels\n")
    rows, (taken, kept, size) = start.measure(browser, ours, plain)
    show([*rows, start.slow_line(browser, ours, plain)], "s", "{:.2f}")
    print(f"The image of memory: {taken:.0f} ms to take, {kept:.0f} ms to keep once the page rests, {size:.1f} MB")


def of_sizes() -> None:
    """Our files beside those of others."""
    print("\nBytes of our file, the smallest other, and what large layers take beside the entropy of their codes\n")
    for id, name, found in sizes.rows():
        other = min((each for each in ("onnxruntime", "coremltools", "zipped") if each in found), key=found.get)
        print(f"{id:<22}{name:<15}{found['ours']:>9}{found[other]:>9} {other:<12}", end="")
        said = f"{found['over']:.2f} times, {within(found['over'], sizes.ENTROPY)}" if found["over"] else ""
        print(f"{within(found['ours'], found[other]):<7}{said}", flush=True)


def of_elsewhere() -> None:
    """Our files in sessions with default options."""
    with tempfile.TemporaryDirectory() as scratch:
        elsewhere.write(Path(scratch))
        print("\nTimes as fast as the float file in default sessions, on one sample and on the set\n")
        for place, found in elsewhere.times(Path(scratch)):
            for file, (one, whole) in found.items():
                id, name, _ = file.split(".")
                slow = name in sizes.STRENGTHS and min(one, whole) < elsewhere.FLOOR
                print(f"{place:<20}{id:<22}{name:<20}{one:>6.2f}{whole:>6.2f}{'  BELOW' if slow else ''}", flush=True)


def of_times(starts: str = str(times.STARTS)) -> None:
    """The first word about the time of the default link."""
    site = build.build()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        print("\nFirst comparisons of times, of two files that take the same: ratios with their intervals\n")
        wrong, took = 0, []
        for number, (said, ms, beside) in enumerate(times.first_words(browser, site, int(starts)), 1):
            wrong += any(compared["differs"] for compared in said.values())
            figures = "   ".join("{:.2f} ({:.2f} to {:.2f})".format(c["ratio"], *c["interval"]) for c in said.values())
            took.append(ms)
            print(f"{number:>4}  {figures}   wrong so far {wrong}   {1000 * ms:.1f} µs, said: {beside}", flush=True)
        ratio = max(took) / min(took)
        print(f"The longest time of all over the shortest: {ratio:.2f}, steady to {times.STEADY}")
        browser.close()


def of_room() -> None:
    """A class at once, a weak machine, and pages of others with elements that wait."""
    site = build.build()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        files, seconds, missing = room.crowd(browser, site)
        print(f"\n{len(seconds)} browsers at once, {files} files each: {missing} did not come, "
              f"all there after {min(seconds):.1f} to {max(seconds):.1f} s")  # fmt: skip
        usual, _ = room.weak(browser, site, 1)
        slow, memory = room.weak(browser, site)
        print(f"Start on a machine {room.SLOWER} times slower: {slow:.1f} s, beside {usual:.1f} s here, budget "
              f"{room.WEAK_S} s  {within(slow, room.WEAK_S)}; {memory:.0f} MB, budget {room.WEAK_MB}  "
              f"{within(memory, room.WEAK_MB)}")  # fmt: skip
        show(room.idle(browser, site), "ms", "{:.1f}")
        browser.close()


def of_life() -> None:
    """What a long visit leaves behind."""
    site = build.build()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        print("\nHeld after a quarter of a long visit and at its end\n")
        for act, what, before, after in life.measure(browser, site):
            growth = after / before - 1
            print(f"{life.TIMES[act]:>5} {act:<20}{what:<20}{before:>14,.0f}{after:>14,.0f}  {growth:+.1%}  "
                  f"{within(growth, life.BUDGET)}", flush=True)  # fmt: skip
        browser.close()


def of_zoo(browser: Browser, site: Path) -> None:
    """Every model: how long one waits for it when it is chosen, and for its evaluation."""
    for id, known, live, move, run in zoo.rows(browser, site):
        print(f"{id:<22}{known:>7.0f} ms{live:>7.0f} ms{move:>7.1f} ms", end="")
        print(f"  {live / move:.2f} times, budget {zoo.SWITCH:g}  {within(live / move, zoo.SWITCH):<6}", end="")
        print(f"  evaluation {run:>6.1f} ms  {within(run, zoo.EVALUATION_MS)}", flush=True)


def of_kernels() -> None:
    """The techniques by themselves, without a browser."""
    libraries, _ = build.prepared()
    numpy = build.CACHE / "downloads" / build.LOCK["numpy"]["file"]
    print("\nTechniques in Pyodide, natively, and the budget in Pyodide, milliseconds\n")
    with tempfile.TemporaryDirectory() as scratch:
        for what, mine, native, budget in kernels.rows(Path(scratch), libraries / "web/pyodide/package", numpy):
            print(f"{what:<80}{mine:>9.1f}{native:>9.1f}{budget:>7}  {within(mine, budget)}")


def show(rows, unit: str, form: str) -> None:
    for what, mine, theirs, budget in rows:
        ratio = mine / theirs
        print(f"{what:<34}{form.format(mine):>9} {unit}{form.format(theirs):>9} {unit}"
              f"  {ratio:.2f} times, budget {budget:g}  {within(ratio, budget)}")  # fmt: skip


def within(value: float, budget: float) -> str:
    return "within" if value <= budget else "OVER"


def of_scale() -> None:
    """A person's own model, larger and larger."""
    for what, found, steepest in scale.rows():
        print(f"\n{what:>12}" + "".join(f"{name:>14}" for name in scale.WHAT))
        for n, costs in found:
            print(f"{n:>12,}" + "".join(f"{cost:>14.3f}" for cost in costs), flush=True)
        said = "".join(f"{each:>7.2f} {within(each, scale.SLOPE)}" for each in steepest)
        print(f"steepest slope, budget {scale.SLOPE:g}: {said}")


ALONE = {
    "scale": of_scale, "kernels": of_kernels, "sizes": of_sizes, "elsewhere": of_elsewhere, "times": of_times,
    "room": of_room, "life": of_life, "start": of_start,
}  # fmt: skip
"Parts that can be asked for by their names; all but the kernels, which take minutes, only so."


if __name__ == "__main__":
    main(*sys.argv[1:])
