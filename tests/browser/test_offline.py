"""After the first visit the site needs no network: what the page says it has kept is there when the server is gone."""

from __future__ import annotations

import json
import shutil
import threading

import pytest

from static import serve
from tests.made.networks import mlp

from .test_own import load

WORDS = "document.getElementById('offline').textContent"


class Host:
    """The site below a sub-path, as long as it is wanted."""

    def __init__(self, folder):
        host = self

        class Handler(serve.Handler):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, directory=str(folder), **kwargs)

            def send_head(self):
                if host.server is None:  # a connection of before, which ends with its server only where it is not alive
                    raise ConnectionResetError
                return super().send_head()

            def translate_path(self, path):
                return super().translate_path("/" + path.removeprefix("/workshop/"))

        self.handler, self.server, self.port = Handler, None, 0

    def start(self):
        self.server = serve.Server(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.port}/workshop/"

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


@pytest.fixture
def host(dist, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(dist, site)
    host = Host(site)
    yield host
    host.stop()


def told(tab, words):
    tab.page.wait_for_function(f"{WORDS}.startsWith('{words}')")


def test_a_reload_works_with_the_server_gone_and_gives_the_same_numbers(new_tab, host):
    tab = new_tab(host.start(), offline=True).open("?v=1&model=spirals&recipe=prune,sparsity:0.6")
    told(tab, "Ready offline, with the models")
    before = tab.result
    assert "MB" in tab.page.text_content("#keep-all")
    host.stop()
    tab.page.reload()
    tab.page.evaluate("playground.ready")
    after = tab.result
    kept = ("score", "score_interval", "bytes", "bytes_zipped")
    assert [after["compressed"][name] for name in kept] == [before["compressed"][name] for name in kept]
    told(tab, "Ready offline, with the models")
    assert load(tab, mlp())["model"].startswith("own-")

    said = tab.page.evaluate("playground.set({model: 'words', recipe: []}).catch(error => error.message)")
    assert "words" in said or "network" in said  # it was never chosen, and nothing claims that it was kept
    host.start()
    tab.page.reload()
    tab.page.evaluate("playground.ready")
    told(tab, "Ready offline, with the models")
    tab.page.evaluate("document.getElementById('keep-all').click()")
    told(tab, "Ready offline, with all models")
    host.stop()
    assert tab.set(model="words", recipe=[])["compressed"]["bytes"] > 0


def test_a_file_that_is_not_the_listed_one_is_never_called_ready(new_tab, host, tmp_path):
    listed = json.loads((tmp_path / "site/offline.json").read_text())
    listed["files"]["experiments.js"][1] = "0" * 32  # as amid a new upload, or where a hotel's page answers for all
    (tmp_path / "site/offline.json").write_text(json.dumps(listed))
    tab = new_tab(host.start(), offline=True).open()
    told(tab, "Not ready offline: the site is being changed")


def test_a_new_build_takes_the_place_of_the_old_one_and_nothing_is_left_behind(new_tab, host, tmp_path):
    tab = new_tab(host.start(), offline=True).open()
    told(tab, "Ready offline")
    listed = (tmp_path / "site/offline.json").read_text()
    (tmp_path / "site/offline.json").write_text(listed.replace('"build": "', '"build": "next-'))
    tab.page.reload()
    tab.page.evaluate("playground.ready")
    tab.page.wait_for_function("caches.keys().then(names => names.length === 1 && names[0].includes('next-'))")
    told(tab, "Ready offline")


def test_where_nothing_can_be_kept_the_help_says_why(new_tab, site):
    tab = new_tab().open()
    told(tab, "Not offline: browsers keep a page only if it came by https")
