"""The passes through a network, by neurons and by layers: the engine's numbers, in sentences and a picture."""

import math
import random
import re

import pytest

import viz
from autodiff import Value, topological_order
from nn import MLP, losses
from viz.graph.description import describe
from viz.graph.layers import layer_nodes
from viz.style.text import format_number

SIZES = [(2, [2, 1]), (2, [3, 2]), (3, [4, 1]), (1, [1])]


@pytest.fixture(params=SIZES, ids=str)
def trained(request):
    n_in, sizes = request.param
    model = MLP(n_in, sizes, activation="tanh", output_activation="sigmoid", rng=random.Random(1))
    outputs = model([Value(0.5 - i, f"x{i + 1}") for i in range(n_in)])
    cost = losses.squared_error(outputs, 1.0 if sizes[-1] == 1 else [1.0, 0.0])
    cost.label = "C"
    return model, cost


@pytest.mark.parametrize("level", ["neurons", "layers"])
def test_at_the_end_the_circles_and_the_lines_have_the_numbers_of_the_engine(trained, level):
    model, cost = trained
    steps = viz.steps(cost, clusters=model, level=level)
    assert all(node.grad == 0.0 for node in topological_order(cost))  # it changes none
    cost.backward()
    shown = steps[-1].state.texts
    graph = describe([cost], clusters=model)
    ids = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
    layers = layer_nodes(model, graph.values)
    for layer in layers:
        for a in layer.activations:
            assert shown[f"{ids[a]}.data"] == format_number(a.data, 4)
        for x in (*layer.sums, *(w for row in layer.weights for w in row)):
            assert shown[f"{ids[x]}.grad"] == format_number(x.grad, 4)
    assert steps.gradient["W⁽¹⁾₁₁"] == pytest.approx(model.layers[0].neurons[0].weights[0].grad)
    neurons = sum(len(layer.sums) for layer in layers)
    assert len(steps) == 4 + 2 * (neurons if level == "neurons" else len(layers))


def test_a_step_of_a_neuron_says_its_sum_and_its_delta():
    model = MLP(2, [2, 1], activation="tanh", output_activation="sigmoid", rng=random.Random(1))
    cost = losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), 1.0)
    cost.label = "C"
    said = [str(step) for step in viz.steps(cost, clusters=model, level="neurons")]
    assert said[1].startswith("z⁽²⁾₁ = W⁽¹⁾₁₁·x1 + W⁽¹⁾₂₁·x2 + b⁽¹⁾₁ = ")
    assert "\na⁽²⁾₁ = tanh(z⁽²⁾₁) = " in said[1]
    assert said[6].startswith("δ⁽³⁾₁ = dC/da⁽³⁾₁ · ∂a⁽³⁾₁/∂z⁽³⁾₁ = ")
    assert said[7].startswith("δ⁽²⁾₁ = W⁽²⁾₁₁·δ⁽³⁾₁ · ∂a⁽²⁾₁/∂z⁽²⁾₁ = ")
    for sentence in (said[1], said[7]):  # what is on both sides of the last = of the first line is equal
        *_, numbers, result = sentence.splitlines()[0].removesuffix(".").split(" = ")
        formula = numbers.replace("·", "*").replace("−", "-")
        assert eval(formula) == pytest.approx(float(result.replace("−", "-")), rel=2e-3)  # of four digits each
    layers = [str(step) for step in viz.steps(cost, clusters=model, level="layers")]
    assert layers[1].startswith("a⁽²⁾ = tanh(a⁽¹⁾W⁽¹⁾ + b⁽¹⁾) = (")
    assert re.match(r"δ⁽²⁾ = \(δ⁽³⁾ W⁽²⁾ᵀ\) ∘ tanh′\(z⁽²⁾\) = \(.*\)\.\nSo dC/dW⁽¹⁾ = a⁽¹⁾ᵀ δ⁽²⁾, and", layers[6])


def test_nothing_lies_on_anything_else_and_every_step_is_that_of_python(trained, browse):
    model, cost = trained
    steps = viz.steps(cost, clusters=model, level="neurons")
    driver = browse(steps, f"#{len(steps) - 1}")
    read = """
        const box = (item) => { const { x, y, width, height } = item.getBBox(); return [x, y, x + width, y + height]; };
        const texts = [...document.querySelectorAll("#view text")].filter((text) => text.textContent.trim());
        const ink = texts.map((text) => {
            const [x0, y0, x1, y1] = box(text), h = y1 - y0;
            return [text.textContent, [x0, y0 + 0.22 * h, x1, y1 - 0.2 * h]];
        });
        const labels = [...document.querySelectorAll("#view .edge text")].map(box);
        const circles = [...document.querySelectorAll("#view .box")].map(box);
        const numbers = [...document.querySelectorAll("#view [id]")].filter((part) => part.matches("text, tspan"));
        return [ink, labels, circles, Object.fromEntries(numbers.map((part) => [part.id, part.textContent]))];
    """
    texts, labels, circles, numbers = driver.execute_script(read)
    last = steps[-1].state.texts
    assert {key: numbers[key] for key in last} == dict(last)

    def overlap(a, b):
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

    pairs = [(one, two) for i, (one, a) in enumerate(texts) for two, b in texts[:i] if overlap(a, b)]
    assert pairs == []
    for x0, y0, x1, y1 in labels:
        for a, b, c, d in circles:
            x, y, radius = (a + c) / 2, (b + d) / 2, (c - a) / 2
            nearest = min(max(x, x0), x1), min(max(y, y0), y1)
            assert math.dist(nearest, (x, y)) > radius


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"level": "rows"}, ValueError, "steps: expected level to be one of operations, neurons, layers, got 'rows'"),
        (
            {"level": "neurons", "mistake": "overwrite"},
            ValueError,
            "steps: expected neither wrt nor mistake at the level of neurons, got one",
        ),
        (
            {"level": "layers", "clusters": None},
            TypeError,
            "steps: expected a network of layers, such as nn.MLP, got NoneType",
        ),
    ],
)
def test_what_cannot_be_is_refused(options, kind, message, refuses):
    model = MLP(1, [1], rng=random.Random(0))
    with refuses(kind, message):
        viz.steps(model([1.0]), **{"clusters": model, **options})


def test_a_network_that_is_too_wide_for_circles_is_refused(refuses):
    model = MLP(2, [17, 1], rng=random.Random(0))
    message = "steps: expected layers of at most 16 neurons, got 17; use level='operations'"
    with refuses(ValueError, message):
        viz.steps(model([1.0, 2.0]) ** 2, clusters=model, level="neurons")


@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_the_output_of_a_model_is_no_cost(activation, refuses):
    model = MLP(2, [3, 1], output_activation=activation, rng=random.Random(0))
    output = model([0.5, -1.0])
    message = (
        "expected a cost, computed from the output of the model, got the output itself; pass for example "
        "losses.squared_error(model(x), target)"
    )
    with refuses(ValueError, f"steps: {message}"):
        viz.steps(output, clusters=model, level="neurons")
    with refuses(ValueError, f"network: {message}"):
        viz.network(model, cost=output)
    with refuses(ValueError, f"derive: {message}"):
        viz.derive(output, model)
