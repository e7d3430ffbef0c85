"""The page's Python lacks only what nothing can reach there; what is asked for all the same fails as Python fails."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pytest

import build
from static import machine
from static.webassembly import FUNCTION, Module, instructions

# node -e ON_PAGE SITE EXPRESSIONS: what each gives in the page's Python, as JSON; of an exception its class
ON_PAGE = """
globalThis.require = require; // Pyodide asks for it
globalThis.XMLHttpRequest = class {}; // and Panel for this
const [, site, expressions] = process.argv;
const at = (path) => `${site}/${path}`;
const module = async (path) => WebAssembly.compile(require("fs").readFileSync(at(path)));

async function main() {
  const { default: bundle } = await import(at("bundle.js"));
  const { bootPython } = await import(at("boot.js"));
  const { python, later } = await bootPython({ bundle, files: { url: at, module, data: module } });
  await later();
  python.globals.set("expressions", expressions);
  console.log(python.runPython(`
import json

def outcome(expression):
    try:
        return repr(eval(expression))
    except Exception as error:
        return type(error).__name__

json.dumps([outcome(each) for each in json.loads(expressions)])
`));
}

main().then(() => process.exit(0), (error) => { console.error(error.message.slice(-4000)); process.exit(1); });
"""
DATA = "bytes(__import__('random').Random(1).choices(b'abcdef ', k=9999))"
LEFT = [  # what the tables and functions that are gone stood beside
    "'Straße ﬁ ΑΣ'.casefold()", "'ǆ'.title()", "'İ'.lower()", "'ß'.upper()", "int('٣')", "'Ⅷ'.isnumeric()",
    "'é'.isidentifier()", "'中文'.isalpha()", "[line for line in 'a\\u2028b'.splitlines()]", "ascii('é中')",
    *(f"'aé€中🙂'.encode('{name}').decode('{name}')" for name in ("utf-8", "utf-16", "utf-32")),
    "'é'.encode('latin-1')", "'é'.encode('ascii', 'xmlcharrefreplace')", "b'\\xe9'.decode('ascii', 'replace')",
    "__import__('re').findall(r'(?i)é+', 'ÉéE')", "__import__('json').loads('\"\\\\u4e2d\"')",
    f"__import__('zlib').crc32({DATA})",
    *(f"len((m := __import__('{name}')).decompress(m.compress({DATA})))" for name in ("zlib", "bz2", "lzma")),
    *(f"__import__('hashlib').{name}({DATA}).hexdigest()" for name in ("md5", "sha1", "sha256", "sha3_256", "blake2b")),
    "__import__('hmac').new(b'key', b'message', 'sha256').hexdigest()", "__import__('math').gamma(4.5)",
    "__import__('struct').pack('<hd', 1, 2.5)", "__import__('datetime').date(2026, 2, 3).strftime('%Y %j')",
    "sorted(__import__('pickle').loads(__import__('pickle').dumps({1, 2.5})))", "(1 + 2j) ** 2", "2 ** 200 // 3 ** 50",
    "f'{1234567.891:,.2f} {1e-9} {float(\"inf\")}'", "__import__('urllib.parse').parse.urlsplit('https://a.b/c').netloc",
    "__import__('numpy').linalg.norm([3.0, 4.0]).item()", "__import__('random').Random(3).random()",
]  # fmt: skip
FAILS = {
    **{f"__import__('{name}')": "ModuleNotFoundError" for name in machine.GONE},
    **{f"'x'.encode('{name}')": "LookupError" for name in ("gb2312", "big5", "shift_jis", "euc_kr", "iso2022_jp")},
    "b'\\\\N{BULLET}'.decode('unicode_escape')": "UnicodeError",
    "__import__('re').compile(r'\\N{BULLET}')": "ModuleNotFoundError",
    "'é'.encode('ascii', 'namereplace')": "ImportError",
    "eval('é')": "ModuleNotFoundError",
    "__import__('urllib.parse').parse.urlsplit('https://é.b')": "ModuleNotFoundError",
}


def test_what_is_left_gives_what_cpython_gives_and_what_is_gone_fails_as_python_fails():
    said = json.loads(build.run("node", "-e", ON_PAGE, str(build.DIST), json.dumps([*LEFT, *FAILS])))
    assert dict(zip(LEFT, said, strict=False)) == {each: repr(eval(each)) for each in LEFT}
    assert dict(zip(FAILS, said[len(LEFT) :], strict=True)) == FAILS


def test_no_file_of_a_pack_imports_what_is_gone_before_it_needs_it():
    """Of the files that the page has, four ask for something that is gone: in a function, or ready to miss it."""
    libraries, started = build.prepared()
    used = set(json.loads((started / "record/used.json").read_text())["all"])
    asked = re.compile(rf"^\s*(?:import|from)\s[^#\n]*\b({'|'.join(machine.GONE)})\b", re.MULTILINE)
    asking = {
        (name, found[1])
        for folder in (libraries, started)
        for name, path in build.relative(build.Tree(folder).source)
        if path.suffix == ".py" and {name, f"{name}c"} & used
        for found in asked.finditer(path.read_text())
    }
    assert asking == {
        ("hmac.py", "_hmac"),
        ("re/_parser.py", "unicodedata"),
        ("traceback.py", "unicodedata"),
        ("urllib/parse.py", "unicodedata"),
    }


def test_another_file_is_an_error():
    with pytest.raises(ValueError, match="is not the file"):
        machine.lean(b"\0asm\1\0\0\0", "", [], [])


def test_the_script_takes_up_what_is_left():
    def script(variables, statements):
        head, tail = "async function make(){var a=1;var ", "var wasmImports={}}"
        return f"{head}{variables},wasmTable,wasmMemory;function assignWasmExports(wasmExports){{{statements}}}{tail}"

    a = '_a=Module["_a"]=wasmExports["a"]'
    b = '__b=Module["__b"]=wasmExports["_b"].value>>>0'
    more = 'memory=Module["memory"]=wasmMemory=wasmExports["memory"]'
    whole = script("_a,__b,memory", f"{a};{b};{more}")
    assert machine.with_assignments(whole, {"_b", "memory"}) == script("__b,memory", f"{b};{more}")
    with pytest.raises(ValueError, match="in other words"):
        machine.with_assignments("", set())


# ---------------------------------------------------------------- what is known of Pyodide's file


@pytest.fixture(scope="module")
def pyodide():
    libraries, _ = build.prepared()
    return libraries / "web/pyodide/package"


@pytest.fixture(scope="module")
def module(pyodide):
    return Module((pyodide / "pyodide.asm.wasm").read_bytes())


# node -e MAPS PYODIDE NAMES: where in memory the maps begin and end that these modules hand out. A map is 256 rows of
# an address and its first and last entry; an entry is two bytes. One is a list of pairs instead, and left out here.
MAPS = """
const [, pyodide, names] = process.argv;
globalThis.require = require;

