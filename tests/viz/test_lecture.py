"""What a lecture shows, over all views of a graph: true numbers, one vocabulary, no gradient before there is one."""

import random
import re
from html import unescape

import pytest

import viz
from autodiff import Value, exp, log, relu, softmax, tanh
from nn import MLP, losses
from viz.drawing.picture import picture_of
from viz.drawing.texts import Text


def numbers():
    a, b, c = Value(1e300, "a"), Value(-1e-300, "b"), Value(1.2e-5, "c")
    return b * -123456.789 + a * -1e-200 - c * 2e8


def logistic():
    w0, x0, w1, x1, w2 = (Value(x, name) for x, name in ((2, "w0"), (-1, "x0"), (-3, "w1"), (-2, "x1"), (-3, "w2")))
    return 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2)))


def softmax_loss():
    z = [Value(x, f"z{i}") for i, x in enumerate((1.0, 2.0, 0.5), 1)]
    p = softmax(z)
    for i, share in enumerate(p, 1):
        share.label = f"p{i}"
    return -log(p[1])


def recurrent():
    wx, wh, b, h = Value(0.5, "wx"), Value(0.8, "wh"), Value(0.1, "b"), 0.0
    for t, x in enumerate((1.0, 2.0, -1.0), 1):
        h = tanh(wx * Value(x, f"x{t}") + wh * h + b)
        h.label = f"h{t}"
    return h


def network():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="identity", rng=random.Random(0))
    cost = losses.cross_entropy(model([Value(0.5, "x1"), Value(-1.0, "x2")]), 1)
    cost.label = "C"
    return cost


GRAPHS = [numbers, logistic, softmax_loss, recurrent, network]


def leaves(output):
    return [node for node in viz.graph.description.visible_order([output]) if node.label and node.is_leaf][:3]


def gradients_in(drawing):
    """The numbers in the rows of the gradient of the nodes of a drawing."""
    texts = [item for group in picture_of(drawing.content).groups for item in group.items if isinstance(item, Text)]
    return [run.text for text in texts for run in text.runs if run.role == "grad" and run.text]


def views(output):
    """The texts that a reader sees or hears in each view of a graph, by its name."""
    pages = {"explore": str(viz.explore(output)), "steps": str(viz.steps(output).page())}
    pages["draw"] = viz.draw(output, show=("data", "grad", "partials"), numbered=True).pipe("svg").decode()
    derivation = viz.derive(output, leaves(output))
    pages["derive"] = str(derivation.page())
    texts = {"text": str(derivation), "sentences": "\n".join(map(str, viz.steps(output)))}
    for name, page in pages.items():
        shown = re.sub("<(style|script).*?</\\1>", "", page, flags=re.S)
        heard = "\n".join(re.findall('aria-label="([^"]*)"', shown))
        texts[name] = unescape(f"{re.sub('<[^>]*>', ' ', shown)}\n{heard}")
    return texts


@pytest.mark.full
@pytest.mark.parametrize("make", GRAPHS)
def test_no_view_writes_a_hyphen_for_a_minus_or_an_e_for_a_power_of_ten(make):
    output = make()
    output.backward()
    for view, text in views(output).items():
        assert re.findall(r"(?<![\w)]) ?-\d|\de[-+]?\d+|\binf\b", text) == [], view


@pytest.mark.full
@pytest.mark.parametrize("make", GRAPHS)
def test_every_view_has_one_vocabulary(make):
    output = make()
    output.backward()
    for view, text in views(output).items():
        assert re.findall(r"(?i)adjoint|has sent|made from|\bpartials?\b|\b1 (?!is\b)\w+s\b", text) == [], view


def test_what_arrives_once_is_no_sum():
    assert not re.search("so far|in all", "\n".join(map(str, viz.steps(logistic()))))  # a tree
    assert "so far" in "\n".join(map(str, viz.steps(recurrent())))


@pytest.mark.full
@pytest.mark.parametrize("make", GRAPHS)
def test_no_gradient_is_shown_before_there_is_one(make):
    output = make()
    page = str(viz.steps(output).page())
    assert {*re.findall(r'id="n\d+\.grad"[^>]*>(.*?)</', page)} == {""}
    before = viz.draw(output)
    output.backward()
    after = viz.draw(output)
    assert ["gradient" in drawing.alt for drawing in (before, after)] == [False, True]
    assert (gradients_in(before), len(gradients_in(after)) > 2) == ([], True)


@pytest.mark.parametrize("make", GRAPHS)
def test_a_derivation_says_with_every_row_what_the_engine_computes(make):
    output = make()
    output.backward()
    for part, leaf in zip(viz.derive(output, leaves(output)).parts, leaves(output), strict=True):
        assert part.value == pytest.approx(leaf.grad, rel=1e-12)


def test_at_a_kink_and_where_there_is_no_number_a_derivation_says_so():
    a, x = Value(0.0, "a"), Value(1e200, "x")
    said = "Here relu has a kink and no derivative: what is shown is a convention."
    assert str(viz.derive(relu(a) + relu(a) * 2.0, a)).splitlines()[-1] == said
    assert (
        str(viz.derive(x * x - x * x, [x, a])).splitlines()[-1].startswith("These numbers have no −: the result is nan")
    )
    assert "kink" not in str(viz.derive(relu(Value(1.0, "a")), a))


# ------------------------------------------------------------------------------------- rows and columns

ROWS = """
return [...document.querySelectorAll("table.derivation")].map((table) =>
  [...table.rows].map((row) => [...row.cells].map((cell) => {
    const shown = cell.firstElementChild ?? cell;
    return [cell.colSpan, Math.round(shown.getBoundingClientRect().left)];
  })));
"""


@pytest.mark.parametrize("make", [logistic, softmax_loss, recurrent])
def test_links_rules_and_numbers_of_a_page_stand_in_columns(make, browse):
    output = make()
    tables = browse(viz.derive(output, leaves(output)[0])).execute_script(ROWS)
    in_columns = [row for table in tables for row in table if len(row) > 3]
    assert len(in_columns) >= 3
    for place in range(1, max(map(len, in_columns))):
        assert len({row[place][1] for row in in_columns if len(row) > place}) == 1, place


@pytest.mark.parametrize("make", [logistic, softmax_loss])
def test_the_result_of_a_derivation_is_on_the_first_screen(make, browse):
    output = make()
    driver = browse(viz.derive(output, leaves(output)[0]))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
    )
    assert driver.execute_script("return document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.parametrize("make", GRAPHS)
def test_links_rules_and_numbers_of_latex_stand_in_columns(make):
    output = make()
    latex = viz.derive(output, leaves(output)[0]).latex()
    pairs = int(re.match(r"\\begin\{alignedat\}\{(\d)\}", latex)[1])
    rows = [re.split("&&?", row) for row in latex.splitlines()[1:-1]]
    in_columns = [row for row in rows if len(row) > 3 and "rlap" not in row[2]]
    assert {cell.strip()[:5] for row in in_columns for cell in row[3:]} == {r"\cdot"}
    assert all(cell.strip().strip("{}") in "=+-" for row in in_columns for cell in row[1:2])
    assert max(map(len, rows)) <= pairs + 1
