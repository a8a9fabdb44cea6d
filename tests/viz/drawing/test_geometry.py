"""The geometry of pictures, read back from a browser with the fonts of two kinds of machine."""

import math
import random
from collections.abc import Iterator
from itertools import combinations

import pytest

import viz
from autodiff import Value, dot, exp, logsumexp, maximum, sigmoid, tanh, topological_order
from nn import MLP, losses
from viz.drawing.circuit import gate_of
from viz.drawing.content import Content
from viz.drawing.paths import points_of
from viz.drawing.picture import Shape, picture_of
from viz.drawing.placement import place
from viz.graph.description import describe
from viz.style.palette import LIGHT

Rect = tuple[float, float, float, float]

READ = """
    const svg = document.getElementById(arguments[1]).querySelector("svg");
    svg.setAttribute("font-family", arguments[0]);
    const rect = (item) => { const { x, y, width, height } = item.getBBox(); return [x, y, x + width, y + height]; };
    const ink = (text) => {  // without the room that a font leaves above and below its letters
        const { x, width } = text.getBBox(), y = Number(text.getAttribute("y"));
        const sizes = [text, ...text.querySelectorAll("tspan")].map((run) => Number(run.getAttribute("font-size")));
        const size = Math.max(...sizes);
        return [text.textContent, [x, y - 0.72 * size, x + width, y + 0.2 * size]];
    };
    return [...svg.querySelectorAll(":scope > g")].map((group) => {
        const paths = [...group.querySelectorAll("path")];
        const isClosed = (path) => path.getAttribute("d").endsWith("Z");
        const wire = paths.find((path) => !isClosed(path));
        const edge = group.classList[0] === "edge";
        const corners = (path) => edge && isClosed(path) ? path.getAttribute("d").split("L").length : 0;
        const polygon = (n) => paths.filter((path) => corners(path) === n).map(rect)[0] ?? null;
        const points = wire ? [...Array(101).keys()].map((i) => i / 100 * wire.getTotalLength()) : [];
        return {
            kind: group.classList[0],
            texts: [...group.querySelectorAll("text")].filter((text) => text.textContent).map(ink),
            box: edge ? null : paths.filter(isClosed).map(rect)[0] ?? null,
            head: polygon(3),
            ground: polygon(4),
            isGate: group.classList.contains("circuit"),
            wire: points.map((at) => wire.getPointAtLength(at)).map(({ x, y }) => [x, y]),
        };
    });
"""


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def collisions(groups) -> Iterator[str]:
    """What lies on something else, in words."""
    nodes = [group for group in groups if group["kind"] == "node"]
    edges = [group for group in groups if group["wire"]]
    extents = [tuple(limit(xs) for limit in (min, max) for xs in zip(*edge["wire"], strict=True)) for edge in edges]
    texts = [(text, rect, group) for group in groups for text, rect in group["texts"]]
    for (one, a, _), (other, b, _) in combinations(texts, 2):
        if overlap(a, b):
            yield f"{one!r} on {other!r}"
    for node in nodes:
        if box := node["box"]:
            for text, (x0, y0, x1, y1) in node["texts"]:
                is_inside = box[0] + 1 < x0 and x1 < box[2] - 1 and box[1] + 1 < y0 and y1 < box[3] - 1
                if not (is_inside or (node["isGate"] and not overlap((x0, y0, x1, y1), box))):
                    yield f"{text!r} on the border of its node"
    for text, rect, group in texts:
        for other in nodes:
            if group is not other and other["box"] and overlap(rect, other["box"]):
                yield f"{text!r} on a node"
        for edge, around in zip(edges, extents, strict=True):
            on_ground = group is edge and edge["ground"] and overlap(rect, edge["ground"])  # a name has none
            near = not on_ground and overlap(rect, around)
            if near and any(rect[0] < x < rect[2] and rect[1] < y < rect[3] for x, y in edge["wire"]):
                yield f"an edge through {text!r}"
            if edge["head"] and overlap(rect, edge["head"]):
                yield f"{text!r} on an arrow"


