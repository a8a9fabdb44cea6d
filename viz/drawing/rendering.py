"""A drawing as SVG, PNG or PDF.

The SVG of a graph is written here. Graphviz draws the others: that in the wheel of pygraphviz, a `dot` on
the PATH, or in a browser Viz.js.
"""

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from autodiff import MissingDependencyError, Value
from autodiff.extend import write_file
from viz.drawing.content import Content
from viz.drawing.picture import Picture, picture_of
from viz.drawing.svg import State, svg
from viz.graph.checks import check_path, check_suffix

FORMATS = ("svg", "png", "pdf")
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
MAX_LABEL = 2000  # characters; Graphviz reads texts of up to 16,384 bytes, and of a label each may need 6
PNG_DPI = "192"  # twice the resolution of a screen, so that a PNG stays sharp on a slide


def render(drawing: Any, as_format: str) -> bytes:
    """Return a drawing as the bytes of a picture.

    Args:
        drawing: what `viz.draw` returned, any `graphviz.Digraph`, or DOT text.
        as_format: "svg", "png" or "pdf".

    Raises:
        TypeError: if `drawing` is not a drawing.
        ValueError: if the format is another, or Graphviz cannot read the DOT text: of labels, 2,000 characters.
        MissingDependencyError: if neither pygraphviz nor `dot` is installed.
    """
    if as_format not in FORMATS:
        raise ValueError(f"render: expected one of {', '.join(FORMATS)}, got {as_format!r}")
    source = drawing if isinstance(drawing, str) else getattr(drawing, "source", None)
    if not isinstance(source, str):
        hint = "save it with its save(path)" if _saves_itself(drawing) else "use draw(loss) for a Value"
        got = "Value" if isinstance(drawing, Value) else type(drawing).__name__
        raise TypeError(f"render: expected a drawing, got {got}; {hint}")
    if as_format == "svg" and isinstance(content := getattr(drawing, "content", None), Content):
        return f"{XML}{svg(picture_of(content), State(), content.colors, alt=drawing.alt)}\n".encode()
    if as_format == "svg" and isinstance(shapes := getattr(drawing, "picture", None), Picture):
        return f"{XML}{svg(shapes, State(), drawing.colors, alt=drawing.alt)}\n".encode()
    picture = by_graphviz(drawing, as_format)
    if as_format == "svg" and hasattr(drawing, "titled"):
        return bytes(drawing.titled(picture.decode()).encode())
    return _cropped(picture) if as_format == "png" else picture


def by_graphviz(drawing: Any, as_format: str) -> bytes:
    """Return the picture that Graphviz draws of a drawing, or of DOT text."""
    if isinstance(content := getattr(drawing, "content", None), Content):
        longest = max((node.label for node in content.graph.nodes), key=len)
        if len(longest) > MAX_LABEL:
            raise ValueError(
                f"render: Graphviz reads labels of at most {MAX_LABEL} characters, got {len(longest)} in "
                f"{longest[:20] + '…'!r}; shorten it, or save the drawing as .svg"
            )
    source = drawing if isinstance(drawing, str) else drawing.source
    if sys.platform == "emscripten":
        return _render_in_browser(source, as_format)
    try:
        import pygraphviz
    except ImportError:
        return _render_by_dot(source, as_format)
    try:
        graph = pygraphviz.AGraph(string=source)
        if as_format == "png":
            graph.graph_attr["dpi"] = PNG_DPI
        return bytes(graph.draw(format=as_format, prog="dot"))
    except ValueError as error:
        raise ValueError(f"render: Graphviz cannot draw this: {error}") from None


def _render_by_dot(source: str, as_format: str) -> bytes:
    """The picture by a system Graphviz."""
    dot = shutil.which("dot")
    if dot is None:
        raise MissingDependencyError("viz.save", "pygraphviz (or a system Graphviz)", "viz")
    resolution = [f"-Gdpi={PNG_DPI}"] if as_format == "png" else []
    ran = subprocess.run([dot, f"-T{as_format}", *resolution], input=source.encode(), capture_output=True, check=False)
    if ran.returncode:
        raise ValueError(f"render: Graphviz cannot draw this: {ran.stderr.decode(errors='replace').strip()}")
    return ran.stdout


def _render_in_browser(source: str, as_format: str) -> bytes:
    """The picture by Graphviz as WebAssembly, which the page registers as a module: the npm package `@viz-js/viz`."""
    if as_format != "svg":
        raise ValueError(f"render: expected svg in a browser, got {as_format!r}")
    try:
        import graphviz_in_browser
    except ImportError:
        raise MissingDependencyError("viz.save", "@viz-js/viz of npm", "viz") from None
    return str(graphviz_in_browser.svg(source)).encode()


def _cropped(png: bytes) -> bytes:
    """A PNG by cairo without its last row and column: the ground ends within them, which would be a line on a slide.

    No filter of a PNG reads a pixel to the right or below, so the others keep their bytes (the PNG specification,
    section 9.2).
    """
    chunks, at = [], 8
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += size + 12
    (_, header), *others, end = chunks
    width, height, _, color_type = struct.unpack(">IIBB", header[:10])
    pixel = {2: 3, 6: 4}[color_type]  # bytes of red, green and blue, and of opacity
    line = 1 + pixel * width
    lines = zlib.decompress(b"".join(content for kind, content in others if kind == b"IDAT"))
    kept = b"".join(lines[i : i + line - pixel] for i in range(0, line * (height - 1), line))
    rest = [chunk for chunk in others if chunk[0] != b"IDAT"]
    cropped = [
        (b"IHDR", struct.pack(">II", width - 1, height - 1) + header[8:]), *rest, (b"IDAT", zlib.compress(kept)), end
    ]  # fmt: skip
    written = [
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in cropped
    ]
    return png[:8] + b"".join(written)


def save(drawing: Any, path: str | os.PathLike[str]) -> Path:
    """Write a drawing to a file, in the format of its suffix: .svg, .png or .pdf.

    Figures, pages, steps and derivations have a `save` of their own, which is called; it takes other suffixes too, such
    as .html.

    Args:
        drawing: what `viz.draw` or another function of `viz` returned, any `graphviz.Digraph`, or DOT text.
        path: the file; its folder must exist. An old file is replaced only when the new one is complete.

    Returns:
        The path.

    Raises:
        TypeError: if `drawing` is not a drawing, or `path` not a path.
        ValueError: if the suffix is another.
        MissingDependencyError: if neither pygraphviz nor `dot` is installed.
    """
    path = check_path(path, "; the drawing comes first, as in save(drawing, 'f.svg')")
    if _saves_itself(drawing):
        return Path(drawing.save(path))
    suffix = check_suffix(path, *(f".{name}" for name in FORMATS))
    return write_file(path, render(drawing, suffix[1:]))


def _saves_itself(thing: Any) -> bool:
    """Whether it is a figure, a page, steps or a derivation: an object without DOT text, with a `save` of `viz`."""
    is_of_viz = getattr(getattr(type(thing), "save", None), "__module__", "").startswith("viz.")
    return is_of_viz and not hasattr(thing, "source")
