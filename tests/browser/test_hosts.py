"""The site starts on any host of static files, whatever types it knows, and in a frame with no rights but scripts."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
import subprocess
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

KNOWN = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
LINK = "?v=1&recipe=prune,sparsity:0.7"


class Plain(SimpleHTTPRequestHandler):
    """Knows no type but the oldest; sends /folder to /folder/, as all do."""

    types = KNOWN

    def guess_type(self, path):
        return self.types.get(Path(path).suffix, "application/octet-stream")

    def log_message(self, *args):
        """Tests say what they need themselves."""


class Strict(Plain):
    """Forbids browsers to guess."""

    def end_headers(self):
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()


class Debian(Strict):
    """The types of Debian 12's nginx: .wasm, but no .mjs."""

    types = KNOWN | {".js": "application/javascript", ".wasm": "application/wasm"}


class Zipping(Plain):
    """Compresses whatever it is asked for, and does not say how long it is."""

    protocol_version = "HTTP/1.0"

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return super().send_head()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return BytesIO(gzip.compress(path.read_bytes(), 1))


class Shared(Plain):
    """Lets pages of all origins read its files, as hosts of pages and packages do."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@contextlib.contextmanager
def hosted(handler, root):
    """Serve a folder in the manner of `handler`; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: handler(*args, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def nginx(root):
    """The real one, with the types of the distribution that it comes from."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    types = Path(NGINX).parents[2] / "etc/nginx/mime.types"
    (root / "nginx.conf").write_text(
        f"daemon off; pid {root}/nginx.pid; error_log {root}/error.log; events {{}} user root;\n"
        f"http {{ include {types}; default_type application/octet-stream; access_log off; gzip on;\n"
        + "".join(f"{name}_temp_path {root}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    process = subprocess.Popen([NGINX, "-c", str(root / "nginx.conf"), "-e", str(root / "error.log")])
    try:
        for _ in range(50):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def root(dist, tmp_path):
    """A folder in which the site is at /some/where."""
    (tmp_path / "some").mkdir()
    (tmp_path / "some/where").symlink_to(dist)
    return tmp_path


def starts(new_tab, address):
    tab = new_tab(f"{address}some/where").open(LINK)
    assert tab.page.url == f"{address}some/where/{LINK}"
    assert tab.state["recipe"][0]["sparsity"] == 0.7 and tab.result["n"] == 360
    assert tab.said == []


@pytest.mark.parametrize("handler", [Plain, Strict, Debian, Zipping])
def test_it_starts_on_hosts_of_all_manners(handler, root, new_tab):
    with hosted(handler, root) as address:
        starts(new_tab, address)


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_it_starts_on_nginx(root, new_tab):
    with nginx(root) as address:
        starts(new_tab, address)


def framed(tab, root, address):
    """The site in a frame that may run scripts and nothing else."""
    (root / "frame.html").write_text(
        '<link rel="icon" href="data:,">'
        f'<iframe sandbox="allow-scripts" src="some/where/{LINK}" width=1200 height=760></iframe>'
    )
    tab.page.goto(f"{address}frame.html")
    return next(frame for frame in tab.page.frames if frame.parent_frame)


def test_it_starts_in_a_sandboxed_frame(root, new_tab):
    with hosted(Shared, root) as address:
        tab = new_tab()
        frame = framed(tab, root, address)
        frame.wait_for_function("window.playground !== undefined")
        frame.evaluate("playground.ready")
        assert frame.evaluate("[self.origin, playground.result.n]") == ["null", 360]
        frame.evaluate("playground.set({model: 'spirals'}).then(() => playground.set({view: 'weights'}))")
        assert frame.evaluate("playground.state.view") == "weights"
        assert tab.said == []


def test_a_frame_that_may_read_nothing_says_so(root, new_tab):
    with hosted(Plain, root) as address:
        frame = framed(new_tab(), root, address)
        frame.wait_for_selector("#error >> text=open the page in a tab of its own")
