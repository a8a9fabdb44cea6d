"""Hostile labels through every output: a label stays text, in markup, in scripts and in printed code.

Each payload tries to become something named `evil`: a tag, an attribute, a call, a control word, a node. The outputs
are parsed, by Python's parsers or with the quoted texts taken out, and nothing named so may remain.
"""

import ast
import random
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import autodiff
from autodiff import Program, Value
from tests.fuzz.tries import repeat, require
from viz import derive, draw, explore, render, steps

PAYLOADS = [
    *(
        "</script><evil>",
        "<evil onevil=1>",
        '"><evil>',
        "'><evil>",
        "' onevil='1",
        '" onevil="1',
        "]]><evil>",
        "--><evil>",
    ),
    *(
        "</style><evil>",
        "</title></svg><evil>",
        "</text><evil/>",
        "<!--<script>",
        "&lt;evil&gt;<evil>",
        "${evil()}",
        "`+evil()+`",
    ),
    *(
        '"+evil()+"',
        "'+evil()+'",
        "\n evil()\n",
        "\\';evil();//",
        '"""\nevil()\n"""',
        "*/evil()/*",
        "\r\nevil()#",
        "\u2028evil()//",
    ),
    *("\\evil{}", "}\\evil{", "$\\evil$", "%\n\\evil", "^^5cevil", "\\\\evil", "{\\evil", "#1\\evil&", "\\)\\evil\\("),
    *(
        '"]; evil [label="x',
        '"\n evil',
        "\\",
        '\\"]; evil[label=x',
        ">]; evil [label=<",
        "x]-->evil[y",
        '"] click evil "',
        "[`evil`]",
    ),
    *("<b>evil</b><evil>", "\0<evil>", "\ud800", "\u202eevil", "a" * 3000, "%%{evil}%%", "&#60;evil&#62;", "x\ty", ""),
]


def attack(rng: random.Random, seconds: float) -> Iterator[str]:
    return repeat(attempt, rng, seconds)


class _Tags(HTMLParser):
    """The names of tags and attributes, and the scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names += [tag, *(name for name, _ in attributes)]
        self.names += [value or "" for name, value in attributes if name.startswith("on") or name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in ("script", "style"):
            self.scripts.append(data)

    def handle_comment(self, data: str) -> None:
        self.names.append(f"comment {data}")


# Texts in quotes, and comments, of each language: what is left of an output without them is code.
_JS_TEXT = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`(?:[^`\\$]|\\.|\$(?!\{))*`|//[^\n\r\u2028\u2029]*|/\*.*?\*/', re.S
)


def check_html(text: str) -> None:
    parser = _Tags()
    parser.feed(text)
    parser.close()
    require(not any("evil" in name for name in parser.names), f"markup: {[n for n in parser.names if 'evil' in n][:3]}")
    for script in parser.scripts:
        check_javascript(script)


def check_xml(text: str) -> None:
    for element in ElementTree.fromstring(text).iter():
        names = [element.tag, *element.attrib]
        require(not any("evil" in name for name in names), f"XML: {names}")


def check_javascript(text: str) -> None:
    rest = _JS_TEXT.sub("", text)  # a label may be the name of a variable, but no function that is called
    require(re.search(r"\bevil\s*\(", rest) is None, f"script: {about(rest)}")


def check_python(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        # a label may be a name, of a variable, but no more
        require(not (isinstance(node, ast.Call) and "evil" in ast.dump(node.func)), f"a call: {about(text)}")


def check_tex(text: str) -> None:
    without = re.sub(r"\\\\|\\textbackslash", "", text)
    require(re.search(r"(?<!\\)\\evil|\^\^5cevil", without) is None, f"a control word: {about(text)}")


def check_dot(text: str) -> None:
    require("<evil" not in text.replace("\\", ""), f"DOT, a tag in a label: {about(text)}")
    rest, depth, in_quotes = "", 0, False
    for piece in re.findall(r"\\.|.", text, re.S):  # labels in quotes, and those of HTML, are taken out
        if depth == 0 and piece == '"':
            in_quotes = not in_quotes
        elif not in_quotes and piece in ("<", ">") and not rest.endswith("-"):
            depth += 1 if piece == "<" else -1
        elif not in_quotes and depth == 0:
            rest += piece
    require("evil" not in rest, f"DOT: {about(rest)}")


def check_mermaid(text: str) -> None:
    rest = re.sub(r'"[^"]*"', "", text)
    require("evil" not in rest and "<evil" not in text, f"Mermaid: {about(text)}")


def about(text: str) -> str:
    """The part of a text around the word."""
    at = max(text.find("evil"), 0)
    return repr(text[max(0, at - 60) : at + 60])


def _mermaid(drawing: Any) -> str:
    return str(drawing.mermaid() if hasattr(drawing, "mermaid") else drawing._repr_mimebundle_()["text/vnd.mermaid"])


OUTPUTS: dict[str, tuple[Callable[[Value, list[Value]], str], Callable[[str], None]]] = {
    "svg": (lambda out, leaves: render(draw(out), "svg").decode(), check_xml),
    "svg in a page": (lambda out, leaves: render(draw(out), "svg").decode(), check_html),
    "dot": (lambda out, leaves: draw(out).source, check_dot),
    "mermaid": (lambda out, leaves: _mermaid(draw(out)), check_mermaid),
    "tikz": (lambda out, leaves: draw(out).tikz(), check_tex),
    "steps": (lambda out, leaves: str(steps(out).page()), check_html),
    "explore": (lambda out, leaves: str(explore(out)), check_html),
    "derive, LaTeX": (lambda out, leaves: derive(out, leaves[0]).latex(), check_tex),
    "derive, HTML": (lambda out, leaves: derive(out, leaves[0]).html(), check_html),
    "python": (lambda out, leaves: Program(out, leaves).source("python", wrt="inputs"), check_python),
    "numpy": (lambda out, leaves: Program(out, leaves).source("numpy", wrt="inputs"), check_python),
    "javascript": (lambda out, leaves: Program(out, leaves).source("javascript", wrt="inputs"), check_javascript),
}


def attempt(rng: random.Random) -> str:
    def label() -> str:
        return "".join(rng.choice(PAYLOADS) for _ in range(rng.choice([1, 1, 2])))

    x, y = Value(1.5), Value(0.5)
    try:
        x.label, y.label = label(), label()
        inner = x * y + autodiff.exp(y)
        inner.label = label()
        out = autodiff.tanh(inner) + x
        out.label = rng.choice(["f", label()])
    except (TypeError, ValueError):
        return "label refused"
    name = rng.choice([*OUTPUTS])
    write, check = OUTPUTS[name]
    try:
        check(write(out, [x, y]))
    except Exception as error:
        if "labels of at most 2000 characters" in str(error):
            return f"{name}, refused: too long"
        raise AssertionError(
            f"{name}: {type(error).__name__}: {error}; labels {[n.label for n in (x, y, inner, out)]!r}"
        ) from error
    return name
