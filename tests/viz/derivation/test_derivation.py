"""The chain rule written out: the article's examples word for word, and every formula against the number beside it."""

import random
import re

import numpy as np
import pytest
from hypothesis import given

import viz
from autodiff import PRIMITIVES, Value, defprimitive, exp, functions, grad, log, parse, sigmoid, sin, tanh
from autodiff.primitive import WidePrimitive
from autodiff.reverse import partials_on_values
from autodiff.testing.strategies import expressions
from nn import MLP, losses
from viz.mathematics.algebra import Algebra
from viz.mathematics.formula import Formula
from viz.mathematics.notation import Plain

POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def evaluated(formula: str, **variables: float) -> float:
    """The value of a plain formula, by Python's grammar and `parse`."""
    code = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(POWERS)})", formula)
    code = re.sub(r"\[([^][]*?) = ([^][]*?)\]", r"(1-abs(sign(\1-(\2))))", code)
    code = re.sub(r"√(\w+)", r"sqrt(\1)", re.sub(r"\[(.*?) > (.*?)\]", r"(0.5+0.5*sign(\1-(\2)))", code))
    code = code.replace("·", "*").replace("−", "-").replace("^", "**").replace("√", "sqrt").replace("σ", "sigmoid")
    code = re.sub(r"erf′\((\w+)\)", r"(2/sqrt(pi)*exp(-\1**2))", re.sub(r"\|([^|]*)\|", r"abs(\1)", code))
    for name, written in (("max", "largest"), ("min", "smallest"), ("logΣexp", "logsumexp")):
        code = re.sub(rf"\b{name}\(", f"{written}(", code)
    return parse(code, **variables).data


# ------------------------------------------------------------------------------------------- the article


def line_cost() -> tuple[Value, Value, Value]:
    """C, m and c: the squared cost of the line on A and B, with the article's substitutions s."""
    m, c = Value(1.0, "m"), Value(0.0, "c")
    squares = []
    for name, (x, y) in zip("AB", [(1.0, 2.0), (3.0, 1.0)], strict=True):
        f = m * x + c
        s = f - y
        f.label, s.label = f"f({name})", f"s({name})"
        squares.append(s**2)
    cost = 0.5 * (squares[0] + squares[1])
    cost.label = "C"
    return cost, m, c


def test_the_squared_cost_of_the_line_is_derived_as_in_the_article():
    """Sum over the points of s · 1 · x."""
    cost, m, _ = line_cost()
    assert str(viz.derive(cost, m)).splitlines() == [
        "C    = 0.5·(s(A)² + s(B)²)",
        "s(A) = f(A) − 2",
        "f(A) = m·1 + c",
        "s(B) = f(B) − 1",
        "f(B) = m·3 + c",
        "",
        "dC/dm = ∂C/∂s(A) · ∂s(A)/∂f(A) · ∂f(A)/∂m",
        "      + ∂C/∂s(B) · ∂s(B)/∂f(B) · ∂f(B)/∂m",
        "      = s(A)     · 1           · 1",
        "      + s(B)     · 1           · 3",
        "      = s(A) + 3·s(B)",
        "      = (−1)     · 1           · 1",
        "      +   2      · 1           · 3",
        "      = −1 + 6",
        "      = 5",
    ]


def test_by_c_it_is_the_sum_of_the_errors():
    cost, _, c = line_cost()
    assert "      = s(A) + s(B)" in str(viz.derive(cost, c)).splitlines()


def test_the_two_variable_example_gives_the_articles_partial_derivatives():
    x, y = Value(2.0, "x"), Value(1.5, "y")
    f = 2 * x**2 * y**3
    assert "      = 4·x·y³" in str(viz.derive(f, x)).splitlines()
    assert "      = 6·x²·y²" in str(viz.derive(f, y)).splitlines()


def test_the_square_has_the_slope_2x():
    x = Value(3.0, "x")
    assert str(viz.derive(x**2, x)) == "f = x²\n\ndf/dx = 2·x\n      = 6"


