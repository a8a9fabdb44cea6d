"""The folder of the playground: a page, Python for the browser, and this project, served by any web server."""

import io
import os
import zipfile
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from autodiff import MissingDependencyError
from autodiff.extend import write_file
from viz.pages.page import asset
from viz.style.palette import DARK, LIGHT, variables

PYTHON = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
GRAPHVIZ = "@viz-js/viz/dist/viz.js"
PACKAGES = ("autodiff", "nn", "viz", "graphviz")
QR_CODES = "segno"  # without it a link has no QR code


def write_playground(folder: str | os.PathLike[str]) -> Path:
    """Write the playground into a folder, and return the path of its page.

    Open it by a web server, as `python -m http.server --directory FOLDER` is one; then it needs no network.

    Args:
        folder: made if it does not exist. Python and Graphviz for the browser, the npm packages `pyodide` and
            `@viz-js/viz`, are taken from the folder `node_modules` at or above the current one.

    Raises:
        FileNotFoundError: if an npm package is not there.
        MissingDependencyError: if the extra `viz` is not installed.
        OSError: if a file cannot be written.
    """
    modules = node_modules()
    folder = Path(folder)
    (folder / "pyodide").mkdir(parents=True, exist_ok=True)
    for name in PYTHON:
        write_file(folder / "pyodide" / name, (modules / "pyodide" / name).read_bytes())
    write_file(folder / "viz.js", (modules / GRAPHVIZ).read_bytes())
    write_file(folder / "chainrule.zip", _archive())
    colors = f":root{{{variables(LIGHT)}}}@media(prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}"
    rules = [colors, *map(asset, ("page.css", "derivation.css", "playground.css"))]
    write_file(folder / "playground.css", "\n".join(rules).encode())
    for name in ("playground.js", "worker.js"):
        write_file(folder / name, asset(name).encode())
    return write_file(folder / "index.html", asset("playground.html").encode())


def node_modules() -> Path:
    """The folder that has both npm packages."""
    for parent in (Path.cwd(), *Path.cwd().parents):
        modules = parent / "node_modules"
        if (modules / "pyodide").exists() and (modules / GRAPHVIZ).exists():
            return modules
    raise FileNotFoundError(
        f"playground: expected the npm packages pyodide and @viz-js/viz in node_modules at or above {Path.cwd()}; "
        "run npm install pyodide @viz-js/viz"
    )


def _archive() -> bytes:
    """The sources of the packages, as a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in (*PACKAGES, *[QR_CODES] * (find_spec(QR_CODES) is not None)):
            if find_spec(package) is None:
                raise MissingDependencyError("the playground", package, "viz")
            root = Path(str(files(package)))
            for path in sorted(root.rglob("*")):
                if path.suffix in (".py", ".js", ".css", ".html", ".typ"):
                    archive.write(path, Path(package, path.relative_to(root)))
    return content.getvalue()