@pytest.fixture(scope="module", params=["boxes", "circuit"])
def pictures(lecture, lecture_names, tmp_path_factory, request):
    """A page with the pictures of all graphs in a style, each in an element with its name."""
    folder = tmp_path_factory.mktemp("pictures")
    page = "<!doctype html><meta charset=utf-8>"
    for name in lecture_names:
        output, options = lecture(name)
        if request.param == "circuit":
            options = {"style": "circuit", "legend": True}
        output.backward()
        path = viz.save(viz.draw(output, show=("data", "grad", "partials"), **options), folder / "graph.svg")
        page += f'<div id="{name}">{path.read_text(encoding="utf-8")}</div>'
    (folder / "pictures.html").write_text(page, encoding="utf-8")
    return folder / "pictures.html"


@pytest.mark.full(cases=0)
@pytest.mark.parametrize("font", ["Helvetica, Arial, sans-serif", "DejaVu Sans"])
def test_nothing_lies_on_anything_else_whatever_the_font(font, lecture_names, pictures, browse):
    assert len(lecture_names) >= 40
    driver = browse(pictures)
    found = {name: [*collisions(driver.execute_script(READ, font, name))] for name in lecture_names}
    assert {name: on for name, on in found.items() if on} == {}


def test_the_texts_are_read(pictures, browse):
    """A reader that sees no text would find no collision."""
    groups = browse(pictures).execute_script(READ, "DejaVu Sans", "classic")
    texts = [text for group in groups for text, _ in group["texts"]]
    is_circuit = any(group["isGate"] for group in groups)
    assert sum(text.startswith("←") for text in texts) == (7 if is_circuit else 0)
    assert texts.count("data") == (0 if is_circuit else 7)
    assert sum(len(group["wire"]) for group in groups) == (13 if is_circuit else 6) * 101


STEPS = [
    lambda a, b, c: a + b,
    lambda a, b, c: a * b,
    lambda a, b, c: a - 2.5 * b,
    lambda a, b, c: a / (b * b + 1.5),
    lambda a, b, c: maximum(a, b),
    lambda a, b, c: tanh(a) ** 2,
    lambda a, b, c: exp(-abs(a)),
    lambda a, b, c: sigmoid(a) + c,
    lambda a, b, c: logsumexp([a, b, c]),
    lambda a, b, c: dot([a, b, 3.0], [c, b, a]),
]


def mixture(seed: int) -> Value:
    """A random graph of 4 to about 40 nodes, of which some have names and some many operands."""
    rng = random.Random(seed)
    values = [Value(rng.choice((2.0, -0.123456, 1234.5)), f"x{i}") for i in range(rng.randint(2, 5))]
    while len(topological_order(values[-1])) < 4 + seed:
        values.append(rng.choice(STEPS)(*rng.choices(values[-6:], k=3)))
        values[-1].label = rng.choice(("", "", f"z{len(values)}", "a long name"))
    return values[-1]


def read(picture):
    """What a browser would read, with the widest letters of any font."""
    for group in picture.groups:
        shapes = [item for item in group.items if isinstance(item, Shape)]
        texts = [item for item in group.items if not isinstance(item, Shape)]
        rects = []
        for text in texts:
            size, left = max(run.size for run in text.runs), {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
            x = text.x - left * text.width
            rects.append(
                ["".join(run.text for run in text.runs), [x, text.y - 0.72 * size, x + text.width, text.y + 0.2 * size]]
            )
        edge = group.classes[0] == "edge"
        wires = [points_of(shape.path) for shape in shapes if shape.role == "wire"]
        yield {
            "kind": group.classes[0],
            "texts": rects,
            "box": None if edge else extent(shapes, "box"),
            "head": extent(shapes, "head") if edge else None,
            "ground": extent(shapes, "ground") if edge else None,
            "wire": along(wires[0]) if wires else [],
            "isGate": "circuit" in group.classes,
        }


def extent(shapes, role):
    """The rectangle around the first shape with a role."""
    paths = [points_of(shape.path) for shape in shapes if shape.role == role]
    return [limit(xs) for limit in (min, max) for xs in zip(*paths[0], strict=True)] if paths else None


def along(points):
    """Points on a straight line, or on the Bezier curves through every third point."""
    shares = [i / 30 for i in range(31)]
    if len(points) == 2:
        (x0, y0), (x1, y1) = points
        return [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in shares]
    pieces = [points[i : i + 4] for i in range(0, len(points) - 1, 3)]
    weights = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in shares]
    return [
        tuple(sum(w * point[side] for w, point in zip(ws, piece, strict=True)) for side in (0, 1))
        for piece in pieces
        for ws in weights
    ]


