"""The same application served by CPython: ``panel serve app/main.py`` gives the same roots and answers a slider."""

import re
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
    command = [sys.executable, "-m", "panel", "serve", "app/main.py", "--port", "0", "--address", "127.0.0.1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        said = ""
        while " running at: " not in said and (line := server.stderr.readline()):
            said += line
        there = re.search(r" running at: (\S+)", said)
        assert there, said  # it has ended
        yield there[1]
        server.terminate()


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
            with session.document.models.freeze():  # else each root walks all models anew
                session.pull()  # all, for Bokeh's client takes no patches while it does not listen
            after = session.document.get_model_by_name("figures").text
        assert after != before