def test_latex_is_the_same_in_latex():
    x, y = Value(2.0, "x"), Value(1.5, "y")
    latex = viz.derive(2 * x**2 * y**3, x).latex()
    assert latex.startswith("\\begin{alignedat}{5}\n")
    assert latex.splitlines()[5:8] == [
        (
            r"\frac{\mathrm{d}f}{\mathrm{d}x} &={} && \frac{\partial f}{\partial v_{2}} && \cdot "
            r"\frac{\partial v_{2}}{\partial v_{1}} && \cdot \frac{\partial v_{1}}{\partial x} \\"
        ),
        r" &={} && {y}^{3} && \cdot 2 && \cdot \left(2 \, x\right) \\",
        r" &={} && \rlap{\text{\(\displaystyle 4 \, x \, {y}^{3}\)}} \\",
    ]


# ------------------------------------------------------------------------------------ against the engine


@given(expressions())
def test_the_terms_add_up_to_the_gradient_of_the_engine(f):
    leaves = [Value(x, name) for x, name in zip(f.point, f.variables, strict=True)]
    out = f(*leaves)
    for i, leaf in enumerate(leaves):
        derivation = viz.derive(out, leaf, max_paths=10_000)
        slope = grad(f, argnums=i)(*f.point)
        size = sum(map(abs, derivation.terms))
        assert derivation.value == pytest.approx(slope, rel=1e-9, abs=1e-9 * size)
        if derivation.n_paths <= 10_000:
            assert len(derivation.terms) == derivation.n_paths
            # each term is a product of the same partials in another order: roundings of the size of the terms
            assert sum(derivation.terms) == pytest.approx(slope, rel=1e-9, abs=1e-9 * size)


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda primitive: primitive.name)
def test_each_formula_of_the_table_says_the_number_beside_it(primitive):
    n = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    operands = [Value(x, name) for x, name in zip((0.5, 0.25, 0.75, 0.125), "xyuw", strict=False)][:n]
    out = primitive(*operands)
    out.label = "out"
    notation = Plain(digits=17)
    names = {node: Formula(node.label) for node in (*operands, out)}
    algebra = Algebra(notation, names.get)
    variables = {node.label: node.data for node in names}
    for operand, partial in partials_on_values(out, operands):
        number = partial.data if isinstance(partial, Value) else float(partial)
        text = algebra.text(partial)
        assert evaluated(text, **variables) == pytest.approx(number, rel=1e-12), (operand.label, text)


@pytest.mark.parametrize(
    "formula",
    [
        "x*y*x", "x/(y*x)", "-(x - y)*3", "(x + y)**2*(x + y)", "x**-2", "(x*y)**0.5*x", "x**y", "2**x", "x - (y - x)",
        "exp(-x)/(1 + exp(-x))**2", "log(x)*log(x)", "(0 - x)**3", "x*1*0.5*4", "1/x/y", "x - -3", "(x**2)**0.5",
        "abs(x - y)",
    ],
)  # fmt: skip
def test_a_formula_multiplied_out_is_the_same_number(formula):
    x, y = Value(0.7, "x"), Value(1.3, "y")
    out = parse(formula, x=x, y=y)
    names = {x: Formula("x"), y: Formula("y")}
    text = Algebra(Plain(digits=17), names.get).text(out)
    assert evaluated(text, x=0.7, y=1.3) == pytest.approx(out.data, rel=1e-12), text


def test_a_primitive_of_ones_own_is_derived_by_its_own_rule():
    cube = defprimitive("cube", lambda x: x**3, lambda out, x: 3.0 * x**2)
    x = Value(2.0, "x")
    assert str(viz.derive(cube(x), x)) == "f = cube(x)\n\ndf/dx = 3·x²\n      = 12"


# ------------------------------------------------------------------------------------------ many, and none


def test_paths_are_counted_and_not_walked_and_what_is_left_out_is_summed():
    a = Value(1.0, "a")
    b = a
    for _ in range(40):
        b = b + tanh(b)
    derivation = viz.derive(b, a, max_paths=3)
    assert derivation.n_paths == 2**40
    text = str(derivation)
    assert "is that of the other 1,099,511,627,773 paths" in text
    assert len(text.splitlines()) < 40
    *terms, last = re.findall(r"= (\S+(?: \+ \S+)+)\n", text)[-1].split(" + ")
    assert len(terms) == 3
    b.backward()
    assert sum(map(float, [*terms, last])) == pytest.approx(a.grad, abs=2e-3)  # four digits are shown of each


