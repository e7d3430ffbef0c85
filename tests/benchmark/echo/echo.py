"""A slider and a text that repeats its value: the least that a Panel application in a page can do."""

import panel as pn
from js import sendPatch
from panel.io.pyodide import _convert_json_patch, _link_docs_worker, init_doc, write_doc

init_doc()
slider = pn.widgets.FloatSlider(start=0, end=1, step=0.01, value=0.5)
pn.Column(slider, pn.widgets.StaticText(value=slider)).servable()


def link():
    _link_docs_worker(pn.state.curdoc, sendPatch, setter="js")


def receive(patch):
    pn.state.curdoc.apply_json_patch(_convert_json_patch(patch), setter="js")


await write_doc()  # noqa: F704 - run by Pyodide, which awaits
