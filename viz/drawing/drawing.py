"""The classes that `draw` and `network` return: a `graphviz.Digraph` that shows and saves itself."""

import os
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import graphviz

from viz.drawing.content import Content
from viz.drawing.mermaid import to_mermaid
from viz.drawing.picture import Picture, picture_of
from viz.drawing.rendering import by_graphviz, render, save
from viz.drawing.tikz import picture_to_tikz, to_tikz
from viz.pages.markup import element, to_html
from viz.pages.notebook import image
from viz.pages.showing import Shown


class Drawing(Shown, graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A `graphviz.Digraph` that a notebook shows without a system Graphviz; see `viz.save`.

    Attributes:
        alt: what it shows, in words.
        picture: it as shapes and texts, if they are known, from which its SVG is written in `colors`.
        titles: what a node is, by its name in DOT.
        edge_titles: what each edge is.
    """

    shown_as = ".svg"
    alt: str = ""
    picture: Picture | None = None
    colors: Mapping[str, str] = MappingProxyType({})
    titles: Mapping[str, str] = MappingProxyType({})
    edge_titles: Sequence[str] = ()

    def copy(self) -> "Drawing":
        """Return a copy; that of `graphviz` would forget the words."""
        return deepcopy(self)

    def pipe(self, format: str = "svg", **_: Any) -> bytes:  # noqa: A002  # the name in graphviz
        """Return the picture as bytes."""
        return render(self, format)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as `viz.save` does; `source` is the DOT text."""
        return save(self, path)

    def render(self, filename: Any = None, *, format: str = "svg", **_: Any) -> str:  # noqa: A002
        """Write the picture to `filename` with the suffix of the format, and return the path."""
        return str(save(self, f"{filename or 'graph'}.{format}"))

    def view(self, *_: Any, **__: Any) -> None:
        """Open the picture in the browser, as `show` does."""
        self.show()

    def titled(self, svg: str) -> str:
        """Return its SVG by Graphviz with these words, which a reader of the screen says and a mouse shows."""

        def title(match: re.Match[str]) -> str:
            kind, number, name = match[2], int(match[3]), unescape(match[4])
            words = self.edge_titles[number - 1 : number] if kind == "edge" else [self.titles.get(name, "")]
            return match[1] + "".join(str(element("title", text)) + "\n" for text in words if text)

        svg = re.sub(r'(<g id="(node|edge|clust|graph)(\d+)"[^>]*>\n)<title>([^<]*)</title>\n', title, svg)
        return svg.replace("<svg ", f'<svg role="img" aria-label="{to_html(self.alt)}" ', 1)

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        svg = render(self, "svg").decode()
        return {"image/svg+xml": svg, "text/html": image(svg, self.alt)}


class GraphDrawing(Drawing):
    """The drawing of a recorded graph, which other programs can draw too.

    Attributes:
        content: the graph, and the options of `viz.draw`.
    """

    content: Content

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart, which GitHub and many wikis draw; not a circuit."""
        if self.content.style == "circuit":
            raise ValueError(
                "mermaid: a circuit keeps its places, which Mermaid cannot; use style='boxes', "
                "or save the circuit as .svg, .png or .pdf, or take its tikz() or its source, which is DOT"
            )
        return to_mermaid(self.content)

    def tikz(self) -> str:
        """Return the graph as a complete LaTeX document, in which TikZ draws it with the layout of Graphviz.

        Symbols are set as mathematics. Labels in other alphabets than Latin need lualatex or xelatex, and a font.
        """
        if self.content.style == "circuit":
            return picture_to_tikz(picture_of(self.content), self.content.colors)
        return to_tikz(self.content, by_graphviz(self, "svg"))
