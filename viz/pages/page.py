"""A page in one file, with its style, its script and its data, for a lecture hall without a network.

Texts are escaped (`viz.pages.markup`). In addition, the page has a content security policy: it may load nothing, and
run no script but its own.
"""

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from autodiff import Program, Value
from autodiff.extend import write_file
from viz.graph.checks import check_path, check_suffix
from viz.pages.markup import Html, element, showable
from viz.pages.notebook import framed
from viz.pages.showing import Shown
from viz.style.palette import DARK, LIGHT, variables


def asset(name: str) -> str:
    """Return the text of a file in `viz/assets`."""
    return (files("viz") / "assets" / name).read_text(encoding="utf-8")


class Page(Shown):
    """A page in one file.

    Args:
        title: the title of the window, a plain text.
        *body: its content, in order: HTML, or plain text, which becomes a paragraph.
        css: rules after the shared ones. Colors are variables: `var(--ink)` is "ink" in `viz.style.palette`, and a rule
            `:root{--ink:...}` changes it.
        js: a script that runs in a function of its own after the body is loaded. `data` is its parsed data.
        data: the data of the script: lists, tuples, dicts by str, str, numbers, bool and None. Numbers without JSON
            become the texts "NaN", "Infinity" and "-Infinity", which `Number` of JavaScript reads.

    Attributes:
        title: the title.
        still: a function that returns the image that a notebook shows where it may not run the page, or "".

    >>> page = Page("Hello", element("h1", "Hello"), "a <plain> text", js="console.log(data)", data=[1, math.inf])
    >>> "<p>a &lt;plain&gt; text</p>" in str(page)
    True
    """

    def __init__(self, title: str, *body: str, css: str = "", js: str = "", data: Any = None) -> None:
        self.title = title
        self.still: Callable[[], str] = str
        self._body = [part if isinstance(part, Html) else element("p", part) for part in body]
        colors = (
            f":root{{{variables(LIGHT)}}}@media screen and (prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}"
        )
        self._css = "\n".join([colors, asset("page.css"), css, asset("print.css")])
        self._js = js
        self._data = data

    def __str__(self) -> str:
        """The page as HTML."""
        script, scripts = "", []
        if self._js:
            scripts.append(Html(f'<script type="application/json" id="data">{json_in_html(self._data)}</script>'))
            read = 'const data = JSON.parse(document.getElementById("data").textContent);'
            script = _inside("script", f'"use strict";\n(() => {{\n{read}\n{self._js}\n}})();\n')
            scripts.append(Html(f"<script>{script}</script>"))
        head = [
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("link", rel="icon", href="data:,"),
            element("title", self.title),
            Html(f"<style>\n{_inside('style', self._css)}</style>"),
        ]
        html = element(
            "html", element("head", *head), element("body", element("main", *self._body), *scripts), lang="en"
        )
        return f"<!doctype html>\n{html}\n"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name must end in .html, and return the path."""
        path = check_path(path)
        if path.suffix.lower() != ".htm":
            check_suffix(path, ".html")
        return write_file(path, str(self).encode())

    def _repr_html_(self) -> str:
        return framed(str(self), self.title, self.still())


def json_in_html(data: Any) -> str:
    """Return data as JSON on one line that cannot end a script element.

    >>> print(json_in_html({"label": "</script>", "x": [1.5, math.nan]}))
    {"label":"\\u003c/script\\u003e","x":[1.5,"NaN"]}
    """
    out = json.dumps(_as_json(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        out = out.replace(character, f"\\u{ord(character):04x}")
    return out


def _as_json(data: Any) -> Any:
    """The data with "NaN" and "Infinity" for numbers that JSON lacks, and U+FFFD for characters that HTML lacks."""
    if isinstance(data, str):
        return showable(data)
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    if isinstance(data, Mapping):
        return {_as_json(key): _as_json(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_as_json(value) for value in data]
    return data


def _inside(tag: str, code: str) -> str:
    """Code for a script or style element, changed so that it cannot end the element but keeps its meaning."""
    code = showable(code.replace("\r\n", "\n").replace("\r", "\n"))  # a browser hashes the script with these line ends
    return re.sub(rf"<(?=/{tag}|!--)", r"<\\", code, flags=re.IGNORECASE)


def _policy(script: str) -> str:
    """The content security policy: load nothing, and run this script and no other."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def javascript(
    outputs: Iterable[Value], inputs: Iterable[Value], name: str = "compute", parameters: Iterable[Value] = ()
) -> str:
    """Return JavaScript that defines a function from an array of inputs to an array of outputs: no second engine.

    If there are parameters, their array is its second argument.

    Raises:
        ValueError: if a primitive is not in the table, so that it has no source.

    >>> x = Value(3.0, "x")
    >>> print(javascript([x, x + 1.0], [x]))
    const compute = (() => {
    /**
     * Return the values.
     */
    function value(inputs) {
      const [x] = inputs;
      return [x, x + 1];
    }
    return value;
    })();
    <BLANKLINE>
    """
    source = Program(outputs, inputs, parameters, backend="python").source("javascript")
    return f"const {name} = (() => {{\n{source}return value;\n}})();\n"
