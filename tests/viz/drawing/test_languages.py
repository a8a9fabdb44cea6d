"""A drawing says the same in each language: every shape and text of the picture is there, in its place and its look."""

import random
import re
import unicodedata

import pytest

import viz
from autodiff import Value, dot, exp, maximum
from nn import MLP, losses
from viz.drawing.dot import html, picture_to_dot
from viz.drawing.paths import points_of
from viz.drawing.picture import Shape, picture_of
from viz.drawing.placement import place
from viz.drawing.svg import color_of, paint_of
from viz.drawing.tikz import escaped, picture_to_tikz
from viz.style.palette import THEMES
from viz.style.text import text_width

SHOW = ("data", "grad", "partials")
NUMBER = r"-?[\d.]+"


def formula():
    a, b = Value(2.0, "x_1"), Value(-0.5, "W_{in}")
    f = exp(dot([a, b], [b, a])) ** 2 - maximum(a, 0.25) / b
    f.label = "f"
    f.backward()
    return f


def network(*sizes):
    model = MLP(2, sizes, activation="tanh", output_activation="sigmoid", rng=random.Random(0))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0])
    cost.backward()
    return model, cost


def picture_of_network(*sizes):
    model, cost = network(*sizes)
    return viz.network(model, cost=cost).picture


PICTURES = {
    "circuit": lambda: picture_of(viz.draw(formula(), style="circuit", show=SHOW).content),
    "blackboard": lambda: picture_of_network(2, 2),
    "flat neurons": lambda: picture_of_network(5, 2),
}


@pytest.fixture(params=PICTURES)
def picture(request):
    return PICTURES[request.param]()


@pytest.fixture(params=["light", "dark"])
def colors(request):
    return THEMES[request.param]


def painted(picture):
    """(group, item, paint) of all that is seen."""
    for group in picture.groups:
        for item in group.items:
            paint = paint_of(group, item, "")
            if paint.fill or paint.stroke:
                yield group, item, paint


# ----------------------------------------------------------------------------------------------------------- TikZ


def tikz_run(run, color):
    """The pattern of a run: its size, color and look, whatever its text."""
    text = r"\\textbf\{.+\}" if run.bold else r"\\textit\{.+\}" if run.italic else r"(?!\\text[bi]).*"
    shown = rf"\{{\\fontsize\{{{run.size:g}\}}\{{{1.2 * run.size:g}\}}\\selectfont\\color\{{{color}\}}{text}\}}"
    return rf"\\raisebox\{{-{run.down:g}bp\}}{shown}" if run.down else shown


