"""Loops in time: which are found, and that they compute what straight lines compute."""

import dataclasses
import functools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import (
    PRIMITIVES,
    Program,
    Value,
    cos,
    dot,
    gradients,
    log,
    maximum,
    minimum,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from autodiff import sum as total
from autodiff.extend import adjoints
from autodiff.primitive import WidePrimitive
from autodiff.program.llvm import inside, periods, reduction, repeat
from autodiff.program.llvm.schedule import schedule
from autodiff.program.passes.fuse import fuse
from autodiff.program.recording.record import graph_of, tape_of
from nn import MLP

N = 24  # turns


def values(*numbers):
    return [Value(float(number)) for number in numbers]


def uniform(seed, n, low=-1.0, high=1.0):
    rng = random.Random(seed)
    return values(*[rng.uniform(low, high) for _ in range(n)])


# Each returns an output, inputs and parameters.


def chain(n=100):
    a, b, y = values(0.99, 0.01, 1.0)
    out = y
    for _ in range(n):
        out = out * a + b
    return out, [], [a, b, y]


def pendulum(step=lambda t: 0.02):
    angle, velocity, gravity = x = values(0.5, 0.1, 9.81)
    a, v = angle, velocity
    for t in range(N):
        a, v = a + step(t) * v, v - step(t) * gravity * sin(a)
    return a * v, x[:2], x[2:]


def runge_kutta():
    x, y, k = values(1.0, 0.5, 0.7)
    p, q, h = x, y, 0.05

    def slope(p, q):
        return p * (1.0 - q), q * (k * p - 1.0)

    for _ in range(N):
        a, b = slope(p, q)
        c, d = slope(p + h / 2 * a, q + h / 2 * b)
        e, f = slope(p + h / 2 * c, q + h / 2 * d)
        g, i = slope(p + h * e, q + h * f)
        p, q = p + h / 6 * (a + 2 * c + 2 * e + g), q + h / 6 * (b + 2 * d + 2 * f + i)
    return p - q, [x, y], [k]


def network(hidden=4, order=lambda t: t):
    """A recurrent network, which reads one input in each turn."""
    xs, weights = uniform(0, N), uniform(1, hidden * (hidden + 2))
    h = [Value(0.0) * weight for weight in weights[:hidden]]
    for t in range(N):
        h = [
            tanh(dot([*h, xs[order(t)]], weights[i * (hidden + 1) : (i + 1) * (hidden + 1)]) + weights[-1 - i])
            for i in range(hidden)
        ]
    return (total(h) - 0.3) ** 2, xs, weights


def descent():
    """Unrolled gradient descent, whose steps are gradients themselves."""
    start, rate = values(1.5, 0.02)
    x = start
    for _ in range(N):
        (slope,) = gradients(x**4 - 2.0 * x**2 + sin(x), [x])
        x = x - rate * slope
    return x**2, [start], [rate]


def momentum():
    """A number is carried over two turns."""
    x, rate, beta = values(2.0, 0.03, 0.8)
    before, here = x, x * 0.99
    for _ in range(N):
        before, here = here, here - rate * sin(here) + beta * (here - before)
    return here * before, [x], [rate, beta]


def three_turns_back():
    a, b, c, w = x = values(0.3, 0.2, 0.1, 0.9)
    terms = [a, b, c]
    for _ in range(3 * N):
        terms.append(sin(w * terms[-1]) + 0.5 * terms[-3])
    return terms[-1] * terms[-2], x[:3], x[3:]


def far_back():
    """Numbers are carried over more turns than registers hold."""
    terms = uniform(2, 9)
    x = list(terms)
    for _ in range(3 * N):
        terms.append(sin(terms[-1]) + 0.5 * terms[-9])
    return terms[-1], x[:5], x[5:]


def controls():
    """Every turn has a parameter and a term of the loss of its own."""
    start, *forces = uniform(3, N + 1)
    x, v, loss = start, Value(0.1), Value(0.0)
    for force in forces:
        v = v + 0.1 * (force - sin(x))
        x = x + 0.1 * v
        loss = loss + (x - 0.2) ** 2 + 0.01 * force * force
    return loss, [start], forces


def data():
    """Every turn has constants of its own."""
    x, w = values(0.4, 0.7)
    y = x
    for t in range(2 * N):
        y = sigmoid(w * y + 0.1 * (t % 5 + 1)) - (0.3 if t % 3 else 0.25)
    return y, [x], [w]


def different_in_the_middle():
    x, w = values(0.4, 0.7)
    y = x
    for t in range(4 * N):
        y = (cos(w * y) if t == 2 * N else sin(w * y)) + 0.1
    return y, [x], [w]


def reads_elsewhere_in_the_middle():
    x, w = values(0.4, 0.7)
    terms = [x, w * x]
    for t in range(4 * N):
        terms.append(sin(w * terms[-2 if t == 2 * N else -1]) + 0.1)
    return terms[-1], [x], [w]


def almost_periodic():
    """Every fifth turn is another, but for one that is not."""
    x, w = values(0.4, 0.7)
    y = x
    for t in range(4 * N):
        y = y * w + x if t % 5 or t == 75 else sin(y) - w
    return y, [x], [w]


def permuted():
    order = list(range(N))
    random.Random(4).shuffle(order)
    return network(2, lambda t: order[t])


def tied():
    """The same input in several turns, and every weight the same."""
    x, y, w = values(0.4, 0.2, 0.7)
    z = x
    for t in range(2 * N):
        z = tanh(w * z + w * (x if t % 3 == 0 else y) + w)
    return z * z, [x, y], [w]


def skipped():
    """Every turn reads the one before and one of the first."""
    x, w = values(0.4, 0.7)
    terms = [sin(w * x)]
    for _ in range(2 * N):
        terms.append(sin(w * terms[-1]) * terms[0] + terms[len(terms) // 2])
    return terms[-1], [x], [w]


def ragged():
    """An operand is now an input, now a parameter, now a constant."""
    leaves = uniform(5, 12)
    y = leaves[0]
    for t in range(2 * N):
        y = y * 0.9 + sin(leaves[t % 12] * y if t % 17 else y * 0.3)
    return y, leaves[:6], leaves[6:]


def interleaved():
    """Two recurrences, a turn of each in turn, of which one ends earlier."""
    x, y, w = values(0.4, 0.2, 0.7)
    a, b = x, y
    for t in range(2 * N):
        a = sin(w * a) + 0.1
        if t < N + 3:
            b = cos(w * b)
    return a * b, [x, y], [w]


def one_after_the_other():
    """Two recurrences that can run abreast, of unequal length."""
    x, y, w = values(0.4, 0.2, 0.7)
    a, b = x, y
    for _ in range(2 * N):
        a = a - 0.05 * sin(w * a)
    for _ in range(2 * N + 3):
        b = b - 0.05 * sin(w * b)
    return a * b, [x, y], [w]


def second_needs_first():
    x, w = values(0.4, 0.7)
    a = x
    for _ in range(2 * N):
        a = a - 0.05 * sin(w * a)
    b = w * a
    for _ in range(2 * N):
        b = b - 0.05 * sin(a * b)
    return b, [x], [w]


def many_results():
    """A list of outputs: the state after every turn."""
    x, y, w = values(0.4, 0.2, 0.7)
    a, b, out = x, y, []
    for _ in range(2 * N):
        a, b = a + 0.1 * b, b - 0.1 * sin(w * a)
        out += [a, b]
    return [*out[::-1], w, x, out[7]], [x, y], [w]


def no_inputs():
    weights = uniform(6, 3)
    y = weights[0]
    for _ in range(2 * N):
        y = sqrt(1.0 + y * y) * weights[1] + weights[2]
    return y, [], weights


def no_parameters():
    x, y = values(0.4, 0.2)
    a, b = x, y
    for _ in range(2 * N):
        a, b = a + 0.1 * b, b - 0.1 * sin(a)
    return a, [x, y], []


REPEATS = [
    *(chain, pendulum, runge_kutta, network, descent, momentum, three_turns_back, controls, data, permuted, tied),
    *(interleaved, one_after_the_other, second_needs_first, many_results, no_inputs, no_parameters),
    *(different_in_the_middle, reads_elsewhere_in_the_middle),
]
OTHERS = [far_back, almost_periodic, skipped, ragged]
BATCHES = [*range(1, 18), 130]


def loops_of(program, wrt):
    """The numbers of turns of the loops of a program."""
    cut = schedule(program.passes(wrt)["fuse"], wrt == "parameters")
    return [len(chunk.repeat.lines) for chunk in (*cut.once, *cut.varying) if chunk.repeat]


def lines_left(program, wrt):
    """The steps that are in no loop."""
    cut = schedule(program.passes(wrt)["fuse"], wrt == "parameters")
    return sum(len(chunk.steps) for chunk in (*cut.once, *cut.varying) if not chunk.repeat)


def flat(result):
    return np.concatenate([np.ravel(part) for part in (result if isinstance(result, tuple) else (result,))])


def calls(inputs, parameters, single):
    """The methods that a program has."""
    return ["__call__"] + ["value_and_grad"] * bool(inputs and single) + ["mean_and_grad"] * bool(parameters and single)


def arguments(inputs, parameters, n, dtype=float):
    """Points and theta near those of the recording; the first point is that one."""
    rng = np.random.default_rng(0)
    points = np.array([[x.data for x in inputs]]) + 0.05 * rng.normal(size=(n, len(inputs))) * (
        np.arange(n)[:, None] > 0
    )
    return points.astype(dtype), np.array([p.data for p in parameters], dtype)


@pytest.fixture
def straight(monkeypatch):
    """Calls a function without loops. In loops a product and its sum are rounded one by one meanwhile."""
    monkeypatch.setattr(repeat, "WITH_PRODUCT", ())

    def call(function):
        with monkeypatch.context() as patch:
            patch.setattr(periods, "MIN_STEPS", 10**9)
            patch.setattr(periods, "repeats_in_time", lambda tape: True)  # or other loops are taken
            return function()

    return call


@pytest.mark.full
@pytest.mark.parametrize("make", REPEATS, ids=lambda make: make.__name__)
def test_a_computation_that_repeats_in_time_becomes_a_loop(make):
    output, inputs, parameters = make()
    program = Program(output, inputs, parameters, backend="llvm")
    assert max(loops_of(program, None)) >= N - 4 or make is tied
    if isinstance(output, Value):
        for wrt in ["inputs"] * bool(inputs) + ["parameters"] * bool(parameters):
            assert len(loops_of(program, wrt)) >= 2 or make in (chain, no_inputs, tied)


@pytest.mark.full
@pytest.mark.parametrize("make", [*REPEATS, *OTHERS], ids=lambda make: make.__name__)
def test_loops_compute_what_straight_lines_compute(make, straight, monkeypatch):
    monkeypatch.setattr(reduction, "MIN_RUN", 10**9)  # which adds in another order
    output, inputs, parameters = make()
    for method in calls(inputs, parameters, isinstance(output, Value)):
        looped, lines = [Program(output, inputs, parameters, backend="llvm") for _ in range(2)]
        for n in (1, 17):
            points, theta = arguments(inputs, parameters, n)
            got = flat(getattr(looped, method)(points, theta))
            expected = flat(straight(functools.partial(getattr(lines, method), points, theta)))
            if method == "mean_and_grad":  # chunks add up points in another order
                np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-13 * np.abs(expected).max())
            else:
                assert np.array_equal(got, expected)


def eager(make, points, theta):
    """The outputs at each point, and for one output its gradient by inputs and parameters."""
    output, inputs, parameters = make()
    outputs = [output] if isinstance(output, Value) else output
    tape = tape_of(outputs, inputs, parameters)
    rows = []
    for point in points:
        leaves = [line._replace(number=float(x)) for line, x in zip(tape.lines, [*point, *theta], strict=False)]
        nodes = graph_of(dataclasses.replace(tape, lines=(*leaves, *tape.lines[tape.n_leaves :])))
        out = [nodes[i] for i in tape.outputs]
        rows.append([*[y.data for y in out], *(adjoints(out[0], nodes[: tape.n_leaves]) if len(out) == 1 else [])])
    return np.array(rows)


@pytest.mark.full
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("make", [*REPEATS, *OTHERS], ids=lambda make: make.__name__)
def test_loops_compute_what_eager_code_computes(make, dtype, monkeypatch):
    monkeypatch.setattr(inside, "MIN_TERMS", 5 if dtype == "float64" else 256)
    monkeypatch.setattr(inside, "NEAR", 2)
    output, inputs, parameters = make()
    program = Program(output, inputs, parameters, backend="llvm", dtype=dtype)
    points, theta = arguments(inputs, parameters, 19, dtype)  # again and again, in another lane each time
    expected, n = eager(make, points, theta), len(inputs)
    points, expected = [rows[np.arange(max(BATCHES)) % len(rows)] for rows in (points, expected)]
    tolerance = 1e-12 if dtype == "float64" else 2e-3
    scale = np.abs(expected).max(axis=0)

    def check(got, wanted, scale):
        assert (np.abs(np.array(got) - wanted) <= tolerance * (np.abs(wanted) + scale)).all()

    for length in (*BATCHES, 1):
        rows, wanted = points[:length], expected[:length]
        if not isinstance(output, Value):
            check(program(rows, theta), wanted, scale)
            continue
        check(program(rows, theta), wanted[:, 0], scale[0])
        if inputs:
            out = np.full(length, np.nan, dtype), np.full((length, n), np.nan, dtype)
            got = program.value_and_grad(rows, theta, out=out)
            assert got[0] is out[0]
            check(out[0], wanted[:, 0], scale[0])
            check(out[1], wanted[:, 1 : n + 1], scale[1 : n + 1].max())
        if parameters:
            out = np.full(len(parameters), np.nan, dtype)
            mean, got = program.mean_and_grad(rows, theta, out=out)
            assert got is out
            check(mean, wanted[:, 0].mean(), scale[0])
            check(out, wanted[:, n + 1 :].mean(axis=0), scale[n + 1 :].max())


def test_a_loop_adds_the_terms_of_sums_behind_it():
    n = 600
    output, _, parameters = chain(n)
    cut = schedule(Program(output, [], parameters, backend="llvm").passes("parameters")["fuse"], mean=True)
    (loop,) = [chunk for chunk in cut.once if chunk.repeat]
    terms = {each.line: len(each.factors) for each in loop.inside}
    assert sorted(terms.values()) == [1, 2]  # of the derivatives by b, a sum, and by a, the products of two sweeps
    assert all(n - 8 <= len(set(cut.inside[line])) == len(cut.inside[line]) <= n for line in terms)
    mean, gradient = Program(output, [], parameters, backend="llvm").mean_and_grad()
    expected = adjoints(output, parameters)
    np.testing.assert_allclose([mean, *gradient], [output.data, *expected], rtol=1e-12)


def test_recurrences_repeat_in_time_and_layers_do_not():
    for make in (chain, network, runge_kutta, descent):
        output, inputs, parameters = make()
        assert periods.repeats_in_time(fuse(tape_of([output], inputs, parameters)))
    for sizes in ([4] * 12, [3, 30, 2]):
        model, x = MLP(sizes[0], sizes[1:], rng=random.Random(0)), uniform(7, sizes[0])
        assert not periods.repeats_in_time(fuse(tape_of([total(model(x))], x, model.parameters())))


def test_numbers_that_are_not_finite_are_those_of_straight_lines(straight):
    x, w = values(1.0, 0.5)
    y = x
    for t in range(60):
        y = sqrt(y) - w / y + minimum(y, w) if t % 2 else log(y * y) + maximum(w, y)
    looped, lines = [Program(y, [x], [w], backend="llvm") for _ in range(2)]
    assert loops_of(looped, None)
    points = np.array(
        [[number] for number in (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, 5e-324, 0.25)]
    )
    for theta in ([0.5], [0.0], [-0.0], [math.inf], [math.nan], [-1e308]):
        for rows in (points, *points):
            got, expected = (
                looped.value_and_grad(rows, theta),
                straight(functools.partial(lines.value_and_grad, rows, theta)),
            )
            for one, other in zip(got, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.full
@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda primitive: primitive.name)
def test_every_primitive_can_stand_in_a_loop(primitive, straight):
    wide = isinstance(primitive, WidePrimitive)
    x, w = values(0.3, 0.4)
    y = x
    for _ in range(N):
        between = 0.2 + 0.6 * sigmoid(y)  # in the domain of all
        operands = [between, w, between * w, w][: 4 if wide else len(primitive.partials)]
        y = Value.record(primitive, *operands) + w * between
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (11, 1))
    looped, lines = [Program(y, [x], [w], backend="llvm") for _ in range(2)]
    assert loops_of(looped, None)
    for rows in (points, points[0]):
        got, expected = looped(rows, [0.4]), straight(functools.partial(lines, rows, [0.4]))
        assert np.array_equal(got, expected)


@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_a_random_recurrence_is_right_whatever_is_changed_in_it(data):
    """A random body, of which each turn reads random numbers of the last turns; some turns are changed at random."""
    rng = random.Random(data.draw(st.integers(0, 10**6)))
    x, y, w = values(0.3, -0.2, 0.7)
    body = [(rng.choice("+*-st"), rng.randint(1, 7), rng.randint(1, 7)) for _ in range(rng.randint(1, 6))]
    numbers = [x, y, w, x * y, y * w, x - w, sin(y)]
    odd = {rng.randrange(60): rng.choice("+*-st") for _ in range(data.draw(st.integers(0, 3)))}
    for t in range(data.draw(st.integers(10, 60))):
        for k, (what, i, j) in enumerate(body):
            a, b = numbers[-i], numbers[-j]
            what = odd.get(t, what) if k == 0 else what
            numbers.append(
                {
                    "+": lambda a=a, b=b: 0.5 * a + 0.4 * b,
                    "-": lambda a=a, b=b: 0.6 * a - b * w * 0.3,
                    "*": lambda a=a, b=b: a * b + 0.1,
                    "s": lambda a=a, b=b: sin(a) - 0.1 * b,
                    "t": lambda a=a, b=b: tanh(a + b),
                }[what]()
            )

    def make():
        return numbers[-1] * numbers[-2], [x, y], [w]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(periods, "MIN_STEPS", rng.choice([12, 30, 100]))
        patch.setattr(inside, "MIN_TERMS", rng.choice([5, 12, 256]))
        patch.setattr(inside, "NEAR", 2)
        program = Program(*make(), backend="llvm")
        points, theta = arguments([x, y], [w], 3)
        expected = eager(make, points, theta)
        scale = np.abs(expected).max(initial=1.0)
        by_inputs, by_parameters = program.value_and_grad(points, theta), program.mean_and_grad(points, theta)
    np.testing.assert_allclose(by_inputs[0], expected[:, 0], rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_allclose(by_inputs[1], expected[:, 1:3], rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_allclose(by_parameters[1][0], expected[:, 3].mean(), rtol=1e-12, atol=1e-12 * scale)
