"""Documentation built by the tools that authors use shows the live figure, and the picture where nothing runs.

The tools are the extra `sites` of pyproject.toml; where they are not installed, the tests that need them are left out.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import build
from app.site.picture import drawn, told
from app.state.fields import LINKED
from tests.browser.conftest import served
from tests.made.results import result

SITES, AUTHORS = build.ROOT / "tests/sites", build.STATIC / "authors"
ADDRESS = "https://example.org/play/"


def needs(tool: str):
    return pytest.mark.skipif(not find_spec(tool), reason=f"{tool} is not installed: pip install -e .[sites]")


def run(*words, **more) -> None:
    """A tool in this Python, which finds the authors' package as if it were installed."""
    path = os.pathsep.join([str(AUTHORS), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stderr[-2000:] or done.stdout[-2000:]


@pytest.fixture(scope="module")
def author():
    """The authors' package, imported."""
    sys.path.insert(0, str(AUTHORS))
    import compression_playground

    yield compression_playground
    sys.path.remove(str(AUTHORS))


def test_the_distribution_installs_one_package_of_a_name_of_its_own(tmp_path):
    named = tomllib.loads((AUTHORS / "pyproject.toml").read_text())
    assert named["tool"]["setuptools"]["packages"] == ["compression_playground"]
    copy = shutil.copytree(AUTHORS, tmp_path / "authors")
    pip = sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"
    build.run(*pip, "-w", str(tmp_path), str(copy), env={**os.environ, "PYTHONPATH": ""})
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        tops = {name.partition("/")[0] for name in opened.namelist() if ".dist-info/" not in name}
    assert tops == {"compression_playground"}


def test_it_knows_the_parts_of_a_link(author):
    assert list(author.LINK) == list(LINKED)
    assert doctest.testmod(author).failed == 0


@pytest.mark.parametrize("link", ["javascript:alert(1)", "?v=1", "file:///etc/passwd", "", "data:text/html,x"])
def test_what_is_no_address_of_the_web_is_refused_in_words(author, link):
    with pytest.raises(ValueError, match="is no link of the playground"):
        author.site(link)


def test_markup_in_a_link_stays_text(author):
    html = author.opening(f'{ADDRESS}"><script>?model="><b>&onclick=x', {"theme": '"><i>'})
    assert html.count("<") == html.count("</script>") + 2 and "onclick" not in html


def sphinx(builder: str, target: Path, address: str) -> Path:
    """The small site, built by Sphinx; a warning is a failure."""
    source = target / "source"
    if not source.exists():
        shutil.copytree(SITES / "sphinx", source)
        made = result("spirals")
        (source / "half.svg").write_text(drawn(made))
        (source / "half.txt").write_text(told(made))
        build.print_png(source / "half.svg") if build.chromium() else (source / "half.png").write_bytes(b"")
    given = "-D", f"compression_playground_site={address}"
    run("sphinx", "-q", "-W", "-b", builder, *given, source, target / builder, "-d", target / "doctrees")
    return target / builder


@needs("sphinx")
@needs("furo")
def test_18_books_and_plain_text_have_the_picture_with_caption_and_link(tmp_path):
    link = f"{ADDRESS}?v=1&model=spirals&recipe=prune,sparsity:0.5&view=network"
    text = (sphinx("text", tmp_path, ADDRESS) / "index.txt").read_text()
    assert "Spirals" in text and "are gone" in text and link in text.replace("\n", "").replace(" ", "")
    latex = (sphinx("latex", tmp_path, ADDRESS) / "library.tex").read_text()
    assert "{half}.png" in latex and r"\caption{Half of the weights" in latex and "href{" + ADDRESS in latex
    page = (sphinx("man", tmp_path, ADDRESS) / "library.1").read_text()
    assert "are gone" in page and "Open in the Compression Playground" in page
    given = "-D", f"compression_playground_site={ADDRESS}", "-D", "copyright=its authors", "-D", "version=1"
    run("sphinx", "-q", "-b", "epub", *given, tmp_path / "source", tmp_path / "epub")
    book = (tmp_path / "epub/index.xhtml").read_text()
    assert "half.svg" in book and "<compression-playground" not in book and "<script" not in book


@needs("sphinx")
@needs("furo")
def test_17_a_sphinx_page_has_the_element_in_the_theme_of_the_page(tmp_path, site, new_tab):
    with served(sphinx("html", tmp_path, site), policy="") as address:
        page = new_tab(address, color_scheme="light").open("index.html", live=False).page
        page.wait_for_selector("compression-playground >> text=Start")
        assert page.locator("compression-playground").count() == 2 and page.locator("figure img").is_visible()
        page.evaluate("document.body.dataset.theme = 'dark'")
        page.wait_for_function(
            "getComputedStyle(document.querySelector('compression-playground')).colorScheme === 'dark'"
        )
        assert page.locator("figcaption").inner_text().startswith("Half of the weights are gone.")
        # the second is of a lesson, whose picture comes with the site
        page.wait_for_function("document.querySelectorAll('compression-playground')[1].childElementCount > 0")


@needs("material")
def test_17_a_mkdocs_page_has_the_element_and_swaps_its_content(tmp_path, site, new_tab):
    shutil.copytree(SITES / "mkdocs", tmp_path / "source")
    for path in build.files_under(tmp_path / "source"):
        path.write_text(path.read_text().replace("SITE", site.rstrip("/")))
    run(
        "mkdocs",
        "build",
        "-q",
        "--strict",
        "--no-directory-urls",
        "-f",
        tmp_path / "source/mkdocs.yml",
        "-d",
        tmp_path / "out",
    )
    with served(tmp_path / "out", policy="") as address:
        page = new_tab(address).open("index.html", live=False).page
        page.wait_for_selector("compression-playground[model=spirals] >> text=Start")
        page.evaluate("window.still = true")
        page.click("text=The next page")
        page.wait_for_selector("compression-playground[model=cancer] >> text=Start")
        page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
        page.wait_for_function(
            "getComputedStyle(document.querySelector('compression-playground')).colorScheme === 'dark'"
        )


@needs("anywidget")
def test_a_widget_carries_link_and_options_and_refuses_what_is_no_link(author):
    from compression_playground.widget import Playground

    widget = Playground(f"{ADDRESS}?v=1&model=spirals", controls="prune", height=300)
    assert widget._site == ADDRESS and widget._given == {"model": "spirals", "controls": "prune", "height": "300"}
    assert widget.state == {} and widget.result == {}
    with pytest.raises(ValueError, match="is no link"):
        Playground("javascript:alert(1)")


@needs("marimo")
@needs("anywidget")
def test_a_notebook_shows_the_figure_and_reads_its_state(tmp_path, site, new_tab):
    book = tmp_path / "book.py"
    book.write_text((SITES / "notebook.py").read_text().replace("SITE/", site))
    with marimo(book) as address:
        page = new_tab(address).open(live=False).page
        page.click("compression-playground >> text=Start")
        page.wait_for_selector("text=spirals was read")


@contextlib.contextmanager
def marimo(book: Path):
    """marimo serving a notebook; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(AUTHORS), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "marimo", "-q", "run", "--headless", "--no-token", "--port", str(port), str(book)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                break
            assert process.poll() is None, "marimo has ended"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()
