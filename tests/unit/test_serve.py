"""The server for a room: compressed once for all, with the types that browsers insist on, and a code to photograph."""

import gzip
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from static import serve

SCRIPT = b"export const a = 1; " * 500


class Handler(serve.Handler):
    near = ()  # as if all came from elsewhere


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "a.js").write_bytes(SCRIPT)
    (folder / "a.wasm").write_bytes(b"\0asm\1\0\0\0")
    server = serve.Server(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def fetched(address, **headers):
    with urlopen(Request(address, headers=headers)) as answer:
        return answer.headers, answer.read()


def test_who_takes_gzip_gets_it_and_all_others_get_the_file(site):
    headers, data = fetched(f"{site}a.js", **{"Accept-Encoding": "gzip, br"})
    assert (headers["Content-Encoding"], headers["Content-Type"]) == ("gzip", "text/javascript")
    assert len(data) < len(SCRIPT) / 10 and gzip.decompress(data) == SCRIPT
    headers, data = fetched(f"{site}a.js")
    assert headers["Content-Encoding"] is None and data == SCRIPT
    assert fetched(f"{site}a.wasm", **{"Accept-Encoding": "gzip"})[0]["Content-Type"] == "application/wasm"
    assert gzip.decompress(fetched(site, **{"Accept-Encoding": "gzip"})[1]) == b"<!doctype html>"


def test_to_this_very_machine_files_go_as_they_are(site, monkeypatch):
    monkeypatch.setattr(Handler, "near", serve.Handler.near)
    headers, data = fetched(f"{site}a.js", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] is None and data == SCRIPT


def test_what_a_browser_has_is_not_sent_again_and_what_is_not_there_is_said(site):
    headers, _ = fetched(f"{site}a.js", **{"Accept-Encoding": "gzip"})
    again = {"Accept-Encoding": "gzip", "If-Modified-Since": headers["Last-Modified"]}
    for address, more, code in ((f"{site}a.js", again, 304), (f"{site}b.js", {"Accept-Encoding": "gzip"}, 404)):
        with pytest.raises(HTTPError) as error:
            fetched(address, **more)
        assert error.value.code == code
        error.value.close()


def test_a_class_asks_at_once_and_the_file_is_compressed_once(site, monkeypatch):
    calls = []
    monkeypatch.setattr(serve.Handler, "_compressed", {})
    monkeypatch.setattr(serve.gzip, "compress", lambda data, level: calls.append(data) or b"packed")
    with ThreadPoolExecutor(40) as room:
        answers = list(room.map(lambda _: fetched(f"{site}a.js", **{"Accept-Encoding": "gzip"})[1], range(40)))
    assert answers == [b"packed"] * 40 and len(calls) == 1


def test_the_code_of_an_address_is_the_one_that_was_read_by_a_telephone():
    """Read back with zxing-cpp when it was written; that is no tool of this project."""
    code = serve.qr("http://192.168.178.123:8000/")
    wanted = "a5ef08a81904a32d0a301101c7ef4dd4cdb53b6fc7f14d976c123d7cb00afa0d"
    assert hashlib.sha256(code.encode()).hexdigest() == wanted
    assert serve.qr("http://" + "x" * 50) == ""