@pytest.mark.parametrize("style", ["boxes", "circuit"])
def test_nothing_lies_on_anything_else_in_forty_random_graphs(style):
    found = {}
    for seed in range(40):
        output = mixture(seed)
        output.backward()
        show = ("data", "grad", "partials") if seed % 3 else ("data", "grad")
        picture = picture_of(Content(describe([output]), None, frozenset(show), 4, LIGHT, True, style))
        found[seed] = [*collisions([*read(picture)])]
    assert {seed: on for seed, on in found.items() if on} == {}


SIZES = [[2, 3, 2], [3, 3, 3], [4, 4, 4], [4, 3, 4], [2, 4, 4, 2], [5, 5, 3], [8, 8, 2]]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_no_number_of_a_network_lies_on_another_or_on_a_circle(sizes):
    for seed in range(3):
        model = MLP(sizes[0], sizes[1:], activation="tanh", rng=random.Random(seed))
        outputs = model([Value(0.5 - 0.3 * i, f"x{i + 1}") for i in range(sizes[0])])
        picture = viz.network(model, cost=losses.squared_error(outputs, [1.0] * sizes[-1])).picture
        grounds = [
            points_of(item.path)
            for group in picture.groups
            for item in group.items
            if getattr(item, "role", "") == "ground"
        ]
        rects = [(min(xs), min(ys), max(xs), max(ys)) for xs, ys in (zip(*points, strict=True) for points in grounds)]
        assert [pair for pair in combinations(rects, 2) if overlap(*pair)] == []  # none hides a part of another
        groups = [*read(picture)]
        assert sum(len(group["texts"]) for group in groups) > 12
        below = "on the border of its node", "an edge through"  # the bias and δ; lines run below the grounds of numbers
        assert [words for words in collisions(groups) if not any(part in words for part in below)] == []


@pytest.mark.full
def test_an_arrow_ends_at_the_circle_of_its_gate(lecture, lecture_name):
    content = viz.draw(lecture(lecture_name)[0], show=("data", "grad", "partials"), style="circuit").content
    placement = place(content)
    gates = {}
    for edge, at in zip(content.graph.edges, placement.edges, strict=True):
        x0, y0, x1, y1 = gate_of(edge.target, placement.rects[edge.target.id], content)
        radius, middle = min(x1 - x0, y1 - y0) / 2, (y0 + y1) / 2
        level = min(max(at.tip[1], y0 + radius), y1 - radius)  # of a long gate the middle of its round end
        assert math.dist(at.tip, (x0 + radius, level)) == pytest.approx(radius, abs=0.01)
        gates.setdefault(edge.target.id, []).append((at.tip[1] - middle) / radius)
    assert any(len(heights) > 1 for heights in gates.values()) or lecture_name == "tanh"


@pytest.mark.full
def test_an_arrow_ends_at_the_border_of_its_node(lecture, lecture_name):
    output, options = lecture(lecture_name)
    content = viz.draw(output, show=("data", "grad", "partials"), **options).content
    placement = place(content)
    for edge, at in zip(content.graph.edges, placement.edges, strict=True):
        x0, y0, x1, y1 = placement.rects[edge.target.id]
        x, y = at.tip
        assert min(abs(x - x0), abs(x - x1), abs(y - y0), abs(y - y1)) < 0.01
        assert x0 - 0.01 < x < x1 + 0.01
        assert y0 - 0.01 < y < y1 + 0.01
        neck = at.points[-1]
        assert not (x0 < neck[0] < x1 and y0 < neck[1] < y1)
        assert math.dist(neck, at.tip) == pytest.approx(6.0)
