"""A node has one name, in every view of its graph; and a total derivative is never written like a local one."""

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import viz
from autodiff import Program, Value, exp, parse, topological_order
from autodiff.program.recording.record import graph_of
from autodiff.testing.strategies import expressions
from nn import MLP, losses
from viz.derivation.board import Board
from viz.graph.description import describe
from viz.graph.names import node_names, of_layer, parts_of, subscript, typeset


def logistic():
    """CS231n's f = σ(w0 x0 + w1 x1 + w2) by hand; with some numbers twice, and labels that look like made-up names."""
    w0, x0, w1, x1, w2, v2 = (
        Value(x, name) for x, name in ((2, "w0"), (-1, "x0"), (-3, "w1"), (-2, "x1"), (-3, "w"), (0.5, "v2"))
    )
    return 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2))) * v2, [w0, w2]


def network():
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), 1.0)
    cost.label = "C"
    return cost, [model.layers[0].neurons[1].weights[0], model.layers[1].neurons[0].bias], model


def diamond():
    a = Value(3.0, "a")
    b = a + a
    c = b * b
    return (c + b) * c, [a]


SPACES = "\xa0 ="  # around a name, beside the symbol of an operation or the number of a constant


def drawn_names(svg: str) -> dict[str, str]:
    """The name in each node of the SVG of `draw`, by the number of the node."""
    groups = re.findall(r'<g class="node[^"]*">(.*?)</g>', svg, re.S)
    names = ["".join(re.findall(r'font-style="italic"[^>]*>([^<]*)<', inside)) for inside in groups]
    return {f"n{i}": name.strip(SPACES) for i, name in enumerate(names)}


def page_names(html: str) -> dict[str, str]:
    """The name in each node of the first picture of a page."""
    groups = re.findall(r'<g id="(n\d+)" class="node[^"]*">(.*?)</g>', html.partition("<template")[0], re.S)
    return {id_: "".join(re.findall(r'class="name"[^>]*>([^<]*)<', inside)) for id_, inside in groups}


def sentences_of(output, model):
    """The name on the left of each forward step, by the number of its node."""
    shown = [node.id for node in describe([output], None, model).nodes if node.kind == "operation"]
    steps = [str(step) for step in viz.steps(output, clusters=model)][1 : 1 + len(shown)]
    return dict(zip(shown, [said.partition(" = ")[0] for said in steps], strict=True))


@pytest.mark.full
@pytest.mark.parametrize("make", [logistic, network, diamond])
def test_every_view_of_a_graph_has_the_same_names(make, tmp_path):
    output, variables, *model = make()
    model = model[0] if model else None
    graph = describe([output], None, model)
    nodes = graph.nodes
    names = {node.id: node.name for node in nodes}
    kept = {id_: name for id_, name in names.items() if name}
    assert len({*kept.values()}) == len(kept) > 3
    drawn = drawn_names(viz.draw(output, clusters=model, numbered=True).pipe("svg").decode())
    written = {id_: typeset(name)[0] for id_, name in kept.items()}
    assert {id_: drawn[id_] for id_ in kept} == written
    for page in (viz.steps(output, clusters=model).page(), viz.explore(output, clusters=model)):
        shown = page_names(page.save(tmp_path / "page.html").read_text(encoding="utf-8"))
        assert {id_: shown[id_].strip(SPACES) for id_ in kept} == written
    told = sentences_of(output, model)
    assert told == {id_: names[id_] for id_ in told}
    ids = {value: node.id for value, node in zip(graph.values, nodes, strict=True)}
    board = Board(output, variables, model=model)
    assert board.names == {node: names[ids[node]] for node in board.names}
    named = "\n".join(re.findall("<title>(.*?)</title>", viz.draw(output, clusters=model).pipe("svg").decode()))
    alt = viz.draw(output, clusters=model).alt
    heads = re.findall('<th scope="row">(.*?)</th>', str(viz.explore(output, clusters=model)))
    assert heads == [node.name for node in nodes if node.kind != "constant"]
    for name in heads:
        assert re.search(rf"(^| to ){re.escape(name)}( =|,|$)", named, re.M), name
        assert f"; {name} = " in alt or f"node: {name} = " in alt or f"nodes: {name} = " in alt
    text = str(viz.derive(output, variables, model=model))
    for node in variables:
        assert f"d{names[ids[output]]}/d{names[ids[node]]} = " in re.sub(" +", " ", text)


