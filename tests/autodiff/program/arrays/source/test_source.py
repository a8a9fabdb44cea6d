"""The array program as printed: it runs by itself, gives the same numbers, and reads as one would have written it."""

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings

from autodiff import Value, defprimitive, dot, logsumexp, maximum, tanh
from autodiff import sum as total
from autodiff.program.arrays.source.formulas import exponent
from autodiff.program.arrays.source.function import numpy_source
from autodiff.program.interpret import interpret
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of
from autodiff.testing import expressions
from nn import MLP, losses

np = pytest.importorskip("numpy")

ARTICLE = """\
    z2 = W1 @ x + b1[:, None]  # (3, n)
    a2 = sigmoid(z2)  # (3, n)
    z3 = W2 @ a2 + b2[:, None]  # (2, n)
    a3 = sigmoid(z3)  # (2, n)
    v1 = a3 - y  # (2, n)
    v2 = v1**2  # (2, n)
    value = (0.5 * (v2[0] + v2[1])).mean()
    delta3 = v1 * (a3 * sigmoid(-z3))  # (2, n)
    db2[:] = delta3.mean(axis=-1)
    delta2 = W2.T @ delta3 * (a2 * sigmoid(-z2))  # (3, n)
    db1[:] = delta2.mean(axis=-1)
    dW1[:] = delta2 @ x.T / n
    dW2[:] = delta3 @ a2.T / n
    return value, gradient
"""


def numbers(n, seed=0, label=""):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0), f"{label}{i}" if label else "") for i in range(n)]


def check(tape, batch_of_points=None, theta=None):
    """Run the source of the values and of both gradients, and compare with the tape line by line."""
    rng = np.random.default_rng(0)
    if batch_of_points is None:
        batch_of_points = rng.uniform(-1.0, 1.0, (4, tape.n_inputs))
        theta = rng.uniform(-1.0, 1.0, tape.n_parameters)
    n_values = len(tape.outputs)
    for wrt in (None, "inputs", "parameters") if n_values == 1 else (None,):
        source = numpy_source(tape, wrt)
        namespace = {}
        exec(source, namespace)
        with np.errstate(all="ignore"):
            results = namespace["value"](batch_of_points, theta)
        plain = tape if wrt is None else derive(tape, getattr(tape, wrt))
        lines = interpret(plain, batch_of_points, theta)
        expected = np.array([lines[i] for i in plain.outputs])
        largest = max([1.0, *[float(np.abs(line).max(initial=0.0)) for line in lines]])
        if wrt == "parameters":
            expected = expected.mean(axis=1)
        if wrt == "inputs":
            got = np.concatenate([results[0][np.newaxis], results[1].T])
        elif wrt == "parameters":
            got = np.concatenate([[results[0]], results[1]])
        else:
            got = results.T
        assert np.allclose(got, expected, rtol=1e-12, atol=1e-12 * largest * largest)


def the_article_s():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    x, y = numbers(2, label="x"), numbers(2, 1, label="y")
    return tape_of([losses.squared_error(model(x), y)], [*x, *y], model.parameters())


def test_the_article_s_network_is_the_article_s_equations():
    source = numpy_source(the_article_s(), "parameters")
    assert source.endswith(ARTICLE)
    check(the_article_s())


def test_it_runs_with_nothing_but_numpy(tmp_path):
    file = tmp_path / "network.py"
    call = "\nprint(value(np.ones((3, 4)), np.ones(17))[1].shape)\n"
    file.write_text(numpy_source(the_article_s(), "parameters") + call, encoding="utf-8")
    out = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert out.stdout == "(17,)\n"


@pytest.mark.parametrize("sizes", [[1], [4, 3], [5, 1, 4, 2]])
@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
def test_the_source_of_a_network_gives_the_numbers_of_its_tape(sizes, activation):
    model = MLP(3, sizes, activation=activation, rng=random.Random(0))
    x, y = numbers(3), numbers(sizes[-1], 1)
    outputs = model(x) if sizes[-1] > 1 else [model(x)]
    check(tape_of([losses.squared_error(outputs, y)], [*x, *y], model.parameters()))


def test_a_full_batch_is_matrices():
    rng = random.Random(0)
    model = MLP(2, [4, 3, 1], rng=rng)
    samples = [([rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)], rng.choice([-1.0, 1.0])) for _ in range(10)]
    loss = total([(1.0 - y * model(x)).relu() for x, y in samples]) * 0.1 + 1e-4 * sum(
        p * p for p in model.parameters()
    )
    tape = tape_of([loss], [], model.parameters())
    source = numpy_source(tape, "parameters")
    assert "    z3 = W2 @ a2 + b2[:, None]  # (3, 10)\n" in source
    assert "    dW2[:] += delta3 @ a2.T\n" in source
    check(tape)


def test_windows_padded_sums_and_no_order_at_all_have_a_source():
    rng = random.Random(0)
    x, w = numbers(16), numbers(9, 1)
    rows = [x[i : i + 4] for i in range(0, 16, 4)]
    convolved = [
        tanh(sum(w[3 * i + j] * rows[r + i][s + j] for i in range(3) for j in range(3)))
        for r in range(2)
        for s in range(2)
    ]
    padded = [logsumexp(x[: i + 1]) for i in range(8)]
    mixed = [maximum(dot(rng.sample(w, 4), rng.sample(x, 4)), 0.1) for _ in range(12)]
    check(tape_of([total([*convolved, *padded, *mixed])], x, w))


@settings(max_examples=40)
@given(f=expressions(["x", "y", "p"], max_nodes=40))
def test_the_source_of_a_random_expression_gives_the_numbers_of_its_tape(f):
    x, y, p = [Value(number) for number in f.point]
    output = f(x, y, p)
    if isinstance(output, Value):
        check(tape_of([output], [x, y], [p]), np.tile(f.point[:2], (2, 1)), np.array(f.point[2:]))


def test_several_values_are_the_columns_of_an_array():
    x, y, p = numbers(3)
    check(tape_of([x * p, y, tanh(x), p, Value(2.0)], [x, y], [p]))


def test_labels_are_names():
    xs, ws = numbers(3, label="feature"), numbers(3, 1, label="slope")
    out = dot(ws, xs)
    out.label = "prediction"
    source = numpy_source(tape_of([tanh(out)], xs, ws))
    assert "feature = points.T  # (3, n)" in source
    assert "prediction = " in source


def test_the_name_of_several_is_the_beginning_that_their_labels_share():
    xs, ws = numbers(3), numbers(3, 1)
    for x, label in zip(xs, ("size a", "size b", "size c"), strict=True):
        x.label = label
    assert "size = points.T  # (3, n)" in numpy_source(tape_of([dot(ws, xs)], xs, ws))


def test_a_primitive_of_ones_own_has_no_source():
    own = defprimitive("own", lambda x: x, lambda out, x: 1.0)
    x = Value(1.0)
    with pytest.raises(ValueError, match="'own' is a primitive of your own, which has no source"):
        numpy_source(tape_of([own(x)], [x]))


@pytest.mark.parametrize(
    ("number", "text"),
    [(3.0, "3"), (-2.0, "-2"), (0.5, "0.5"), (999_999.0, "999999"), (1e6, "1000000.0"), (np.inf, "float('inf')")],
)
def test_an_exponent_is_written_as_an_integer_if_it_is_a_short_one(number, text):
    assert exponent(number) == text
