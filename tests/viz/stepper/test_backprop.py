"""`viz.backprop`: its matrices have the numbers of the formulas, and the entries that a step computes are lit."""

import random
import re
from html.parser import HTMLParser

import pytest

import viz
from autodiff import Value
from nn import MLP, losses
from viz.drawing.network_numbers import MAX_NEURONS

SIZES = [(2, [3, 2]), (3, [4, 1]), (1, [1]), (2, [2, 2, 1])]


def network(n_in, sizes, output="sigmoid"):
    model = MLP(n_in, sizes, activation="tanh", output_activation=output, rng=random.Random(1))
    for i, parameter in enumerate(model.parameters()):
        parameter.data += 0.1 * (i % 3)  # biases that are not 0
    return model, [0.5 - i for i in range(n_in)], 1.0 if sizes[-1] == 1 else [1.0, *[0.0] * (sizes[-1] - 1)]


class Board(HTMLParser):
    """The entries of the matrices at the end by the beginnings of their ids: {"f2W": [["0.5", ...], ...]}."""

    def __init__(self, steps):
        super().__init__()
        self.matrices, self.keys, self._cell = {}, {}, None
        self.start, self.end = {}, steps[-1].state.texts
        self.page = str(steps.page())
        self.feed(self.page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "td" and (place := re.fullmatch(r"([fb]\d\w)-(\d+)-(\d+)", named.get("id") or "")):
            rows = self.matrices.setdefault(place[1], [])
            rows += [[]] * (int(place[2]) == len(rows))
            key = self.keys[named["id"]] = named.get("data-key")
            rows[-1] = [*rows[-1], self.end.get(key, "")]
            self._cell = named["id"], rows[-1]

    def handle_data(self, text):
        if self._cell is not None:
            self.start[self._cell[0]] = self._cell[1][-1] = text

    def handle_endtag(self, tag):
        self._cell = None

    def matrix(self, name):
        return [[float(x.replace("−", "-")) for x in row] for row in self.matrices[name]]


def product(a, b):
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def close(a, b):
    return [x for row in a for x in row] == pytest.approx([x for row in b for x in row], abs=1e-10)


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_numbers_are_those_of_the_formulas(size, output):
    model, x, target = network(*size, output)
    steps = viz.backprop(model, x, target, digits=12)
    board = Board(steps)
    m, last = board.matrix, len(size[1]) + 1
    for number in range(2, last + 1):
        f, b = f"f{number}", f"b{number}"
        sums = product(m(f"{f}a"), m(f"{f}W"))
        assert close([[s + t for s, t in zip(sums[0], m(f"{f}b")[0], strict=True)]], m(f"{f}z"))
        sent = product(m(f"{b}d"), m(f"{b}W")) if number < last else m(f"{b}d")
        slopes = m(f"{b}s") if f"{b}s" in board.matrices else [[1.0] * len(sent[0])]
        assert close([[s * t for s, t in zip(sent[0], slopes[0], strict=True)]], m(f"{b}D"))
        assert close(product(m(f"{b}a"), m(f"{b}e")), m(f"{b}g"))
    losses.squared_error(model(x), target).backward()
    gradient = [[neuron.weights[i].grad for neuron in model.layers[0].neurons] for i in range(size[0])]
    assert close(m("b2g"), gradient)


def test_a_step_lights_the_column_that_it_computes_and_what_it_is_computed_from():
    model, x, target = network(2, [3, 2])
    steps = viz.backprop(model, x, target)
    forward, backward = steps[2].state.marks, steps[10].state.marks
    lit = {key: mark for key, mark in forward.items() if re.match(r"[fb]\d", key)}
    assert lit == {
        "f2": "shown", "f2a-0-0": "feeding", "f2a-0-1": "feeding", "f2W-0-1": "feeding", "f2W-1-1": "feeding",
        "f2b-0-1": "feeding", "f2z-0-1": "computed", "f2s-0-1": "computed",
    }  # fmt: skip
    assert {key for key, mark in backward.items() if mark == "computed"} == {"b2D-0-0", "b2g-0-0", "b2g-1-0"}
    assert {"b2W-0-0", "b2W-1-0", "b2d-0-0", "b2d-0-1", "b2s-0-0"} < backward.keys()
    layers = viz.backprop(model, x, target, level="layers")[1].state.marks
    assert {key for key in layers if key.startswith("f2z")} == {"f2z-0-0", "f2z-0-1", "f2z-0-2"}
    assert [step.state.marks.get("cost") for step in steps[6:8]] == ["shown", "shown"]
    assert steps[-1].state.marks["end"] == "shown"


def test_sizes_are_written_and_large_matrices_are_dots():
    model, x, target = network(2, [5, 1])
    board = Board(viz.backprop(model, x, target))
    assert "<mtext>2×5</mtext>" in board.page
    assert 'aria-label="W of layer 1, 2 × 5"' in board.page
    assert board.matrices["f2W"] == [["•"] * 5] * 2
    assert board.keys["f2W-0-0"] is None
    assert board.matrices["f2a"] == [["0.5", "−0.5"]]


def test_at_the_start_the_inputs_the_weights_and_the_biases_are_there():
    board = Board(viz.backprop(*network(2, [3, 2])))
    assert {id_[2] for id_ in board.start} == {"a", "W", "b"}
    assert not any(id_.startswith(("f3a", "b3a")) for id_ in board.start)


def test_another_loss_and_named_inputs():
    model, x, _ = network(2, [3, 3], "identity")
    steps = viz.backprop(model, [Value(0.5, "height"), *x[1:]], 2, loss=losses.cross_entropy)
    assert "height = 0.5, a⁽¹⁾₂ = −0.5" in str(steps[0])
    assert str(steps[9]).startswith("δ⁽³⁾₁ = dC/da⁽³⁾₁ = ")
    assert "‖" not in str(steps.page())
    assert "‖" in str(viz.backprop(model, x, [0.0, 0.0, 1.0]).page())
    assert all(parameter.grad == 0.0 for parameter in model.parameters())


def test_an_activation_of_several_operations_has_one_slope():
    model = MLP(2, [2, 1], activation="gelu", rng=random.Random(1))
    said = [str(step) for step in viz.backprop(model, [0.5, -1.0], 1.0, digits=10)]
    *_, numbers, result = said[7].splitlines()[0].removesuffix(".").split(" = ")
    assert eval(numbers.replace("·", "*").replace("−", "-")) == pytest.approx(float(result.replace("−", "-")), rel=1e-8)


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (([0.5], 1.0), {}, ValueError, "MLP: expected 2 inputs, got 1 (built with n_in=2)"),
        (
            ([0.5, 1.0], 1.0),
            {"level": "rows"},
            ValueError,
            "backprop: expected level to be one of neurons, layers, got 'rows'",
        ),
        (
            ([0.5, 1.0], 1.0),
            {"loss": "mse"},
            TypeError,
            "backprop: expected loss to be a function (prediction, target) -> cost, got 'mse'",
        ),
        ((None, 1.0), {}, TypeError, "backprop: expected x to be the inputs of a sample, got None"),
        (
            ([0.5, 1.0], 1.0),
            {"loss": lambda prediction, target: 0.0},
            TypeError,
            "backprop: expected loss to return a Value, got float; compute with Values",
        ),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        viz.backprop(network(2, [2, 1])[0], *arguments, **options)


@pytest.mark.parametrize("penalty", ["a weight", "a hidden neuron"])
def test_a_cost_with_another_term_is_refused(penalty, refuses):
    model, x, target = network(2, [2, 1])
    message = (
        "backprop: expected a cost that depends on the network through its last layer alone, got one with another "
        "term, such as a penalty on the weights; show the part without it"
    )

    def loss(prediction, target):
        hidden = prediction.operands[0].operands[0].operands[1]
        extra = model.layers[0].neurons[0].weights[0] if penalty == "a weight" else hidden
        return losses.squared_error(prediction, target) + extra * extra

    with refuses(ValueError, message):
        viz.backprop(model, x, target, loss=loss)


def test_a_model_without_layers_and_a_layer_that_is_too_large_are_refused(refuses):
    with refuses(TypeError, "backprop: expected a network of layers, such as nn.MLP, got str"):
        viz.backprop("model", [1.0], 1.0)
    message = f"backprop: expected layers of at most {MAX_NEURONS} neurons, got 17; use viz.steps"
    with refuses(ValueError, message):
        viz.backprop(MLP(1, [17, 1], rng=random.Random(0)), 1.0, 1.0)
