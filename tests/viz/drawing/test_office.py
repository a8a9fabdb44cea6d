"""A picture as shapes of an office program: each has the place, the form, the paint and the font of the picture."""

from xml.etree import ElementTree

import pytest

import viz
from autodiff import Value, exp
from viz.drawing.office import CODE_FONT, FONT, Frame, drawing_ml
from viz.drawing.paths import points_of
from viz.drawing.picture import Shape
from viz.drawing.svg import color_of, painted
from viz.style.palette import DARK

A, P = (f"{{http://schemas.openxmlformats.org/{name}/2006/main}}" for name in ("drawingml", "presentationml"))
POINT = 12_700  # units in a point
FRAME = Frame(30.0, 50.0, 0.75)


def neuron(w, x):
    """A neuron."""
    z = w * x
    y = exp(z) + w
    return y


STEPS = {
    "code": lambda: viz.steps(neuron, w=2.0, x=-1.0)[6],
    "waiting": lambda: viz.steps(exp(Value(2.0, "W_{ij}") * Value(0.5, "x")) + 3.0)[1],
    "circuit": lambda: viz.steps(exp(Value(2.0, "a") * Value(0.5, "x")), style="circuit")[-2],
}


@pytest.mark.parametrize("name", STEPS)
def test_each_shape_and_text_is_where_and_what_it_is_in_the_picture(name):
    step = STEPS[name]()
    picture, state = step.picture, step.state
    root = ElementTree.fromstring(drawing_ml(picture, state, DARK, FRAME, "words"))
    names = list(root.iter(f"{P}cNvPr"))
    assert sorted(int(part.get("id")) for part in names) == [*range(1000, 1000 + len(names))]
    (whole,) = [part for part in names if part.get("descr")]
    assert (whole.get("name"), whole.get("descr")) == ("Computation graph", "words")

    def placed(x, y):
        return 30.0 + 0.75 * (x - picture.left), 50.0 + 0.75 * (y - picture.top)

    def rect(element):
        off, ext = element.find(f".//{A}xfrm/{A}off"), element.find(f".//{A}xfrm/{A}ext")
        return [float(number) / POINT for number in (off.get("x"), off.get("y"), ext.get("cx"), ext.get("cy"))]

    def paint(element):
        color = element.find(f"{A}solidFill/{A}srgbClr")
        assert (color is None) == (element.find(f"{A}noFill") is not None)
        return "" if color is None else f"#{color.get('val').lower()}"

    shapes, seen = [*root.iter(f"{P}sp")], 0
    items = [
        (group, *row)
        for group in picture.groups
        for row in painted(group, state)
        if isinstance(row[0], Shape) or any(state.texts.get(key_of(group, run), run.text) for run in row[0].runs)
    ]
    assert len(items) == len(shapes) > 10
    for (group, item, look, is_dashed), shape in zip(items, shapes, strict=True):
        left, top, width, height = rect(shape)
        properties = shape.find(f"{P}spPr")
        if isinstance(item, Shape):
            xs, ys = zip(*points_of(item.path), strict=True)
            (x0, y0), (x1, y1) = placed(min(xs), min(ys)), placed(max(xs), max(ys))
            assert [left, top, width, height] == pytest.approx([x0, y0, x1 - x0, y1 - y0], abs=0.001)
            assert shape.find(f".//{P}cNvPr").get("name") == item.role
            assert shape.find(f".//{P}cNvSpPr").get("txBox") is None
            assert paint(properties) == DARK.get(look.fill, "")
            line = properties.find(f"{A}ln")
            assert paint(line) == DARK.get(look.stroke, "")
            assert int(line.get("w")) == round(0.75 * POINT * float(look.width))
            dash = line.find(f"{A}prstDash")
            assert (None if dash is None else dash.get("val")) == ("dash" if is_dashed else None)
            box, form = properties.find(f"{A}prstGeom"), properties.find(f"{A}custGeom")
            if item.role in ("box", "cluster", "ground", "line"):
                radius = points_of(item.path)[0][0] - min(xs)
                assert box.get("prst") == ("roundRect" if radius else "rect")
                guides = [(guide.get("name"), guide.get("fmla")) for guide in box.iter(f"{A}gd")]
                share = round(100_000 * radius / min(max(xs) - min(xs), max(ys) - min(ys)))
                assert [name for name, _ in guides] == ["adj"] * bool(radius)
                assert all(
                    int(formula.removeprefix("val ")) == pytest.approx(min(share, 50_000), abs=2)
                    for _, formula in guides
                )
            else:
                (path,) = form.iter(f"{A}path")
                assert path.get("fill") == (None if item.path.endswith("Z") else "none")
                size = int(path.get("w")) / POINT, int(path.get("h")) / POINT
                assert size == pytest.approx((width, height), abs=0.001)
                points = [(int(point.get("x")) / POINT, int(point.get("y")) / POINT) for point in path.iter(f"{A}pt")]
                expected = [placed(x, y) for x, y in points_of(item.path)]
                assert points == [pytest.approx((x - left, y - top), abs=0.001) for x, y in expected]
                commands = [piece.tag.removeprefix(A) for piece in path]
                curves = [len(piece) for piece in path if piece.tag == f"{A}cubicBezTo"]
                assert commands[0] == "moveTo"
                assert (commands[-1] == "close") == item.path.endswith("Z")
                assert {*commands} <= {"moveTo", "lnTo", "cubicBezTo", "close"}
                assert curves == [3] * len(curves)
        else:
            seen += 1
            assert shape.find(f".//{P}cNvSpPr").get("txBox") == "1"
            size = max(
                run.size for run in item.runs if state.texts.get(key_of(group, run), run.text) or len(item.runs) > 1
            )
            at, base = placed(item.x, item.y)
            side = {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor]
            assert left + side * width == pytest.approx(at, abs=0.001)
            assert width == pytest.approx(0.75 * item.width, abs=0.001)
            assert top == pytest.approx(base - 0.75 * 0.905 * size, abs=0.001)
            assert height == pytest.approx(0.75 * 1.15 * size, abs=0.001)
            body = shape.find(f"{P}txBody/{A}bodyPr")
            assert dict(body.attrib) == {
                "wrap": "none",
                "anchor": "t",
                **dict.fromkeys(("lIns", "tIns", "rIns", "bIns"), "0"),
            }
            assert (
                shape.find(f"{P}txBody/{A}p/{A}pPr").get("algn")
                == {"start": "l", "middle": "ctr", "end": "r"}[item.anchor]
            )
            shown = [(state.texts.get(key_of(group, run), run.text), run) for run in item.runs]
            spans = [*shape.iter(f"{A}r")]
            for (text, run), span in zip([row for row in shown if row[0]], spans, strict=True):
                font = span.find(f"{A}rPr")
                assert span.findtext(f"{A}t") == text
                assert paint(font) == DARK[color_of(group, run)]
                assert font.find(f"{A}latin").get("typeface") == (CODE_FONT if run.role == "code" else FONT)
                assert int(font.get("sz")) == round(75 * run.size / (0.7 if run.down else 1.0))
                assert font.get("baseline") == ("-25000" if run.down else None)
                is_active = run.role == "partial" and state.marks.get(group.id) == "active"
                assert (font.get("b"), font.get("i")) == (str(int(run.bold or is_active)), str(int(run.italic)))
    assert seen > 5


def key_of(group, run):
    """The key of a text that changes."""
    return run.key or f"{group.id}.{run.role}"