def test_a_long_chain_is_cut_in_the_middle():
    x = Value(1.0, "x")
    y = x
    for _ in range(5000):
        y = sin(y)
    first = next(line for line in str(viz.derive(y, x)).splitlines() if line.startswith("df/dx"))
    assert first.count("·") == 10
    assert "· … ·" in first


def test_twice_the_nodes_are_twice_the_work(count_calls):
    def calls(n):
        x = y = Value(1.0, "x")
        for i in range(n):
            y = y * 1.0001
            y.label = "w" * (i % 2)
        return count_calls(lambda: str(viz.derive(y, x)))

    half = calls(1000)  # the smaller first: the larger one would fill caches for it
    assert calls(2000) < 2.5 * half


def test_digits_are_those_of_every_number():
    x = Value(2.0, "x")
    assert str(viz.derive(sin(x * 0.123456789) * 2.0, x, digits=9)).startswith(
        "f  = v₂·2\nv₂ = sin(v₁)\nv₁ = x·0.123456789"
    )
    y = sin(x * 0.123456789)
    y.label = "y"
    assert str(viz.derive(y * 2.0, x, digits=9)).startswith("f = y·2\ny = sin(x·0.123456789)")


def test_what_does_not_depend_on_it_has_derivative_0():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    assert str(viz.derive(x * 2.0, y)) == "df/dy = 0\nf does not depend on it"
    assert str(viz.derive(x, x)) == "dx/dx = 1"


def test_a_node_with_a_name_is_a_link_and_one_without_is_written_out():
    x = Value(2.0, "x")
    u = x**2 + 1.0
    u.label = "u"
    y = exp(-u) * 3.0
    assert str(viz.derive(y, x)).splitlines()[:6] == [
        "f = exp(−u)·3",
        "u = x² + 1",
        "",
        "df/dx = ∂f/∂u        · ∂u/∂x",
        "      = (−3·exp(−u)) · (2·x)",
        "      = −6·x·exp(−u)",
    ]


def test_data_changed_since_leaves_the_numbers_that_were_recorded():
    x = Value(2.0, "x")
    y = log(x)
    x.data = 5.0
    assert str(viz.derive(y, x)) == "f = log(x)\n\ndf/dx = 0.5"


# --------------------------------------------------------------------------------------------- a network


def network(sizes, activation="sigmoid", seed=0, loss=losses.squared_error):
    model = MLP(2, sizes, activation=activation, output_activation=activation, rng=random.Random(seed))
    out = model([Value(0.5, "x1"), Value(-1.0, "x2")])
    cost = loss(out, [0.25] * sizes[-1] if sizes[-1] > 1 else 0.25)
    cost.label = "C"
    return model, cost


@pytest.mark.parametrize("sizes", [[3, 2], [1], [5], [4, 3, 2]])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
def test_the_recursion_of_the_deltas_gives_what_backward_gives(sizes, activation):
    model, cost = network(sizes, activation)
    derivation = viz.derive(cost, model)
    cost.backward()
    for layer, delta, weights in zip(model.layers, derivation.deltas, derivation.weights, strict=True):
        np.testing.assert_allclose(delta, [neuron.bias.grad for neuron in layer.neurons], rtol=1e-12)
        np.testing.assert_allclose(
            np.array(weights).T, [[w.grad for w in neuron.weights] for neuron in layer.neurons], rtol=1e-12
        )


