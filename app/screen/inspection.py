"""What is in a person's file, as a sheet: HTML, in which nothing of the file is markup."""

from __future__ import annotations

from html import escape

from app.results.inspection import Inspection
from app.screen.format import kilobytes, percent

SHOWN = 8  # kinds of operators, and shares of numbers, that are listed


def sheet(found: Inspection) -> str:
    """The sheet of a file."""
    operators = [f"{n} {escape(name)}" for name, n in list(found.operators.items())[:SHOWN]]
    more = len(found.operators) - SHOWN
    memory = ""
    if found.memory_bytes is not None:
        memory = f" Running it on 64 samples takes about {_megabytes(found.memory_bytes)}."
    rows = "".join(
        f'<tr><th scope="row">{escape(share.operator)}</th><td>{share.numbers:,}</td>'
        f"<td>{kilobytes(share.size_bytes)}</td><td>{escape(share.why) or 'can be compressed'}</td></tr>"
        for share in found.shares[:SHOWN]
    )
    whole = sum(share.size_bytes for share in found.shares)
    part = percent(found.compressible_bytes / whole, 0) if whole else "nothing"
    size = f"{kilobytes(found.size_bytes)}, {found.numbers:,} numbers"
    return (
        f"<p>{size}, of whose bytes {part} can be compressed.{memory}</p>"
        f"<p>In: {_listed(found.inputs)}. Out: {_listed(found.outputs)}.</p>"
        f"{_choice('input', 'Samples go into the input', found.fed)}"
        f"{_choice('output', 'Scored is the output', found.scored)}"
        f"<p>Operators: {', '.join(operators)}{f', and {more} more kinds' if more > 0 else ''}.</p>"
        f"<table><thead><tr><th>read by</th><th>numbers</th><th>bytes</th><th>what becomes of them</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _choice(name: str, label: str, choices: tuple[str, ...]) -> str:
    """A menu of the form behind this sheet; nothing where there is nothing to choose."""
    if len(choices) < 2:
        return ""
    options = (f'<option value="{escape(each)}">{escape(f"{each:.80}")}</option>' for each in choices)
    usual = f'<option value="">as usual: {escape(f"{choices[0]:.60}")}</option>'
    return (
        f'<p><label>{label} <select name="{name}" form="sheet-samples">{usual}{"".join(options)}</select></label></p>'
    )


def _listed(names: tuple[str, ...]) -> str:
    return "; ".join(escape(f"{name:.80}") for name in names[:4]) + (", and more" if len(names) > 4 else "")


def _megabytes(size: int) -> str:
    return kilobytes(size) if size < 1e6 else f"{size / 1e6:.0f} MB"