def test_a_leaf_without_a_label_is_x_the_output_f_and_the_others_are_numbered():
    x, y = Value(2.0), Value(3.0)
    out = (x * y + 1.0) * y
    order = topological_order(out)
    assert [*node_names(order, [out], {}).values()] == ["x₁", "x₂", "v₁", "v₂", "f"]
    assert node_names(order, [out], {x: "v1", y: "f"}) == {x: "v1", y: "f"} | dict(
        zip([node for node in order if not node.is_leaf], ["v₂", "v₃", "v₄"], strict=True)
    )


def without_labels():
    x, y = Value(2.0), Value(3.0)
    return (y * (x + y) + 1.0) ** 2, [x]


def test_printed_passes_have_the_names_of_the_pictures():
    for make in (logistic, diamond, without_labels):
        output, *_ = make()
        graph = describe([output])
        leaves = [node for node in topological_order(output) if node.is_leaf and not node.is_constant]
        program = Program(output, leaves[::-1])
        names = {node.name: node.data for node in graph.nodes if node.name}
        for name, tape in program.passes("inputs").items():
            values = dict(zip(tape.names(), [node.data for node in graph_of(tape)], strict=True))
            lines = [line.partition(" = ")[0] for line in str(tape).splitlines()[:-1]]
            shown = [line for line in lines if not line.startswith(("d_", "t"))]
            assert {x: values[x] for x in shown} == pytest.approx({x: names[x] for x in shown}, rel=1e-12)
            if name == "record":
                assert {*shown} == {*names}
            adjoints = [line.removeprefix("d_") for line in lines if line.startswith("d_")]
            assert {*adjoints} <= {*names}
            labels = {node.label for node in graph_of(tape)}
            assert not [label for label in labels if "~" in label]  # a tape that is drawn has these names too


def test_printed_code_has_the_names_of_the_pictures():
    for make in (logistic, diamond, without_labels):
        output, *_ = make()
        leaves = [node for node in topological_order(output) if node.is_leaf and not node.is_constant]
        text = Program(output, leaves).source(wrt="inputs")
        space: dict[str, Any] = {}
        exec(re.sub("return .*", "return locals()", text), space)
        found = space["value_and_grad"]([leaf.data for leaf in leaves])
        names = {node.name: node.data for node in describe([output]).nodes}
        written = {name: value for name, value in found.items() if re.fullmatch(r"[vx]\d+|f", name)}
        assert len(written) > 1
        for name, value in written.items():
            shown = name if name in names else f"{name[0]}{subscript(int(name[1:]))}"
            assert value == pytest.approx(names[shown], rel=1e-12)


def test_several_derivatives_share_their_names_and_their_formulas():
    x1, w1, x2, w2 = (Value(x, name) for x, name in ((1.0, "x1"), (3.0, "w1"), (2.0, "x2"), (4.0, "w2")))
    assert str(viz.derive(x1 * w1 + x2 * w2, [x1, w1, x2])).splitlines() == [
        "f  = v₁ + v₂",
        "v₂ = x2·w2",
        "v₁ = x1·w1",
        "",
        "df/dx1 = ∂f/∂v₁ · ∂v₁/∂x1",
        "       = 1      · w1",
        "       = w1",
        "       = 1      · 3",
        "       = 3",
        "",
        "df/dw1 = ∂f/∂v₁ · ∂v₁/∂w1",
        "       = 1      · x1",
        "       = x1",
        "       = 1      · 1",
        "       = 1",
        "",
        "df/dx2 = ∂f/∂v₂ · ∂v₂/∂x2",
        "       = 1      · w2",
        "       = w2",
        "       = 1      · 4",
        "       = 4",
    ]


