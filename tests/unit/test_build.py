"""The build's own promises: only what is pinned gets in, and a failure is one sentence that leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

import build
from static import webassembly

GOOD = b"the file that is pinned"
ROW = {"package": "left", "version": "1.0", "file": "left-1.0.tgz", "size": len(GOOD)}
ROW["sha256"] = hashlib.sha256(GOOD).hexdigest()


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache without files and a list with one package; gives the folder of downloads."""
    numpy = {**build.LOCK["numpy"], "file": "numpy.whl", "sha256": ROW["sha256"], "size": len(GOOD)}
    monkeypatch.setattr(build, "CACHE", tmp_path)
    monkeypatch.setattr(build, "LOCK", {"npm": [ROW], "pypi": [], "numpy": numpy})
    monkeypatch.setattr(build.urllib.request, "urlopen", unreachable)
    return tmp_path / "downloads"


def unreachable(*args, **more):
    raise OSError("no route to host")


def client(**files: bytes):
    """A package client that writes these files."""

    def run(*command, cwd, env):
        for name, content in files.items():
            Path(cwd, name).write_bytes(content)

    return run


def wheel_around(content: bytes) -> bytes:
    """The package that NumPy's wheel can be taken from."""
    with zipfile.ZipFile(packed := BytesIO(), "w") as archive:
        archive.writestr(build.LOCK["numpy"]["inside"]["path"], content)
    return packed.getvalue()


def test_pinned_files_are_kept_and_not_fetched_again(empty_cache, monkeypatch):
    monkeypatch.setattr(build, "run", client(**{"left-1.0.tgz": GOOD, "around.whl": wheel_around(GOOD)}))
    build.fetch(build.Step("fetch"))
    monkeypatch.setattr(build, "run", None)
    assert {path.read_bytes() for path in build.fetch(build.Step("fetch")).values()} == {GOOD}
    assert sorted(path.name for path in empty_cache.iterdir()) == ["left-1.0.tgz", "numpy.whl"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"left-1.0.tgz": b"another"}, "left-1.0.tgz is not the file that build.lock.json pins"),
        ({}, "left-1.0.tgz was not among what was downloaded"),
        ({"left-1.0.tgz": GOOD, "around.whl": wheel_around(b"another")}, "numpy.whl is not the file"),
    ],
)
def test_another_file_is_refused_and_not_kept(empty_cache, monkeypatch, files, said):
    monkeypatch.setattr(build, "run", client(**files))
    with pytest.raises(build.Failed, match=said):
        build.fetch(build.Step("fetch"))
    assert all(path.read_bytes() == GOOD for path in empty_cache.iterdir())


def test_a_failed_download_is_one_sentence(empty_cache, monkeypatch):
    run = build.run
    failing = (sys.executable, "-c", "import sys; sys.exit('a warning\\nno network')")
    monkeypatch.setattr(build, "run", lambda *command, **more: run(*failing, **more))
    with pytest.raises(build.Failed) as failed:
        build.fetch(build.Step("fetch"))
    assert "left@1.0" in str(failed.value) and str(failed.value).endswith("no network")
    assert list(empty_cache.iterdir()) == []


@pytest.mark.parametrize(
    ("tool", "version", "said"),
    [("node", None, "node is missing"), ("npm", None, "npm is missing"), ("node", "v18.1.0", "too old")],
)
def test_a_missing_or_old_tool_is_named(monkeypatch, tool, version, said):
    monkeypatch.setattr(build.shutil, "which", lambda name: None if name == tool and version is None else name)
    monkeypatch.setattr(build, "run", lambda name, _: version if name == tool else "v99.0.0")
    with pytest.raises(build.Failed, match=said):
        build.check_tools()


def test_the_command_fails_with_a_sentence_and_code_1(tmp_path):
    site = tmp_path / "fresh"
    for name in ("build.py", "build.lock.json", "static", *build.OURS):
        copy = shutil.copytree if (build.ROOT / name).is_dir() else shutil.copy
        site.mkdir(exist_ok=True)
        copy(build.ROOT / name, site / name)
    env = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "build.py", "build"], cwd=site, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == "node is missing: the build needs Node 20 or newer with npm."
    assert not (site / "dist").exists()


def test_a_folder_of_the_cache_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "CACHE", tmp_path)

    def fill(folder):
        folder.mkdir()
        (folder / "half").touch()
        raise build.Failed("stopped")

    with pytest.raises(build.Failed):
        build.cached("things", "key", fill)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_is_a_webassembly_module_that_holds_its_files(tmp_path):
    contents = {"a.pyc": b"", "b/c.pyc": bytes(range(256)) * 3}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    written = build.write_pack(tmp_path, "packs/some", {name: tmp_path / name for name in contents}, {})
    script = """
      const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
      const [index, files] = ["index", "files"].map((name) => WebAssembly.Module.customSections(module, name)[0]);
      console.log(JSON.stringify([JSON.parse(new TextDecoder().decode(index)), [...new Uint8Array(files)]]));
    """
    index, files = json.loads(build.run("node", "-e", script, str(tmp_path / written["file"])))
    assert index == [["a.pyc", 0], ["b/c.pyc", 768]] and bytes(files) == contents["b/c.pyc"]


def test_numbers_of_webassembly_are_written_seven_bits_a_byte():
    assert [webassembly.leb128(n) for n in (0, 127, 128, 624485)] == [b"\x00", b"\x7f", b"\x80\x01", b"\xe5\x8e\x26"]


def test_what_is_stored_of_a_model_travels_with_its_files_and_the_first_models_does_not():
    inside = f"{build.PACKAGES}/models/digits_cnn/model.onnx", f"{build.STORED}/digits-cnn.pickle"
    others = f"{build.STORED}/start.pickle", f"{build.STORED}/digits-mlp.pickle", f"{build.PACKAGES}/models/model.pyc"
    assert build.model_files({*inside, *others}) == {"digits-cnn": list(inside)}


def test_the_start_button_says_what_was_measured(tmp_path):
    shutil.copy(build.STATIC / "element.js", tmp_path)
    build.say_size(tmp_path, 23_456_789)
    assert 'MEGABYTES = "23"' in (tmp_path / "element.js").read_text()


def test_onnxruntime_asks_for_a_gigabyte_and_a_build_that_cannot_see_to_it_stops(tmp_path):
    machine = tmp_path / "machine.js"
    machine.write_text("x=new WebAssembly.Memory({initial:256,maximum:65536,shared:!0}),qa()")
    build.ask_for_less(machine)
    assert "maximum:16384" in machine.read_text()
    with pytest.raises(build.Failed, match="other words"):
        build.ask_for_less(machine)
