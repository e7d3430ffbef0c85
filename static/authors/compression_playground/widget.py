"""The widget for Jupyter and marimo: a live figure whose State and Result Python reads, and whose State it may change.

The kernel computes nothing: all runs in the page, from the site that the link opens.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from compression_playground import attributes, site


class Playground(anywidget.AnyWidget):
    """One live figure.

    Parameters
    ----------
    link : as *Share* gives it
    controls, height, theme : as on the element

    Attributes
    ----------
    state, result : plain JSON, as in ``window.playground``; empty before the first. A partial State that is assigned to
        `state` is merged into the one on screen.
    error : what could not be done, in words

    Raises
    ------
    ValueError
        If the link is no address of the web.
    """

    _esm = """
    function render({ model, el }) {
      const script = document.createElement("script");
      script.src = `${model.get("_site")}element.js`;
      const figure = document.createElement("compression-playground");
      for (const [name, value] of Object.entries(model.get("_given"))) figure.setAttribute(name, value);
      const keep = (name, value) => {
        model.set(name, value);
        model.save_changes();
      };
      figure.addEventListener("statechange", ({ detail }) => keep("state", detail));
      figure.addEventListener("result", ({ detail }) => keep("result", detail));
      figure.addEventListener("error", ({ detail }) => keep("error", detail));
      const change = () => {
        const wanted = model.get("state");
        if (JSON.stringify(wanted) !== JSON.stringify(figure.state))
          figure.set(wanted).catch(({ message }) => keep("error", message));
      };
      model.on("change:state", change);
      document.head.append(script); // in a shadow tree, as notebooks have, it would not know where it comes from
      el.append(figure);
      return () => {
        model.off("change:state", change);
        script.remove();
      };
    }
    export default { render };
    """

    _site = traitlets.Unicode().tag(sync=True)
    _given = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, link: str, *, controls: str | None = None, height: int | None = None, theme: str | None = None):
        more = {"controls": controls, "height": height, "theme": theme}
        given: dict[str, Any] = {name: str(value) for name, value in more.items() if value is not None}
        super().__init__(_site=site(link), _given={**attributes(link), **given})