async function main() {
  const python = await (await import(`${pyodide}/pyodide.mjs`)).loadPyodide();
  python.globals.set("names", names);
  const capsules = python.runPython(`
import importlib, json

[id(value)
 for name in json.loads(names)
 for key, value in vars(importlib.import_module(name)).items()
 if key.startswith("__map_") and key != "__map_jisx0213_pair"]
`).toJs();
  const { HEAPU8: bytes, HEAPU32: words, _PyCapsule_GetPointer: pointer, stringToNewUTF8: text } = python._module;
  const kind = text("multibytecodec.map");
  const found = [];
  for (const capsule of capsules) {
    const [, encoding, decoding] = words.subarray(pointer(capsule, kind) / 4);
    for (const rows of [encoding, decoding].filter(Boolean))
      for (let row = rows; row < rows + 2048; row += 8) {
        const [start, first, last] = [words[row / 4], bytes[row + 4], bytes[row + 5]];
        if (start) found.push([start, start + 2 * (last - first + 1)]);
      }
  }
  console.log(JSON.stringify(found));
}

main().then(() => process.exit(0), (error) => { console.error(error.message.slice(-4000)); process.exit(1); });
"""


def test_tables_of_encodings_are_where_python_says(pyodide):
    names = [name for name in machine.GONE if name.startswith("_codecs_")]
    found = json.loads(build.run("node", "-e", MAPS, str(pyodide), json.dumps(names)))
    start, end = machine.TABLES[0]
    assert min(first for first, _ in found) == start and end - 16 < max(last for _, last in found) <= end
    assert len({at for first, last in found for at in range(first, last)}) > 0.95 * (end - start)


def test_tables_of_unicodedata_are_named_by_its_functions_alone(module):
    """Those of one object lie side by side, so what is between its first and its last is its own."""
    numbers = {name: index for name, kind, index in module.exports if kind == FUNCTION}
    own = range(numbers["PyInit_unicodedata"], numbers["PyInit_fcntl"])
    start, end = machine.TABLES[1]
    named = defaultdict(set)
    for number, *body in module.bodies():
        named[number in own] |= {said for _, said in instructions(module.file, *body) if start <= said <= end}
    assert {start, end} <= named[True] and not named[True] & named[False]
    assert named[False] == {1398103, 1605634, 1664525, 1835008, 2031616, 2048000}  # what others reckon with


def test_places_of_what_is_gone_are_one_run_a_stretch(module):
    """And the places next to a run lead to what lies before and behind the stretch, or to what has a name."""
    table, gone = module.table(), machine.places_of_gone(module)
    numbers = {name: index for name, kind, index in module.exports if kind == FUNCTION}
    for first, behind in machine.STRETCHES:
        stretch = range(numbers[first], numbers[behind])
        run = sorted(at for at in gone if table[at] in stretch)
        others = [at for at in range(run[0], run[-1]) if table[at] not in stretch]
        assert len(others) < 0.2 * len(run), first
        assert all(table[at] < stretch.stop or at in others for at in range(run[0], run[-1])), first
