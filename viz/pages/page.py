"""A page in one file: what it shows, how it looks, what it does and its data, for a lecture hall without a network.

Whatever is put into a page is text unless it was built here as HTML, so that a label such as `<img onerror=...>` is
shown, not obeyed. A second lock is the page's own policy: it may load nothing and run no script but its own.
"""

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from autodiff.extend import write_file
from viz.style.palette import DARK, LIGHT, variables

_VOID = ("br", "hr", "input", "link", "meta")
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
FRAME_HEIGHT = 640  # pixels of a page inside a notebook: a chart of use, and all that moves it


class Html(str):
    """A text that is HTML; any other str is plain text, and is escaped."""

    __slots__ = ()


def text(plain: object) -> Html:
    """Return a plain text as HTML: markup escaped, what cannot be shown as U+FFFD; what is HTML already as it is.

    >>> text("<b> & \\x00")
    '&lt;b&gt; &amp; \ufffd'
    """
    return plain if isinstance(plain, Html) else Html(escape(_UNSHOWABLE.sub("\ufffd", str(plain))))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element of HTML or SVG.

    Args:
        tag: its name.
        *children: HTML as it is, anything else as plain text.
        **attributes: `class_` is class, `aria_label` is aria-label; None or False is left out, True has no value.

    >>> element("p", "a < b ", element("b", 3), class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b <b>3</b></p>'
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is not None and value is not False:
            name = name.removesuffix("_").replace("_", "-")
            parts.append(name if value is True else f'{name}="{text(str(value))}"')
    inside = "".join(text(child) for child in children)
    return Html(f"<{' '.join(parts)}>" + ("" if tag in _VOID else f"{inside}</{tag}>"))


def asset(name: str) -> str:
    """Return the text of a file in `viz/assets`."""
    return (files("viz") / "assets" / name).read_text(encoding="utf-8")


class Page:
    """A page that needs nothing but itself.

    Args:
        title: of the window, a plain text.
        *body: what it shows, in order: HTML, or plain text, which becomes a paragraph.
        css: rules that follow the shared ones. Colors are variables: `var(--ink)` for "ink" in `viz.style.palette`;
            a rule `:root{--ink:...}` changes them.
        js: a script that runs, as a function of its own, once the body is there. It finds `data` parsed.
        data: what the script works on: lists, tuples, dicts by str, str, numbers, bool, None. What JSON cannot say
            becomes a text, "NaN", "Infinity" or "-Infinity", that JavaScript's `Number` reads.

    >>> page = Page("Hello", element("h1", "Hello"), "a <plain> text", js="console.log(data)", data=[1, math.inf])
    >>> "<p>a &lt;plain&gt; text</p>" in str(page)
    True
    """

    def __init__(self, title: str, *body: str, css: str = "", js: str = "", data: Any = None) -> None:
        self.title = title
        self._body = [part if isinstance(part, Html) else element("p", part) for part in body]
        colors = f":root{{{variables(LIGHT)}}}@media(prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}"
        self._css = "\n".join([colors, asset("page.css"), css])
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
        html = element("html", element("head", *head), element("body", *self._body, *scripts), lang="en")
        return f"<!doctype html>\n{html}\n"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file that ends in .html, and return the path."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save: expected a file name that ends in .html, got {path.name!r}")
        return write_file(path, str(self).encode())

    def _repr_html_(self) -> str:
        """In a notebook: the page in a frame of its own, where its rules and its script touch nothing else."""
        return element(
            "iframe",
            srcdoc=str(self),
            title=self.title,
            sandbox="allow-scripts",
            allow="fullscreen",
            width="100%",
            height=FRAME_HEIGHT,
            style="border:0",
        )


def json_in_html(data: Any) -> str:
    """Return data as JSON that may stand in a script element, and is one line of ASCII punctuation safe in HTML.

    >>> print(json_in_html({"label": "</script>", "x": [1.5, math.nan]}))
    {"label":"\\u003c/script\\u003e","x":[1.5,"NaN"]}
    """
    out = json.dumps(_sayable(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        out = out.replace(character, f"\\u{ord(character):04x}")
    return out


def _sayable(data: Any) -> Any:
    """The same, with "NaN" and "Infinity" for the numbers that JSON lacks, and U+FFFD for what a page cannot show."""
    if isinstance(data, str):
        return _UNSHOWABLE.sub("\ufffd", data)
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    if isinstance(data, Mapping):
        return {_sayable(key): _sayable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_sayable(value) for value in data]
    return data


def _inside(tag: str, code: str) -> str:
    """Code that may stand in a script or style element: it does not end it. In a string or comment it says the same."""
    code = _UNSHOWABLE.sub(
        "\ufffd", code.replace("\r\n", "\n").replace("\r", "\n")
    )  # as a browser reads it, for the hash
    return re.sub(rf"<(?=/{tag}|!--)", r"<\\", code, flags=re.IGNORECASE)


def _policy(script: str) -> str:
    """Load nothing; run this script, and no other."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
