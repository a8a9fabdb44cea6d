"""A graph as a LaTeX document: TikZ draws it in the fonts of LaTeX, with the layout of Graphviz."""

import re
from collections.abc import Iterable, Mapping
from operator import itemgetter
from xml.etree import ElementTree

from viz.drawing.content import Content
from viz.drawing.labels import label_lines, number_text
from viz.drawing.paths import SVG, coordinate, points_of, tip_of
from viz.drawing.picture import Picture
from viz.drawing.svg import color_of, paint_of
from viz.drawing.texts import Run, Text
from viz.graph.description import Node

_GREEK = {
    "αβγδεζηθκλμνξπρστφχψω": (
        "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
    ),
    "ΓΔΘΛΞΠΣΦΨΩ": "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega",
}
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "|": r"\textbar{}",
    "-": "{-}",
    "`": "{`}",
    "'": "{'}",
    "\ufffd": "?",
    **{character: rf"\{character}" for character in "{}$&#_%"},
    "×": r"$\times$",
    "−": "$-$",
    "·": r"$\cdot$",
    "÷": r"$\div$",
    "→": r"$\to$",
    "←": r"$\leftarrow$",
    "\xa0": "~",
    "…": r"\dots{}",
    "∂": r"$\partial$",
    "√": r"$\surd$",
    "∇": r"$\nabla$",
    **{
        letter: rf"$\{name}$"
        for letters, names in _GREEK.items()
        for letter, name in zip(letters, names.split(), strict=True)
    },
    **{digit: f"$_{i}$" for i, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
_NORMAL = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_PREAMBLE = r"""\documentclass[tikz,border=4bp]{standalone}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usetikzlibrary{arrows.meta}
"""
_STYLES = r"""\begin{tikzpicture}[
    x=1bp, y=1bp, font=\sffamily\fontsize{11}{13}\selectfont, text=ink,
    node/.style={draw=line, align=center, inner sep=0pt},
    leaf/.style={node, draw=ink, fill=leaf},
    parameter/.style={node, draw=ink, fill=parameter},
    constant/.style={node, draw=none},
    operation/.style={node, fill=operation, rounded corners=6bp},
    part/.style={operation, fill=parameter},
    more/.style={constant},
    output/.style={draw=ink, line width=2bp},
    edge/.style={draw=line, -{Stealth[length=6bp, width=5bp]}},
    partial/.style={text=partial, fill=paper, inner sep=1bp},
    box/.style={draw=line, rounded corners=6bp, line width=0.5bp},
    title/.style={anchor=north west, text=muted, font=\sffamily\fontsize{9}{11}\selectfont},
  ]
"""


def to_tikz(content: Content, svg: bytes) -> str:
    """Return a graph as a LaTeX document, with the layout of its picture by Graphviz."""
    canvas = ElementTree.fromstring(svg).find(f"{SVG}g")
    assert canvas is not None
    by_id = {node.id: node for node in content.graph.nodes}
    boxes, edges, nodes = [], [], []
    for group in canvas.findall(f"{SVG}g"):
        kind = group.get("class")
        if kind == "node":
            nodes.append(_node(group, by_id[group.findtext(f"{SVG}title", "")], content))
        elif kind == "edge":
            edges += _edge(group)
        else:
            boxes += _box(group)
    names = ("paper", "ink", "muted", "line", "leaf", "parameter", "operation", "data", "grad", "partial")
    return _document(_STYLES, [*boxes, *edges, *nodes], names, content.colors)


def picture_to_tikz(picture: Picture, colors: Mapping[str, str]) -> str:
    """Return a picture as a LaTeX document, each shape and text in its place."""
    lines, used = [], {"paper", "ink"}
    for group in picture.groups:
        for item in group.items:
            paint = paint_of(group, item, "")
            used |= {*filter(None, paint[:2])}
            if isinstance(item, Text):
                runs = "".join(_run(run, color_of(group, run)) for run in item.runs)
                used |= {color_of(group, run) for run in item.runs}
                anchor = {"start": "base west", "middle": "base", "end": "base east"}[item.anchor]
                lines.append(rf"\node[anchor={anchor}, inner sep=0pt] at {_point((item.x, item.y))} {{{runs}}};")
            elif paint.fill or paint.stroke:
                drawn = f"draw={paint.stroke}, line width={paint.width}bp" if paint.stroke else "draw=none"
                lines.append(rf"\path[fill={paint.fill or 'none'}, {drawn}] {_path(item.path)};")
    return _document(r"\begin{tikzpicture}[x=1bp, y=1bp, font=\sffamily]" + "\n", lines, sorted(used), colors)


def _document(begin: str, lines: Iterable[str], names: Iterable[str], colors: Mapping[str, str]) -> str:
    """A LaTeX document of one picture."""
    defined = [rf"\definecolor{{{name}}}{{HTML}}{{{colors[name][1:].upper()}}}" for name in names]
    body = "".join(f"  {line}\n" for line in lines)
    return (
        _PREAMBLE + "\n".join(defined) + "\n\\begin{document}\n\\pagecolor{paper}\n"
        f"{begin}{body}\\end{{tikzpicture}}\n\\end{{document}}\n"
    )


def _run(run: Run, color: str) -> str:
    text = run.text if run.role in ("symbol", "name", "caption") else ""
    text = escaped(text) if text else _number(run.text)
    text = rf"\textbf{{{text}}}" if run.bold else rf"\textit{{{text}}}" if run.italic else text
    shown = rf"{{\fontsize{{{run.size:g}}}{{{1.2 * run.size:g}}}\selectfont\color{{{color}}}{text}}}"
    return rf"\raisebox{{-{run.down:g}bp}}{shown}" if run.down else shown


def _name(base: str, index: str) -> str:
    """A name, typeset."""
    below = rf"\textsubscript{{{escaped(index)}}}" if index else ""
    return rf"\textit{{{escaped(base)}{below}}}"


def _path(path: str) -> str:
    """A path of SVG as one of TikZ."""
    drawn = ""
    for command, numbers in re.findall("([MLCZ])([^MLCZ]*)", path):
        points = [_point(point) for point in points_of(numbers)]
        if command == "C":
            triples = zip(points[::3], points[1::3], points[2::3], strict=True)
            drawn += "".join(f" .. controls {one} and {two} .. {end}" for one, two, end in triples)
        else:
            drawn += {"M": points[0], "L": f" -- {points[0]}"}[command] if points else " -- cycle"
    return drawn


def _node(group: ElementTree.Element, node: Node, content: Content) -> str:
    outline = next((item for item in group if item.tag in (f"{SVG}polygon", f"{SVG}path")), None)
    if outline is None:  # a node without a border
        points = [(float(text.get("x", "")), float(text.get("y", "")) - 4.0) for text in group.iter(f"{SVG}text")]
    else:
        points = _corners(outline)
    xs, ys = zip(*points, strict=True)
    place = f"at ({coordinate((min(xs) + max(xs)) / 2)}, {coordinate(-(min(ys) + max(ys)) / 2)})"
    size = f", minimum width={coordinate(max(xs) - min(xs))}bp, minimum height={coordinate(max(ys) - min(ys))}bp"
    style = node.kind + (", output" if node.is_output else "") + (size if outline is not None else "")
    if node.kind == "constant":
        name = rf"{_name(*content.name(node))} = " if node.label else ""
        return rf"\node[{style}] ({node.id}) {place} {{{name}{_number(number_text(node, 'data', content.digits))}}};"
    symbol = rf"\textbf{{{escaped(node.symbol)}}}" if node.symbol else ""
    base, index = content.name(node)
    *rest, last = label_lines(base) or [""]
    first, *rest = [*(_name(line, "") if line else "" for line in rest), _name(last, index) if last else ""]
    rows = [" ".join(filter(None, (symbol, first))), *rest]
    for caption, number in filter(itemgetter(1), content.numbers(node)):
        rows.append(
            rf"{{\fontsize{{8}}{{10}}\selectfont\color{{muted}}{caption}}} \textcolor{{{caption}}}{{{_number(number)}}}"
        )
    text = r" \\ ".join(filter(None, rows))
    return rf"\node[{style}] ({node.id}) {place} {{{text}}};"


def _corners(outline: ElementTree.Element) -> list[tuple[float, float]]:
    """The points of a polygon, or of a path."""
    return points_of(outline.get("points") or outline.attrib["d"])


def _edge(group: ElementTree.Element) -> list[str]:
    """The curves of an edge up to the tip of its arrow, and the texts on it."""
    path = group.find(f"{SVG}path")
    assert path is not None
    first, *rest = points_of(path.get("d", ""))
    curves = _point(first)
    for i in range(0, len(rest) - 2, 3):
        one, two, end = rest[i : i + 3]
        curves += f" .. controls {_point(one)} and {_point(two)} .. {_point(end)}"
    heads = [item.get("points", "") for item in group.iter(f"{SVG}polygon")]
    tips = [tip_of(head, rest[-1]) for head in heads if len(points_of(head)) == 4]
    lines = [rf"\draw[edge{'' if tips else ', -'}] {curves}" + (f" -- {_point(tips[0])}" if tips else "") + ";"]
    for text in group.iter(f"{SVG}text"):
        x, y = float(text.get("x", "")), float(text.get("y", "")) - 4.0
        label = (text.text or "").replace("\xa0", " ").strip()
        anchor = ", anchor=west" if text.get("text-anchor") == "start" else ""
        lines.append(rf"\node[partial{anchor}] at {_point((x, y))} {{{_number(label)}}};")
    return lines


def _box(group: ElementTree.Element) -> list[str]:
    """A box with its title at the top left."""
    outline = next(item for item in group if item.tag in (f"{SVG}polygon", f"{SVG}path"))
    xs, ys = zip(*_corners(outline), strict=True)
    title = escaped("".join(text.text or "" for text in group.iter(f"{SVG}text")))
    corner = _point((min(xs), min(ys)))
    return [rf"\draw[box] {corner} rectangle {_point((max(xs), max(ys)))};", rf"\node[title] at {corner} {{{title}}};"]


def _point(point: tuple[float, float]) -> str:
    return f"({coordinate(point[0])}, {coordinate(-point[1])})"


def _number(text: str) -> str:
    """A number, or a list of numbers in brackets, as mathematics."""
    if not re.fullmatch(r"(?:[\d\[\]., …−·∞⁻⁰¹²³⁴⁵⁶⁷⁸⁹]|nan)+", text):
        return escaped(text)
    text = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: rf"10^{{{match[1].translate(_NORMAL)}}}", text)
    for sign, command in {"nan": r"\mathrm{nan}", "∞": r"\infty ", "·": r"\cdot ", "−": "-", "…": r"\dots "}.items():
        text = text.replace(sign, command)
    return f"${text}$"


def escaped(text: str) -> str:
    r"""Return a text as LaTeX that shows it, with special characters escaped.

    >>> print(escaped("50% of w_1 & more"))
    50\% of w\_1 \& more
    """
    return "".join(_ESCAPES.get(character, character) for character in text)
