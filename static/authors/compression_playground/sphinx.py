"""The directive and the role for Sphinx.

In conf.py: ``extensions = ["compression_playground.sphinx"]``. Then, with a link as *Share* gives it::

    .. compression-playground:: https://example.org/playground/?v=1&model=spirals&recipe=prune,sparsity:0.5
       :picture: images/half

       Half of the weights are gone.

HTML has the live figure, with the picture in its place until a reader starts it. All other kinds of output have the
picture, the caption and the link. ``:picture:`` names files without their endings, as ``python build.py picture LINK
images/half`` writes them; each kind of output takes the one that it can show, and ``half.txt`` is the alternative text.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import only
from sphinx.application import Sphinx
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from compression_playground import opening, site

ELEMENT = ("controls", "height", "theme", "start")
"Options that become attributes of the element."


WAY = "Open in the Compression Playground"


class compression_playground(nodes.General, nodes.Element):
    """A live figure around what stands in its place where nothing runs."""


class Directive(SphinxDirective):
    """``.. compression-playground:: link``, with a caption inside."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "controls": directives.unchanged,
        "height": directives.positive_int,
        "theme": lambda word: directives.choice(word, ("light", "dark")),
        "start": lambda word: directives.choice(word, ("button", "view")),
        "picture": directives.unchanged,
        "alt": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        link = urljoin(self.config.compression_playground_site, "".join(self.arguments[0].split()))
        try:
            site(link)
        except ValueError as error:
            raise self.error(str(error)) from None
        live = compression_playground(link=link, given={name: self.options.get(name) for name in ELEMENT})
        self.set_source_info(live)
        caption = self.parse_content_to_nodes()
        if "picture" not in self.options:
            live += only("", _way(link), expr="html")
            return [live, *caption, _printed(link)]
        live += _linked(link, self._picture(self.options["picture"]))
        figure = nodes.figure("", live)
        if caption:
            figure += nodes.caption("", "", *caption[0].children)
        figure += only("", nodes.legend("", _printed(link)), expr="not html")
        return [figure]

    def _picture(self, name: str) -> nodes.image:
        """The picture in all its files, with its words."""
        words = self.options.get("alt")
        _, path = self.env.relfn2path(f"{name}.txt")
        if words is None and Path(path).is_file():
            words = Path(path).read_text(encoding="utf-8").strip()
            self.env.note_dependency(path)
        return nodes.image(uri=f"{name}.*", alt=words or "")


class Role(ReferenceRole):
    """``:compression-playground:`words <link>` ``: a link that opens the playground."""

    def run(self):
        link = urljoin(self.config.compression_playground_site, self.target)
        return [nodes.reference(self.rawtext, self.title, refuri=link)], []


def _linked(link: str, *inside: nodes.Node) -> nodes.reference:
    return nodes.reference("", "", *inside, refuri=link)


def _way(link: str) -> nodes.paragraph:
    return nodes.paragraph("", "", _linked(link, nodes.Text(WAY)))


def _printed(link: str) -> nodes.Node:
    """The way with its address in sight, for what cannot be clicked."""
    return only("", nodes.paragraph("", f"{WAY}: ", _linked(link, nodes.Text(link))), expr="not html")


def _open(translator, node) -> None:
    translator.body.append(opening(node["link"], node["given"]))


def _close(translator, node) -> None:
    translator.body.append("</compression-playground>\n")


def _nothing(translator, node) -> None:
    """What stands in its place is all there is."""


def setup(app: Sphinx) -> dict[str, object]:
    still = _nothing, _nothing
    app.add_config_value("compression_playground_site", "", "env", types=[str])
    app.add_node(
        compression_playground, html=(_open, _close), epub=still, latex=still, text=still, man=still, texinfo=still
    )
    app.add_directive("compression-playground", Directive)
    app.add_role("compression-playground", Role())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
