"""The same application served by CPython: ``panel serve app/main.py`` gives the same roots and answers a slider."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bokeh.client import pull_session

from app.state.views import VIEWS

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds; a busy machine imports slowly


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "app/main.py", "--port", str(port), "--address", "127.0.0.1"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/main"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.filterwarnings("ignore")  # of the client's event loop, which is not ours
def test_it_serves_the_page_and_a_slider_moves_the_figures(address):
    with pull_session(url=address) as session:
        names = {root.name for root in session.document.roots}
        assert {"recipe", "figures", "answers", *(f"view-{id}" for id in VIEWS)} <= names
        before = session.document.get_model_by_name("figures").text
        slider = session.document.get_model_by_name("prune.sparsity")
        slider.value = 0.93
        until = time.monotonic() + PATIENCE
        after = before
        while after == before and time.monotonic() < until:
            session.force_roundtrip()
            time.sleep(0.3)  # Bokeh's client takes no patches while it does not listen, so ask for all
            session.pull()
            after = session.document.get_model_by_name("figures").text
        assert after != before
