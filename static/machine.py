"""Python's machine for the page: Pyodide's WebAssembly file and its script, without what no file of ours can reach.

Pyodide is made for everybody: it exports each of its functions to whatever shared object may come, and has modules that
no file of ours imports, with libraries that only those call. Here all shared objects and scripts are known, so

- a name is exported only if one of them asks for it;
- Python does not list the modules of `GONE`: an import of theirs says ModuleNotFoundError, as of any that is not there;
- their tables, which nothing else reads, are zeros, which compress to nothing;
- a function that nothing can call any more is one instruction, `unreachable`. All others keep their numbers.

Whatever can be called stays, though no visit calls it. Run by build.py, which puts what this gives into the page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable

from static.webassembly import FUNCTION, GLOBAL, Memory, Module, reached, written

GONE = (
    # encodings of East Asia: what leads to them, files of Python's package `encodings`, is in no pack
    "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw", "_multibytecodec",
    # names and normal forms of characters, which only a pattern with \N{name} and a host name beyond ASCII ask for
    "unicodedata",
    # no file of a pack imports these; only `hmac` asks for _hmac, and computes the same where it is missing
    "_decimal", "_elementtree", "_hmac", "_sqlite3", "_statistics", "_zoneinfo", "cmath",
    "pyexpat", "termios",
    # tests of Python itself
    "_testbuffer", "_testcapi", "_testclinic", "_testclinic_limited", "_testinternalcapi", "_testlimitedcapi",
    "_xxtestfuzz", "xxsubtype",
)  # fmt: skip
# Their functions, and those of a library that only they call, lie side by side in the file: from one exported function
# to before another.
STRETCHES = (
    ("PyInit__hmac", "PyInit__lzma"),  # with _sqlite3
    ("PyInit__zoneinfo", "PyInit_math"),
    ("PyInit_cmath", "PyInit_binascii"),  # with _statistics, _decimal
    ("PyInit_pyexpat", "PyInit_fcntl"),  # with _elementtree, all encodings, unicodedata
    ("PyInit_termios", "PyUnstable_AtExit"),  # with all tests
    ("sqlite3_initialize", "FSE_versionNumber"),
)
THEIRS = re.compile("PyInit_|sqlite3_")  # names that they export
# Where the large tables lie in memory, from the first to before the last.
TABLES = ((800_096, 1_389_424), (1_390_816, 2_051_120))  # encodings; unicodedata
# All this is read from one file, whose SHA-256 this is; tests/unit/test_machine.py shows how.
READ_FROM = "e7f8fac36f8bf11085309cbc5c829b3ec3057c18bf1d73b05a6741612d63cdbf"
GAP = 16  # places of the function table at most from one of a stretch to the next


def lean(machine: bytes, script: str, others: Iterable[bytes], users: Iterable[str]) -> tuple[bytes, str]:
    """Pyodide's two files for the page.

    machine, script : pyodide.asm.wasm and pyodide.asm.mjs
    others : every shared object that may be loaded beside it
    users : the scripts that call what it exports by name

    Raises ValueError, with a sentence, if the files look different from what this knows.
    """
    if hashlib.sha256(machine).hexdigest() != READ_FROM:
        raise ValueError(
            "pyodide.asm.wasm is not the file that static/machine.py knows; its addresses are to be read anew"
        )
    module = Module(machine)
    rest = script.replace(assigning(script)[0], "")
    wanted = {name for other in others for _, name, _ in Module(other).imports}
    for word in re.findall(r"[\w$]+", " ".join([rest, *users])):
        wanted |= {word, word.removeprefix("_")}
    kept = [row for row in module.exports if row[0] in wanted or row[1] not in (FUNCTION, GLOBAL)]
    memory = Memory(module)
    table, gone = module.table(), shorten_modules(module, memory) | places_of_gone(module)
    for start, end in TABLES:
        memory.clear(start, end)
    roots = {index for _, kind, index in kept if kind == FUNCTION} | {table[at] for at in set(table) - gone}
    return written(module, kept, reached(module, roots), memory), with_assignments(script, {name for name, *_ in kept})


def places_of_gone(module: Module) -> set[int]:
    """The places of the function table that only what is gone calls.

    The linker numbers functions and places object by object, so the places of a stretch are one run. Then the optimizer
    put the first of several equal functions for the others too: a place inside the run may lead elsewhere, and one
    behind it, of an object that stays, may lead into the stretch. So a run counts up to where its last function stands,
    and a function that has other names than `THEIRS` does not count.
    """
    table, numbers, names = module.table(), {}, {}
    for name, kind, index in module.exports:
        if kind == FUNCTION:
            numbers[name] = index
            names.setdefault(index, []).append(name)

    found = set()
    for first, behind in STRETCHES:
        stretch = range(numbers[first], numbers[behind])
        runs = [[]]
        for at in sorted(at for at, index in table.items() if index in stretch):
            if runs[-1] and at - runs[-1][-1] > GAP:
                runs.append([])
            runs[-1].append(at)
        run = max(runs, key=len)
        last = max(run, key=table.get)
        found |= {at for at in run if at <= last and all(map(THEIRS.match, names.get(table[at], ())))}
    return found


def shorten_modules(module: Module, memory: Memory) -> set[int]:
    """Take the modules of `GONE` off Python's list; gives the places of what starts them in the function table.

    PyImport_Inittab points to rows of two words, a name's address and a place in the table; two zeros end them.
    """
    start = memory.word(module.globals()["PyImport_Inittab"])
    rows = []
    while memory.word(at := start + 8 * len(rows)):
        rows.append(memory.read(at, 8))
    gone = {name: row for row in rows if (name := memory.text(_word(row))) in GONE}
    if sorted(gone) != sorted(GONE):
        raise ValueError(f"Python has no modules {sorted(set(GONE) - set(gone))}, of which static/machine.py knows")
    left = len(rows) - len(gone)
    moved = [row for row in rows[left:] if row not in gone.values()]  # to the places that come free further up
    for i, row in enumerate(rows[:left]):
        if row in gone.values():
            memory.write(start + 8 * i, moved.pop())
    memory.clear(start + 8 * left, start + 8 * len(rows))
    return {_word(row[4:]) for row in gone.values()}


def _word(content: bytes) -> int:
    return int.from_bytes(content[:4], "little")


_ASSIGNING = re.compile(r"var ([\w$,]+),wasmTable,wasmMemory;function assignWasmExports\(wasmExports\)\{([^{}]*)\}")
_ASSIGNMENT = re.compile(r'(_\w+)=(?:Module\["\1"\]=)?wasmExports\["(\w+)"\](?:\.value>>>0)?')


def assigning(script: str) -> re.Match:
    """Where the script declares a variable for each export, and fills it."""
    found = list(_ASSIGNING.finditer(script))
    if len(found) != 1:
        raise ValueError("pyodide.asm.mjs takes up what is exported in other words than static/machine.py knows")
    return found[0]


def with_assignments(script: str, names: Collection[str]) -> str:
    """The script, taking up only these exports."""
    found = assigning(script)
    said = [(_ASSIGNMENT.fullmatch(statement), statement) for statement in found[2].split(";")]
    gone = {match[1] for match, _ in said if match and match[2] not in names}
    kept = [statement for match, statement in said if not (match and match[1] in gone)]
    variables = [name for name in found[1].split(",") if name not in gone]
    new = f"var {','.join(variables)},wasmTable,wasmMemory;function assignWasmExports(wasmExports){{{';'.join(kept)}}}"
    return script[: found.start()] + new + script[found.end() :]
