"""The geometry of pictures, read back from a browser with the fonts of two kinds of machine."""

import math
from collections.abc import Iterator
from itertools import combinations

import pytest

import viz
from viz.drawing.placement import place

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
        const wire = paths.find((path) => !path.getAttribute("d").endsWith("Z"));
        const points = wire ? [...Array(101).keys()].map((i) => i / 100 * wire.getTotalLength()) : [];
        return {
            kind: group.classList[0],
            texts: [...group.querySelectorAll("text")].filter((text) => text.textContent).map(ink),
            box: group.classList[0] === "edge" ? null : paths.map(rect)[0] ?? null,
            wire: points.map((at) => wire.getPointAtLength(at)).map(({ x, y }) => [x, y]),
        };
    });
"""


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def collisions(groups) -> Iterator[str]:
    """What lies on something else, in words."""
    nodes = [group for group in groups if group["kind"] == "node"]
    edges = [group for group in groups if group["kind"] == "edge"]
    extents = [tuple(limit(xs) for limit in (min, max) for xs in zip(*edge["wire"], strict=True)) for edge in edges]
    texts = [(text, rect, group) for group in groups for text, rect in group["texts"]]
    for (one, a, _), (other, b, _) in combinations(texts, 2):
        if overlap(a, b):
            yield f"{one!r} on {other!r}"
    for node in nodes:
        if box := node["box"]:
            for text, (x0, y0, x1, y1) in node["texts"]:
                if not (box[0] + 1 < x0 and x1 < box[2] - 1 and box[1] + 1 < y0 and y1 < box[3] - 1):
                    yield f"{text!r} on the border of its node"
    for text, rect, group in texts:
        for other in nodes:
            if group is not other and other["box"] and overlap(rect, other["box"]):
                yield f"{text!r} on a node"
        for edge, around in zip(edges, extents, strict=True):
            near = group is not edge and overlap(rect, around)
            if near and any(rect[0] < x < rect[2] and rect[1] < y < rect[3] for x, y in edge["wire"]):
                yield f"an edge through {text!r}"


@pytest.fixture(scope="module")
def pictures(lecture, lecture_names, tmp_path_factory):
    """A page with the pictures of all graphs, each in an element with its name."""
    folder = tmp_path_factory.mktemp("pictures")
    page = "<!doctype html><meta charset=utf-8>"
    for name in lecture_names:
        output, options = lecture(name)
        output.backward()
        path = viz.save(viz.draw(output, show=("data", "grad", "partials"), **options), folder / "graph.svg")
        page += f'<div id="{name}">{path.read_text(encoding="utf-8")}</div>'
    (folder / "pictures.html").write_text(page, encoding="utf-8")
    return folder / "pictures.html"


@pytest.mark.parametrize("font", ["Helvetica, Arial, sans-serif", "DejaVu Sans"])
def test_nothing_lies_on_anything_else_whatever_the_font(font, lecture_names, pictures, browse):
    assert len(lecture_names) >= 40
    driver = browse(pictures)
    found = {name: [*collisions(driver.execute_script(READ, font, name))] for name in lecture_names}
    assert {name: on for name, on in found.items() if on} == {}


def test_the_texts_are_read(pictures, browse):
    """A reader that sees no text would find no collision."""
    groups = browse(pictures).execute_script(READ, "DejaVu Sans", "classic")
    assert [text for group in groups for text, _ in group["texts"]].count("data") == 7
    assert sum(len(group["wire"]) for group in groups) == 6 * 101


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