def test_a_network_has_the_names_and_the_counting_of_the_article():
    cost, _, model = network()
    graph = describe([cost], None, model)
    assert {node.label for node in graph.nodes} - {""} == {
        *("x1", "x2", "W⁽¹⁾₁₁", "W⁽¹⁾₁₂", "W⁽¹⁾₂₁", "W⁽¹⁾₂₂", "b⁽¹⁾₁", "b⁽¹⁾₂", "z⁽²⁾₁", "z⁽²⁾₂", "a⁽²⁾₁", "a⁽²⁾₂"),
        *("W⁽²⁾₁₁", "W⁽²⁾₂₁", "b⁽²⁾₁", "z⁽³⁾₁", "a⁽³⁾₁", "ŷ", "C"),
    }
    w = model.layers[0].neurons[1].weights[0]  # from input 1 to neuron 2
    assert next(node for node in graph.nodes if node.label == "W⁽¹⁾₁₂").data == w.data
    assert graph.title(("layer 2",)) == "layer 2: a⁽²⁾ = σ(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾)"
    assert "layer 3: a⁽³⁾ = σ(a⁽²⁾W⁽²⁾ + b⁽²⁾)" in viz.draw(cost, clusters=model).source
    assert "(3 inputs, 1 neuron)" in str(viz.derive(*deltas_of_one()))


def deltas_of_one():
    model = MLP(3, [1], rng=random.Random(0))
    return losses.squared_error(model([1.0, 2.0, 3.0]), 1.0), model


@given(st.sampled_from("WbazδC"), st.integers(1, 99), st.lists(st.integers(1, 99), max_size=2))
def test_the_name_of_an_element_is_read_as_it_is_written(letter, layer, place):
    shown = of_layer(letter, layer, *place)
    index = "".join(map(str, place)) if max([0, *place]) < 10 or len(place) < 2 else ",".join(map(str, place))
    assert parts_of(shown) == (letter, str(layer), index)


def test_two_names_of_one_layer_are_told_apart():
    assert len({of_layer("W", 1, i, j) for i in range(1, 120) for j in range(1, 120)}) == 119**2


# ------------------------------------------------------------------------------------- total and local


def equations(text):
    """(left side, terms) of each equation in names: "df/da" and the products on its right, without spaces."""
    row = re.compile(r"(d\S+/d\S+) (?:\+?=) ((?:∂|d)\S.*)")
    return [(m[1], m[2]) for m in map(row.match, re.sub(" +", " ", text).splitlines()) if m]


@pytest.mark.full
@given(expressions())
def test_no_derivation_or_step_writes_a_total_derivative_with_the_sign_of_a_local_one(f):
    leaves = [Value(x, name) for x, name in zip(f.point, f.variables, strict=True)]
    out = f(*leaves)
    text = "\n".join([str(viz.derive(out, leaves)), *map(str, viz.steps(out))])
    assert not re.search(r"^∂", text, re.M)  # what is computed is a total derivative
    for left, right in equations(text):
        assert left not in right.split(" · ")[1:]  # nothing is defined by itself
        assert left not in right.split(" + ")


@pytest.mark.parametrize("formula", ["w1*w2 + w1", "relu(w1) + maximum(w1, w2) + abs(w1)", "w1*w1 + w2"])
def test_a_variable_with_two_ways_to_the_output_has_a_total_and_a_local_derivative(formula):
    w1, w2 = Value(2.0, "w1"), Value(3.0, "w2")
    text = re.sub(" +", " ", str(viz.derive(parse(formula, w1=w1, w2=w2), w1)))
    assert "df/dw1 = ∂f/∂" in text
    assert "∂f/∂w1 = ∂f/∂w1" not in text


# ------------------------------------------------------------------------------------- from right to left

