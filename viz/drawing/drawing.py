"""The classes that `draw` and `network` return: a `graphviz.Digraph` that shows and saves itself."""

import os
from pathlib import Path
from typing import Any

import graphviz

from viz.drawing.content import Content
from viz.drawing.mermaid import to_mermaid
from viz.drawing.rendering import render, save
from viz.drawing.tikz import to_tikz


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A `graphviz.Digraph` that a notebook shows as SVG without a system Graphviz; see `viz.save`."""

    def pipe(self, format: str = "svg", **_: Any) -> bytes:  # noqa: A002  # the name in graphviz
        """Return the picture as bytes."""
        return render(self, format)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as `viz.save` does; `source` is the DOT text."""
        return save(self, path)

    def render(self, filename: Any = None, *, format: str = "svg", **_: Any) -> str:  # noqa: A002
        """Write the picture to `filename` with the suffix of the format, and return the path."""
        return str(save(self, f"{filename or 'graph'}.{format}"))

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        svg = render(self, "svg").decode()
        scrolls = f'<div style="max-width:100%;overflow-x:auto">{svg[svg.index("<svg") :]}</div>'
        return {"image/svg+xml": svg, "text/html": scrolls}


class GraphDrawing(Drawing):
    """The drawing of a recorded graph, which other programs can draw too.

    Attributes:
        content: the graph, and the options of `viz.draw`.
    """

    content: Content

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart, which GitHub and many wikis draw."""
        return to_mermaid(self.content)

    def tikz(self) -> str:
        """Return the graph as a complete LaTeX document, in which TikZ draws it with the layout of Graphviz.

        Symbols are set as mathematics. Labels in other alphabets than Latin need lualatex or xelatex, and a font.
        """
        return to_tikz(self.content, render(self.source, "svg"))