def test_the_network_of_the_article_is_written_as_in_the_article():
    model, cost = network([3, 2])
    lines = str(viz.derive(cost, model)).splitlines()
    for line in (
        "∂C/∂a⁽³⁾ = [a⁽³⁾₁ − ŷ₁, a⁽³⁾₂ − ŷ₂]",
        "δ⁽³⁾     = ∂C/∂a⁽³⁾ ∘ σ′(z⁽³⁾)",
        "δ⁽²⁾     = δ⁽³⁾ W⁽²⁾ᵀ ∘ σ′(z⁽²⁾)",
        "dC/dW⁽²⁾ = a⁽²⁾ᵀ δ⁽³⁾",
        "dC/db⁽²⁾ = δ⁽³⁾",
        "dC/dW⁽¹⁾ = a⁽¹⁾ᵀ δ⁽²⁾",
        "dC/db⁽¹⁾ = δ⁽²⁾",
    ):
        assert line in lines
    html = viz.derive(cost, model).html()
    for marks in (
        '<msup><mi>a</mi><mn>(1)</mn></msup><mspace width="0.3em"></mspace><msup><mi>W</mi>',
        '<mo lspace="0.4em" rspace="0.4em">∘</mo><mrow><mrow><mi>σ</mi>',
        "<mtext>\xa0\xa0\xa0(2\xa0inputs,\xa03\xa0neurons)</mtext>",
    ):
        assert marks in html


def test_one_weight_is_derived_through_the_layers():
    model, cost = network([3, 2])
    derivation = viz.derive(cost, model.layers[0].neurons[1].weights[0], model=model)
    assert derivation.n_paths == 2
    links = "dC/dW⁽¹⁾₁₂ = ∂C/∂a⁽³⁾₁ · ∂a⁽³⁾₁/∂z⁽³⁾₁ · ∂z⁽³⁾₁/∂a⁽²⁾₂ · ∂a⁽²⁾₂/∂z⁽²⁾₂ · ∂z⁽²⁾₂/∂W⁽¹⁾₁₂\n"
    assert links in re.sub(" +", " ", str(derivation))


def test_a_cost_with_a_penalty_is_refused_because_the_recursion_is_not_its_gradient(refuses):
    model, cost = network([3, 2])
    message = (
        "derive: expected a cost that depends on the network through its last layer alone; "
        "this one has another term, such as a penalty on the weights; derive the part without it"
    )
    with refuses(ValueError, message):
        viz.derive(cost + 0.1 * sum(p * p for p in model.parameters()), model)


def test_a_batch_is_refused(refuses):
    model = MLP(1, [2], rng=random.Random(0))
    cost = functions.sum([*model([Value(1.0)]), *model([Value(2.0)])])
    message = "layers: expected a graph in which the network has seen one sample, got 2; use the loss of one sample"
    with refuses(ValueError, message):
        viz.derive(cost, model)


def test_the_slope_of_the_cost_is_a_formula_also_for_many_outputs():
    model, cost = network([3, 6])
    assert "∂C/∂a⁽³⁾ = [a⁽³⁾₁ − ŷ₁, a⁽³⁾₂ − ŷ₂, a⁽³⁾₃ − ŷ₃, a⁽³⁾₄ − ŷ₄, …]" in str(viz.derive(cost, model))


def test_a_large_layer_shows_the_corner_of_its_matrix():
    model, cost = network([20, 10])
    assert ", …; …, …, …, …, …]" in str(viz.derive(cost, model))


# ------------------------------------------------------------------------------------- files and notebooks


