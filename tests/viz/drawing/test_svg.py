"""A picture as SVG: what is painted, which ends of an edge have an arrow, and the ground under all of it."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

import viz
from autodiff import Value
from viz.drawing.picture import Group, Shape, picture_of
from viz.drawing.svg import Paint, State, paint_of, svg, wrap
from viz.drawing.texts import NUMBER_HEIGHT, Text
from viz.style.palette import DARK, LIGHT
from viz.style.text import text_width

NOTHING = Paint("")


@pytest.fixture
def picture():
    x = Value(3.0, "x")
    return picture_of(viz.draw(x * Value(2.0, "y"), show=("data", "grad", "partials")).content)


@pytest.mark.parametrize(
    ("mark", "head", "tail", "wire", "stub"),
    [
        ("", Paint("line", "line", "1"), NOTHING, Paint("", "line", "1"), NOTHING),
        ("feeding", Paint("ink", "ink", "1"), NOTHING, Paint("", "ink", "3"), NOTHING),
        ("sent", Paint("grad", "grad", "1"), NOTHING, Paint("", "grad", "1"), NOTHING),
        ("active", NOTHING, Paint("grad", "grad", "1"), Paint("", "grad", "3"), Paint("", "grad", "3")),
    ],
)
def test_an_edge_points_forward_but_backward_while_a_gradient_runs_along_it(mark, head, tail, wire, stub):
    edge = Group("e1", ("edge",), "", ())
    roles = {"head": head, "tail": tail, "wire": wire, "stub": stub}
    assert {role: paint_of(edge, Shape(role, ""), mark) for role in roles} == roles


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_an_edge_with_a_sign_has_its_color_until_it_is_marked(sign):
    edge = Group("e1", ("edge", sign), "", ())
    assert paint_of(edge, Shape("wire", ""), "") == Paint("", sign, "1")
    assert paint_of(edge, Shape("head", ""), "") == Paint(sign, sign, "1")
    assert paint_of(edge, Shape("wire", ""), "feeding") == Paint("", "ink", "3")


@pytest.mark.parametrize("interactive", [True, False])
def test_a_line_with_a_width_of_its_own_has_it_on_a_page_and_in_a_file(interactive, picture):
    line = Group("e9", ("edge",), "", (Shape("wire", "M0,0 L9,0", 3.25), Shape("wire", "M0,0 L1,0")))
    written = svg(replace(picture, groups=(line,)), State(), interactive=interactive)
    assert re.findall(r'<path[^>]*stroke-width="([0-9.]+)"', written) == (["3.25"] if interactive else ["3.25", "1"])


@pytest.mark.parametrize(
    ("classes", "mark", "busy", "paint"),
    [
        (("node", "leaf"), "", False, Paint("leaf", "line", "1")),
        (("node", "operation"), "", False, Paint("operation", "line", "1")),
        (("node", "operation"), "sender", True, Paint("sender", "ink", "1")),
        (("node", "operation"), "receiver", True, Paint("receiver", "ink", "2.5")),
        (("node", "operation"), "computed", True, Paint("receiver", "ink", "2.5")),
        (("node", "operation", "output"), "", False, Paint("operation", "ink", "2.5")),
        (("node", "operation", "output"), "", True, Paint("operation", "ink", "1")),
    ],
)
def test_the_border_of_a_node_is_heavy_if_it_has_just_got_a_number_or_is_the_output(classes, mark, busy, paint):
    assert paint_of(Group("n1", classes, "", ()), Shape("box", ""), mark, busy=busy) == paint


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize("sentence", ["", "A sentence below."])
def test_the_ground_of_a_file_is_all_that_is_seen(picture, sentence, colors):
    file = ElementTree.fromstring(svg(picture, State(), colors, sentence=sentence))
    ground = file[0]
    assert ground.tag.endswith("rect")
    assert [ground.get(name) for name in ("x", "y", "width", "height")] == file.get("viewBox").split()
    assert ground.get("fill") == colors["paper"]
    assert (file.get("width"), file.get("height")) == (f"{ground.get('width')}pt", f"{ground.get('height')}pt")
    assert float(ground.get("width")) >= picture.width
    assert (float(ground.get("height")) > picture.height) == bool(sentence)


def test_a_sentence_stands_in_the_middle_below_the_picture(picture):
    file = ElementTree.fromstring(svg(picture, State(), sentence="A sentence below."))
    left, top, width, height = map(float, file.get("viewBox").split())
    (line,) = [text for text in file if text.tag.endswith("text")]
    assert line.text == "A sentence below."
    assert float(line.get("x")) == pytest.approx(left + width / 2, abs=0.05)  # a coordinate has one digit
    assert top + picture.height < float(line.get("y")) < top + height
    taller = ElementTree.fromstring(svg(picture, State(), sentence="A sentence below.", lines=3))
    assert float(taller.get("viewBox").split()[3]) > height + 30.0  # room for two more lines of 15 points
    assert taller.get("width") == file.get("width")


def test_a_page_has_no_ground_and_ids_for_its_script(picture):
    part = ElementTree.fromstring(svg(picture, State(), interactive=True))
    assert not any(element.tag.endswith("rect") for element in part)
    ids = {element.get("id") for element in part.iter()} - {None}
    assert {group.id for group in picture.groups if group.id} <= ids
    file = ElementTree.fromstring(svg(picture, State()))
    assert {element.get("id") for element in file.iter()} == {None}


def parts(picture, state, group, **options):
    """The elements of a group of a file, found by the order of the groups."""
    file = ElementTree.fromstring(svg(picture, state, **options))
    groups = [element for element in file if element.tag.endswith("}g")]
    return groups[[each.id for each in picture.groups].index(group)]


def test_a_node_that_waits_has_a_dashed_border_and_no_other(picture):
    node = next(group.id for group in picture.groups if "output" in group.classes)
    dashes = [
        {element.get("stroke-dasharray") for element in parts(picture, State(marks=marks), node)}
        for marks in ({}, {node: "waiting"})
    ]
    assert dashes == [{None}, {None, "5 4"}]


def test_an_edge_without_its_number_yet_has_no_ground_for_it(picture):
    edge = next(group.id for group in picture.groups if "edge" in group.classes)
    with_number, without = (parts(picture, State(texts=texts), edge) for texts in ({}, {f"{edge}.partial": ""}))
    grounds = [sum(item.get("fill") == LIGHT["paper"] for item in part) for part in (with_number, without)]
    assert grounds == [1, 0]
    assert ["bare" in part.get("class").split() for part in (with_number, without)] == [False, True]


def test_the_number_of_the_edge_along_which_a_gradient_runs_is_bold(picture):
    edge = next(group.id for group in picture.groups if "edge" in group.classes)
    weights = [
        [text.get("font-weight") for text in parts(picture, State(marks=marks), edge).iter() if text.text == "2"]
        for marks in ({}, {edge: "active"}, {edge: "sent"})
    ]
    assert weights == [[None], ["bold"], [None]]


def test_a_text_of_the_state_stands_in_place_of_that_of_the_picture(picture):
    node = next(group.id for group in picture.groups if "output" in group.classes)
    texts = [text.text for text in parts(picture, State(texts={f"{node}.data": "now"}), node).iter()]
    assert "now" in texts
    assert "now" not in [text.text for text in parts(picture, State(), node).iter()]


def test_the_numbers_of_a_node_have_a_line_each_within_its_border(picture):
    checked = 0
    for group in picture.groups:
        if "node" not in group.classes:
            continue
        lines = {}
        for text in (item for item in group.items if isinstance(item, Text)):
            lines.setdefault(text.y, []).append([run.role for run in text.runs])
        box = next(item for item in group.items if isinstance(item, Shape) and item.role == "box")
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", box.path)]
        rows = {tuple(role for roles in line for role in roles): y for y, line in lines.items()}
        assert rows["caption", "grad"] - rows["caption", "data"] == pytest.approx(NUMBER_HEIGHT)
        assert min(numbers[1::2]) < min(lines)
        assert max(lines) < max(numbers[1::2])
        checked += 1
    assert checked == 3


@pytest.mark.parametrize(("width", "room"), [(100.0, 450.0), (700.0, 690.0)])
def test_a_sentence_is_broken_where_its_next_word_has_no_room(width, room):
    sentence = " ".join(f"word{i}" for i in range(60))
    lines = wrap(f"{sentence}\nand the rest", width)
    assert " ".join(lines) == f"{sentence} and the rest"
    assert lines[-1] == "and the rest"
    for line, following in pairwise(lines[:-1]):
        word = following.split()[0]
        assert 0.85 * text_width(line, 15.0) <= room < 0.85 * text_width(f"{line} {word}", 15.0)
    assert wrap("", width) == []
