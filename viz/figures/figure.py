"""The classes of figures: a still by matplotlib for a paper, and a page with the same numbers for a lecture."""

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from autodiff import MissingDependencyError
from autodiff.extend import needed, write_file
from viz.graph.checks import check_path, check_suffix
from viz.pages.notebook import image
from viz.pages.page import Page
from viz.pages.showing import Shown
from viz.style.text import format_number

STILLS = (".svg", ".png", ".pdf")
PNG_DPI = 200
Colors: TypeAlias = Mapping[str, str]
"""The colors of a theme."""

Draw: TypeAlias = Callable[[Any, Colors], None]
"""A function that draws on a figure of matplotlib, in some colors."""


COLORED: Mapping[str, tuple[Any, ...]] = {
    "paper": ("figure.facecolor", "axes.facecolor", "figure.edgecolor"),
    "ink": ("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"),
    "line": ("axes.edgecolor",),
}
"""The parameters of matplotlib by the name of their color."""


class Still(Shown):
    """A picture by matplotlib, which a notebook shows. It leaves the style of other pictures unchanged.

    Args:
        size: width and height, in inches.
        draw: a function that draws on a `matplotlib.figure.Figure`, or on a subfigure, in some colors.
        colors: these colors.
        alt: what the picture shows, in a few words, for those who do not see it.
    """

    shown_as = ".svg"

    def __init__(self, size: tuple[float, float], draw: Draw, colors: Colors, alt: str) -> None:
        self._size, self._draw, self._colors, self.alt = size, draw, colors, alt

    def draw(self, canvas: Any) -> None:
        """Draw on a `matplotlib.figure.Figure`, or on a subfigure of a larger picture."""
        self._draw(canvas, self._colors)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture, and return the path.

        Args:
            path: a file that ends in .svg, .png or .pdf; for a `Figure` also in .html, which is its page.

        Raises:
            ValueError: if the suffix is another.
            MissingDependencyError: for a still, if matplotlib is not installed.
        """
        path = check_path(path)
        return write_file(path, self.still(check_suffix(path, *STILLS)[1:]))

    def still(self, as_format: str) -> bytes:
        """Return the still as "svg", "png" or "pdf", in bytes; equal figures give equal bytes."""
        with needed("a still figure", "matplotlib", "figures"):
            import matplotlib as mpl
            from matplotlib.figure import Figure as Canvas
        file = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[as_format]
        with mpl.rc_context():  # restores the style of the caller
            mpl.rcdefaults()
            mpl.rcParams.update({"svg.hashsalt": "chainrule", "font.size": 13})
            for name, keys in COLORED.items():
                mpl.rcParams.update(dict.fromkeys(keys, self._colors[name]))
            canvas = Canvas(figsize=self._size, layout="constrained")
            self.draw(canvas)
            for axes in canvas.axes:
                axes.spines[["top", "right"]].set_visible(False)
                if not axes.images:
                    axes.grid(color=self._colors["operation"])
                    axes.set_axisbelow(True)
            canvas.savefig(file, format=as_format, dpi=PNG_DPI, metadata=undated)
        return file.getvalue()

    def _repr_html_(self) -> str:
        return image(self.still("svg").decode(), self.alt)


class Figure(Still):
    """A page that moves, and a still of it. A notebook shows the `page`."""

    shown_as = ".html"

    def __init__(self, page: Page, size: tuple[float, float], draw: Draw, colors: Colors) -> None:
        super().__init__(size, draw, colors, page.title)
        self.page = page
        page.still = self._image

    def _image(self) -> str:
        """The still as an image; "" without matplotlib, which the page does not need."""
        try:
            return Still._repr_html_(self)
        except MissingDependencyError:
            return ""

    def save(self, path: str | os.PathLike[str]) -> Path:
        path = check_path(path)
        is_page = check_suffix(path, ".html", *STILLS) == ".html"
        return self.page.save(path) if is_page else super().save(path)

    def _repr_html_(self) -> str:
        return self.page._repr_html_()


def number(x: float, digits: int = 4) -> str:
    """Return a number of a still."""
    return format_number(x, digits)


def note(axes: Any, text: str, at: tuple[float, float], offset: tuple[float, float], color: str) -> None:
    """Write a text beside a point, with a halo of the color of the ground; the offset is in points."""
    import matplotlib.patheffects as effects

    sides = {-1: "right", 0: "center", 1: "left"}
    side = sides[(offset[0] > 0) - (offset[0] < 0)]
    halo = [effects.withStroke(linewidth=4, foreground=axes.get_facecolor())]
    axes.annotate(
        text, at, xytext=offset, textcoords="offset points", ha=side, va="center", color=color, path_effects=halo
    )