def test_each_format_is_saved(tmp_path, refuses):
    cost, m, _ = line_cost()
    derivation = viz.derive(cost, m)
    assert derivation.save(tmp_path / "d.txt").read_text(encoding="utf-8") == f"{derivation}\n"
    assert derivation.save(tmp_path / "d.tex").read_text(encoding="utf-8") == f"\\[\n{derivation.latex()}\n\\]\n"
    assert derivation.save(tmp_path / "d.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with refuses(ValueError, "save: expected a file name that ends in .html, .tex or .txt, got 'd.pdf'"):
        derivation.save(tmp_path / "d.pdf")
    assert derivation._repr_latex_().startswith("$$\n\\begin{alignedat}{5}")
    assert derivation.html().count("<math") > 10


@pytest.mark.full
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_browser_shows_the_mathematics(size, browse):
    cost, m, _ = line_cost()
    driver = browse(viz.derive(cost, m), "#99", size=size)
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    fraction = driver.execute_script("""
        const [above, below] = document.querySelector("mfrac").children;
        const gap = below.getBoundingClientRect().top - above.getBoundingClientRect().bottom;
        return [above.textContent, below.textContent, gap > -1];
    """)
    assert fraction == ["dC", "dm", True]
    last = driver.find_elements("css selector", ".derivation tr")[-1]
    assert last.text.split() == ["=", "5"]


@pytest.mark.parametrize("label", ["<img src=x onerror=alert(1)>", "</math><script>", "a_b^c{d}\\%$&#~", "δ", "\x00"])
def test_any_label_stays_text(label, browse):
    x = Value(2.0, label)
    derivation = viz.derive(sigmoid(x) * 2.0, x)
    driver = browse(derivation)
    assert driver.execute_script("return document.images.length") == 0
    latex = re.sub(
        r"\\[{}$&#_%]|\\(?:hat\{ \}|backslash|sim|begin\{alignedat\}\{\d\}|end\{alignedat\})", "", derivation.latex()
    )
    assert not re.search(r"[$#%~]", latex)
    assert latex.count("{") == latex.count("}")


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((1.0, Value(1.0)), {}, TypeError, "derive: expected a Value as output, got float"),
        ((Value(1.0), "x"), {}, TypeError, "derive: expected wrt to be a Value or a network, got str"),
        (
            (Value(1.0), Value(1.0)),
            {"max_paths": 0},
            ValueError,
            "derive: expected max_paths to be a positive int, got 0",
        ),
        (
            (Value(1.0, "a") * 2.0 + 1.0, Value(1.0)),
            {"max_nodes": 4},
            ValueError,
            (
                "derive: expected a graph of at most 4 nodes, got 5; "
                "derive a part of it (an inner node, one sample), or pass max_nodes=5"
            ),
        ),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        viz.derive(*arguments, **options)


def seen(derivation) -> list[str]:
    """The lines of the table that a page shows, without the marks between the letters."""
    rows = re.findall("<tr.*?</tr>", derivation.html())
    return [re.sub("<[^>]*>", "", row) for row in rows]


def test_a_chain_of_one_link_repeats_no_line_in_any_notation():
    """In MathML it once was df/dy = df/dy = sin(x) = sin(x) = 0.84 = 0.84."""
    x, y = Value(1.0, "x"), Value(2.0, "y")
    f = sin(x) * y
    f.label = "f"
    derivation = viz.derive(f, y)
    assert str(derivation).splitlines() == ["f = sin(x)·y", "", "df/dy = sin(x)", "      = 0.8415"]
    assert derivation.latex().count("=") == 3
    assert seen(derivation) == ["f=sin(x)·y", "dfdy=sin(x)", "=0.8415"]
    assert seen(viz.derive(f, x))[-4:] == ["dfdx=∂f∂v1·∂v1∂x", "=y·cos(x)", "=2·0.5403", "=1.081"]


def test_a_sum_that_is_cut_short_says_what_is_left_out():
    x = Value(2.0, "x")
    a = x * x
    f = x + a
    f.label, a.label = "f", "a"
    assert str(viz.derive(f, x, max_paths=1)).splitlines() == [
        "f = x + a",
        "",
        "df/dx = ∂f/∂x",
        "      + …",
        "      = 1",
        "      + …",
        "      = 1 + 2·x",
        "      = 1",
        "      + …",
        "      = 1 + 4",
        "      = 5",
        "(the last term of the sum is that of the other path; the sweep backward takes 4 products for all)",
    ]


@pytest.mark.parametrize("names", [["f"], "f"])
def test_what_are_no_names_is_refused(names, refuses):
    x = Value(2.0, "x")
    with refuses(TypeError, "derive: expected names as variables by name, got 'f'; use names=locals(), or {'x': x}"):
        viz.derive(x * x, x, names)


def test_at_least_one_node_is_needed_to_differentiate_by(refuses):
    with refuses(ValueError, "derive: expected at least one Value as wrt, got none"):
        viz.derive(Value(2.0, "x") * 3.0, [])
