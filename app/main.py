"""Serves the page from CPython with onnxruntime, for development: ``python -m panel serve app/main.py --dev``.

It shows the same document in the same layout. What only the site has is left out: the address bar's history, sharing,
downloading and `window.playground`. One model without a view, "mailbox", stands in for the site's messages: its value
brings what the page wants, its tags take there the State and what there is to say.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import panel as pn
from bokeh.models import TextInput
from panel.viewable import Viewable

from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.screen.compose import compose
from app.screen.layout import PLACE, STATIC, layout
from app.state import link
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store


def serve() -> None:
    """Build the document of the session that is being opened."""
    document = pn.state.curdoc
    pn.config.browser_info = False  # a model for each root, of which nothing is asked
    pipeline, result = pn.state.as_cached("start", _start)
    store = Store(result, described)
    mailbox = TextInput(name="mailbox", visible=False, tags=[store.state.to_json(), ""])

    said = ""

    def tell(sentence: str) -> None:
        nonlocal said
        said = sentence
        document.add_next_tick_callback(lambda: mailbox.update(tags=[store.state.to_json(), said]))

    def receive(attr, old, new) -> None:
        message = json.loads(new)
        if "held" in message:
            store.hold(message["held"], message.get("pin", ""))
        elif "link" in message:
            key = link.decode(message["link"])[0].compression
            if "mark" in message:
                store.mark(key, message["mark"])
            else:
                store.change(key.to_json())
        else:
            store.change(message["change"])

    def restore() -> None:
        state, notes = link.decode(pn.state.location.search if pn.state.location else "")
        store.go(state)
        tell(" ".join(notes))

    for name, root in compose(store, document.add_next_tick_callback).items():
        if isinstance(root, Viewable):
            root.server_doc(document, location=False)
        else:
            document.add_root(root)
        document.roots[-1].name = name
    document.add_root(mailbox)
    mailbox.on_change("value", receive)
    store.on_state(lambda state, transient: tell(""))
    store.on_error(tell)
    document.title = "Compression Playground"
    document.template = _template()
    store.connect(pipeline)
    document.add_next_tick_callback(restore)


def _start():
    """The pipeline that all sessions share, and the first Result."""
    pipeline = Pipeline(NativeRuntime())
    with ThreadPoolExecutor(1) as thread:  # the server's own loop is already running
        return pipeline, thread.submit(asyncio.run, pipeline.result(DEFAULT)).result()


def _template() -> str:
    """The layout as a template of Panel's: style and scripts inside, each root in its place."""
    body = PLACE.sub(lambda place: f"{place[1]}{{{{ embed(roots['{place[2]}']) }}}}", layout())
    style, first = ((STATIC / name).read_text(encoding="utf-8") for name in ("style.css", "first.js"))
    names = ("kept.js", "theme.js", "spoken.js", "page.js", "history.js", "native.js")
    scripts = "".join((STATIC / name).read_text(encoding="utf-8") for name in names)
    scripts = "\n".join(line.removeprefix("export ") for line in scripts.splitlines() if not line.startswith("import "))
    return (
        '{% block postamble %}<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{{% raw %}}{style}{{% endraw %}}</style>"
        f"<script>{{% raw %}}{first}{{% endraw %}}</script>{{% endblock %}}"
        f"{{% block contents %}}{body}<div hidden>{{{{ embed(roots['mailbox']) }}}}</div>"
        f'<script type="module">{{% raw %}}{scripts}{{% endraw %}}</script>{{% endblock %}}'
    )


if __name__.startswith("bokeh_app"):  # Panel runs this file for each session
    serve()