HEBREW, ARABIC, TURNED = "שלום", "قيمة", "\u202eabc"


def test_a_name_from_right_to_left_is_isolated_in_every_text():
    a, b = Value(2.0, HEBREW), Value(3.0, ARABIC)
    out = a * b
    texts = [str(viz.derive(out, [a, b])), *map(str, viz.steps(out))]
    for name in (HEBREW, ARABIC):
        shown = [text for text in texts if name in text]
        assert shown
        assert all(text.count(name) == text.count(f"\u2068{name}\u2069") for text in shown)
    assert viz.steps(out).gradient == {HEBREW: 3.0, ARABIC: 2.0}


def test_a_name_from_right_to_left_is_isolated_in_titles_and_alternative_texts_of_pictures_and_pages():
    a, b = Value(2.0, HEBREW), Value(3.0, ARABIC)
    out = a * b + a**2 + 2.0 * b
    out.backward()
    drawing = viz.draw(out, show=("data", "grad", "partials"))
    pages = [drawing.pipe("svg").decode(), str(viz.explore(out)), str(viz.steps(out).page())]
    texts = [drawing.alt, *re.findall(r'<title>(.*?)</title>|aria-label="(Computation graph.*?)"', "\n".join(pages))]
    texts = ["".join(text) for text in texts] + re.findall("<t[dh][^>]*>(.*?)</t[dh]>", "".join(pages))
    for name in (HEBREW, ARABIC):
        shown = [text for text in texts if name in text]
        assert len(shown) > 10
        assert [text for text in shown if text.count(name) != text.count(f"\u2068{name}\u2069")] == []


def test_a_power_and_a_number_stand_at_the_right_of_a_name_from_right_to_left(browse):
    a = Value(2.0, HEBREW)
    out = a**2 * 3.0
    out.operands[1].label = ARABIC
    driver = browse(viz.explore(out))
    for name, after in ((HEBREW, "²"), (ARABIC, "3")):
        x = driver.execute_script(
            """
            const [name, after] = arguments;
            const holds = (text) => text.textContent.includes(name) && text.textContent.includes(after);
            const text = [...document.querySelectorAll(".graph text")].find(holds);
            const place = (part) => text.getExtentOfChar(text.textContent.indexOf(part)).x;
            return [place(name), place(after)];""",
            name,
            after,
        )
        assert x[0] < x[1]


def test_no_label_turns_the_text_around():
    a = Value(2.0, TURNED)
    out = a * a
    out.label = "\u2067c"
    texts = [str(viz.derive(out, a)), *map(str, viz.steps(out)), viz.steps(out).title, viz.explore(out).title]
    assert not re.search("[\u202a-\u202e\u2066\u2067]", "".join(texts))
    assert "d(\ufffdc)/d(\ufffdabc)" in texts[0]


@pytest.mark.parametrize("label", [HEBREW, ARABIC, "a"])
def test_a_browser_shows_the_number_after_a_name_at_its_right(label, browse):
    a = Value(2.0, label)
    page = browse(viz.steps(a * 3.0), "#0")
    left, right = page.execute_script(
        """
        const piece = (text) => {
          const span = [...document.querySelectorAll("#says span")].find((one) => one.textContent.includes(text));
          const range = document.createRange();
          const at = span.textContent.indexOf(text);
          range.setStart(span.firstChild, at);
          range.setEnd(span.firstChild, at + text.length);
          return range.getBoundingClientRect();
        };
        return [piece(arguments[0]).right, piece("2").left];""",
        label,
    )
    assert left < right


def test_marks_above_letters_take_no_column():
    x, y = Value(2.0, "x\u0302"), Value(3.0, "y")
    lines = str(viz.derive((x * y) ** 2, [x, y])).splitlines()
    rows = [line.replace("\u0302", "") for line in lines if line.startswith(("df/dx", "      "))][:4]
    assert len({row.index(" · ") for row in rows if " · " in row}) == 1