def test_tikz_has_each_shape_and_text_of_a_picture(picture, colors):
    begin, body = picture_to_tikz(picture, colors).split("\\begin{tikzpicture}[x=1bp, y=1bp, font=\\sffamily]\n")
    lines, seen = body.removesuffix("\\end{tikzpicture}\n\\end{document}\n").splitlines(), [*painted(picture)]
    assert len(lines) == len(seen) > 10
    for line, (group, item, paint) in zip(lines, seen, strict=True):
        if isinstance(item, Shape):
            look = f"draw={paint.stroke}, line width={paint.width}bp" if paint.stroke else "draw=none"
            assert line.startswith(f"  \\path[fill={paint.fill or 'none'}, {look}] (")
            assert line.endswith(" -- cycle;" if item.path.endswith("Z") else ");")
            points = [(float(x), -float(y)) for x, y in re.findall(rf"\(({NUMBER}), ({NUMBER})\)", line)]
            assert points == points_of(item.path)
            curves = [len(points_of(curve)) // 3 for curve in re.findall("C[^MLCZ]*", item.path)]
            assert (line.count(" .. controls "), line.count(" .. (")) == (sum(curves), sum(curves))
        else:
            anchor = {"start": "base west", "middle": "base", "end": "base east"}[item.anchor]
            pattern = rf"  \\node\[anchor={anchor}, inner sep=0pt\] at \(({NUMBER}), ({NUMBER})\) \{{(.*)\}};"
            x, y, text = re.fullmatch(pattern, line).groups()
            assert (float(x), -float(y)) == pytest.approx((item.x, item.y), abs=0.0051)
            runs = "".join(tikz_run(run, color_of(group, run)) for run in item.runs)
            assert re.fullmatch(runs, text), (runs, text)
    defined = dict(re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{(\w+)\}", begin))
    assert {*re.findall(r"(?:color\{|fill=|draw=)(\w+)", body)} - {"none"} <= defined.keys()
    assert {name: f"#{code.lower()}" for name, code in defined.items()} == {name: colors[name] for name in defined}


@pytest.mark.parametrize("options", [{}, {"rankdir": "TB", "theme": "dark"}, {"level": "neurons"}], ids=str)
def test_tikz_has_each_node_box_and_edge_where_the_layout_has_it(options):
    model, cost = network(2, 2)
    drawing = viz.draw(cost, clusters=model, show=SHOW, **options)
    placement, graph, text = place(drawing.content), drawing.content.graph, drawing.tikz()
    pattern = (
        r"\\node\[([a-z]+)(, output)?(?:, minimum width=([\d.]+)bp, minimum height=([\d.]+)bp)?\] "
        rf"\((n\d+)\) at \(({NUMBER}), ({NUMBER})\) \{{(.*)\}};"
    )
    found = {row[4]: row for row in re.findall(pattern, text)}
    assert [found[node.id][0] for node in graph.nodes] == [node.kind for node in graph.nodes]
    assert [bool(found[node.id][1]) for node in graph.nodes] == [node.is_output for node in graph.nodes]
    middles = {}
    for node in graph.nodes:
        x0, y0, x1, y1 = placement.rects[node.id]
        width, height, _, x, y, shown = found[node.id][2:]
        if node.kind != "constant":
            assert (float(width), float(height)) == pytest.approx((x1 - x0, y1 - y0), abs=0.2)
            captions = [("data", "muted"), ("grad", "muted")]
            assert re.findall(r"\\fontsize\{8\}\{10\}\\selectfont\\color\{(\w+)\}(\w+)", shown) == [
                (color, name) for name, color in captions
            ]
            assert re.findall(r"\\textcolor\{(\w+)\}\{\$", shown) == ["data", "grad"]
            assert (r"\textbf{" in shown) == bool(node.symbol)
            assert shown.count(r" \\ ") == 2
        else:
            assert (width, height) == ("", "")
            assert re.fullmatch(r"(?:\\textit\{.*\} = )?\$-?[\d.]+\$", shown)
        if node.kind != "constant":  # whose middle is that of its text
            middles[node.id] = float(x) - (x0 + x1) / 2, float(y) + (y0 + y1) / 2
    first = next(iter(middles.values()))
    assert all(shift == pytest.approx(first, abs=0.2) for shift in middles.values())  # DOT has one decimal
    curves = re.findall(rf"\\draw\[edge\] \(({NUMBER}), ({NUMBER})\) (\.\. .*) -- \(({NUMBER}), ({NUMBER})\);", text)
    assert len(curves) == len(graph.edges)
    ends = sorted((float(x) - first[0], first[1] - float(y)) for *_, x, y in curves)
    assert ends == [pytest.approx(tip, abs=1.6) for tip in sorted(at.tip for at in placement.edges)]
    boxes = re.findall(rf"\\draw\[box\] \(({NUMBER}), ({NUMBER})\) rectangle \(({NUMBER}), ({NUMBER})\);", text)
    placed = sorted(rect for key, rect in placement.rects.items() if isinstance(key, tuple))
    corners = sorted(
        (float(x0) - first[0], first[1] - float(y0), float(x1) - first[0], first[1] - float(y1))
        for x0, y0, x1, y1 in boxes
    )
    assert [pytest.approx(rect, abs=0.3) for rect in placed] == corners
    titles = re.findall(rf"\\node\[title\] at \(({NUMBER}), ({NUMBER})\)", text)
    assert sorted(titles) == sorted((x0, y0) for x0, y0, _, _ in boxes)


def test_a_tikz_document_says_its_styles():
    """No test compiles it where there is no LaTeX: so this is what one that compiles begins with."""
    begin = viz.draw(Value(2.0, "x")).tikz().partition("  ]\n")[0]
    assert [line for line in begin.splitlines() if "definecolor" not in line] == [
        r"\documentclass[tikz,border=4bp]{standalone}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage{lmodern}",
        r"\usetikzlibrary{arrows.meta}",
        r"\begin{document}",
        r"\pagecolor{paper}",
        r"\begin{tikzpicture}[",
        r"    x=1bp, y=1bp, font=\sffamily\fontsize{11}{13}\selectfont, text=ink,",
        r"    node/.style={draw=line, align=center, inner sep=0pt},",
        r"    leaf/.style={node, draw=ink, fill=leaf},",
        r"    parameter/.style={node, draw=ink, fill=parameter},",
        r"    constant/.style={node, draw=none},",
        r"    operation/.style={node, fill=operation, rounded corners=6bp},",
        r"    part/.style={operation, fill=parameter},",
        r"    more/.style={constant},",
        r"    output/.style={draw=ink, line width=2bp},",
        r"    edge/.style={draw=line, -{Stealth[length=6bp, width=5bp]}},",
        r"    partial/.style={text=partial, fill=paper, inner sep=1bp},",
        r"    box/.style={draw=line, rounded corners=6bp, line width=0.5bp},",
        r"    title/.style={anchor=north west, text=muted, font=\sffamily\fontsize{9}{11}\selectfont},",
    ]


def test_tikz_writes_letters_and_signs_by_their_names():
    greek = "αβγδεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ"
    names = [unicodedata.name(letter).replace("LAMDA", "LAMBDA").split()[1:] for letter in greek]
    commands = [name.lower() if size == "SMALL" else name.title() for size, _, name in names]
    assert escaped(greek) == "".join(f"${chr(92)}{command}$" for command in commands)
    assert escaped("₀₁₉") == "$_0$$_1$$_9$"
    assert escaped("×−·÷→←√∇…\xa0") == r"$\times$$-$$\cdot$$\div$$\to$$\leftarrow$$\surd$$\nabla$\dots{}~"
    assert escaped("{}$&#_%") == r"\{\}\$\&\#\_\%"
    assert escaped("\\~^<>\"|-`'") == (
        r"\textbackslash{}\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textquotedbl{}\textbar{}{-}{`}{'}"
    )


# ------------------------------------------------------------------------------------------------------------ DOT

ATTRIBUTE = re.compile(r'(\w+)=(<.*?>(?= \w+=|\])|"[^"]*"|[\w.]+)')
VALUES = {
    "shape": {"box", "circle", "plaintext"},
    "style": {"filled", "filled,rounded", "rounded", "dashed"},
    "fixedsize": {"shape", "true"},
    "arrowhead": {"none", "normal"},
    "layout": {"nop2"},
    "splines": {"true", "line"},
    "outputorder": {"edgesfirst"},
    "labeljust": {"l"},
}


def attributes(source):
    """The name, the end of an edge or "", and the attributes of each statement."""
    rows = re.findall(r'^\t+("?[\w-]+"?)(?: -> ("?[\w-]+"?))? \[(.*)\]$', source, flags=re.M)
    return [
        (a.strip('"'), b.strip('"'), {key: value.strip('"') for key, value in ATTRIBUTE.findall(rest + "]")})
        for a, b, rest in rows
    ]


def points(pos):
    """The points of Graphviz, whose y goes up."""
    return [(float(x), -float(y)) for x, y in re.findall(rf"({NUMBER}),({NUMBER})", pos)]


def test_dot_has_each_shape_and_text_of_a_picture(picture, colors):
    drawing = picture_to_dot(picture, "words", colors)
    assert (drawing.alt, drawing.picture, drawing.colors) == ("words", picture, colors)
    rows = attributes(drawing.source)
    for _, _, look in rows:
        assert all(look[key] in values for key, values in VALUES.items() if key in look)
    by_name = {(a, b): look for a, b, look in rows}
    shapes = texts = 0
    for i, group in enumerate(picture.groups):
        for k, item in enumerate(group.items):
            name, paint = f"{group.id or i}-{k}", paint_of(group, item, "")
            if not isinstance(item, Shape):
                look = by_name[name, ""]
                (at,) = points(look["pos"])
                assert at == pytest.approx((item.x, item.y - 0.35 * item.runs[0].size), abs=0.06)
                assert (look["shape"], look["width"], look["height"]) == ("plaintext", "0", "0")
                for run in item.runs:
                    font = f'COLOR="{colors[color_of(group, run)]}" POINT-SIZE="{run.size:g}"'
                    shown = f"<FONT {font}>{html(run.text)}</FONT>"
                    shown = f"<B>{shown}</B>" if run.bold else f"<SUB>{shown}</SUB>" if run.down else shown
                    assert (f"<I>{shown}</I>" if run.italic else shown) in look["label"]
                texts += 1
            elif item.role == "wire":
                look, ends = by_name[f"{name}a", f"{name}b"], points_of(item.path)
                at = points(look["pos"])
                assert (at[-len(ends)] if len(ends) > 2 else at[0], at[-1]) == tuple(
                    pytest.approx(end, abs=0.06) for end in (ends[0], ends[-1])
                )
                assert [points(by_name[name + end, ""]["pos"])[0] for end in "ab"] == [
                    pytest.approx(end, abs=0.06) for end in (ends[0], ends[-1])
                ]
                assert look["color"] == colors[paint.stroke]
                assert float(look["penwidth"]) == pytest.approx(item.width or 1.0, abs=0.006)
                heads = [points_of(one.path)[1] for one in group.items if getattr(one, "role", "") == "head"]
                assert look["arrowhead"] == ("normal" if heads else "none")
                assert look["pos"].startswith("e,") == bool(heads)
                assert not heads or at[0] == pytest.approx(heads[0], abs=0.06)
                shapes += 1
            elif item.role in ("box", "ground"):
                look, (xs, ys) = by_name[name, ""], zip(*points_of(item.path), strict=True)
                (at,) = points(look["pos"])
                assert at == pytest.approx(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2), abs=0.06)
                sides = 72 * float(look["width"]), 72 * float(look["height"])
                assert sides == pytest.approx((max(xs) - min(xs), max(ys) - min(ys)), abs=0.06)
                assert look["fillcolor"] == colors[paint.fill]
                assert look["color"] == colors[paint.stroke or paint.fill]
                assert (look["fixedsize"], look["penwidth"]) == ("true", paint.width)
                assert look["style"] == ("filled" if item.role == "ground" else "filled,rounded")
                assert look["shape"] == ("circle" if sides[0] == sides[1] else "box")
                shapes += 1
    assert shapes > 4 < texts


DRAWINGS = {
    "network": lambda: viz.draw((made := network(2, 2))[1], clusters=made[0], show=SHOW),
    "from bottom to top": lambda: viz.draw((made := network(2, 2))[1], clusters=made[0], show=SHOW, rankdir="BT"),
    "layers": lambda: viz.draw((made := network(2, 2))[1], clusters=made[0], level="layers"),
    "names of operands": lambda: viz.draw(formula(), show=SHOW),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_dot_has_each_node_box_and_edge_where_the_layout_has_it(name):
    drawing = DRAWINGS[name]()
    content, placement = drawing.content, place(drawing.content)
    rows = attributes(drawing.source)
    for _, _, look in rows:
        assert all(look[key] in values for key, values in VALUES.items() if key in look)
    nodes = {a: look for a, b, look in rows if not b}
    for node in content.graph.nodes:
        x0, y0, x1, y1 = placement.rects[node.id]
        look = nodes[node.id]
        assert points(look["pos"]) == [pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=0.06)]
        assert (72 * float(look["width"]), 72 * float(look["height"])) == pytest.approx((x1 - x0, y1 - y0), abs=0.06)
        assert look["fixedsize"] == "shape"
    edges = [look for _, b, look in rows if b]
    for edge, at, look in zip(content.graph.edges, placement.edges, edges, strict=True):
        tip, *way = points(look["pos"])
        assert look["pos"].startswith("e,")
        assert [tip, *way] == [pytest.approx(point, abs=0.06) for point in (at.tip, *at.points)]
        assert points(look.get("lp", "")) == ([pytest.approx(at.label, abs=0.06)] if content.partial(edge) else [])
        assert look.get("headlabel", "<>") == f"<{edge.name}>"
        if edge.name:
            assert points(look["head_lp"]) == [pytest.approx(at.name, abs=0.06)]
            assert (look["labelfontsize"], look["labelfontcolor"]) == ("9", content.colors["muted"])
    assert any(edge.name for edge in content.graph.edges) == (name == "names of operands")
    boxes = sorted(rect for key, rect in placement.rects.items() if isinstance(key, tuple))
    shown = sorted((x0, y1, x1, y0) for (x0, y0), (x1, y1) in map(points, re.findall(r'\bbb="(.*?)"', drawing.source)))
    assert shown == [pytest.approx(rect, abs=0.06) for rect in boxes]
    for path in (key for key in placement.rects if isinstance(key, tuple)):
        x0, y0, *_ = placement.rects[path]
        title = placement.title(path)
        (lp,) = {*re.findall(rf'label=<{re.escape(html(title))}> labeljust=l lp="(.*?)"', drawing.source)} & {
            f"{x0 + 8 + text_width(title, 11) / 2:.1f},{-y0 - 11:.1f}"
        }
        assert lp
