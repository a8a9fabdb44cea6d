"""Derivatives keep their digits over the whole range, on every backend: against mpmath, in units of the last place.

The largest error seen is 4 ulp where the formula has one exponential, 7 where it has several factors.
"""

import math

import numpy as np
import pytest
from mpmath import mp

from autodiff import Program, Value, acos, asin, erf, gradients, log, logsumexp, sigmoid, softplus, tanh

ULPS = 12
TINY = 16 * math.ulp(0.0)  # subnormal numbers have so few digits
FAR = [-743.0, -720.0, -700.0, -350.0, -120.5, -40.0, -37.0, -20.0, -8.25, -2.0, -0.5, -1e-3, -1e-12, -1e-300]
POINTS = [*FAR, 0.0, *[-x for x in FAR]]
ENDS = [-1 + 2.0**-53, -0.9999999, -0.7, -0.5, -1e-3, -1e-8, -1e-12, -1e-20, -1e-300]
INSIDE = [*ENDS, *[-x for x in ENDS]]


def sigmoid_slope(x):
    return 1 / (2 + mp.exp(x) + mp.exp(-x))


def bent(x):
    """The second derivative of asin."""
    return x / mp.sqrt((1 - x) * (1 + x)) ** 3


# name: the function, how often it is differentiated, its derivative, the points
CASES = {
    "sigmoid'": (sigmoid, 1, sigmoid_slope, POINTS),
    "tanh'": (tanh, 1, lambda x: mp.sech(x) ** 2, POINTS),
    "tanh''": (tanh, 2, lambda x: -2 * mp.tanh(x) * mp.sech(x) ** 2, POINTS),
    "softplus'": (softplus, 1, lambda x: 1 / (1 + mp.exp(-x)), POINTS),
    "softplus''": (softplus, 2, sigmoid_slope, POINTS),
    "erf'": (erf, 1, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), POINTS),
    "asin'": (asin, 1, lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), INSIDE),
    "asin''": (asin, 2, bent, INSIDE),
    "acos''": (acos, 2, lambda x: -bent(x), INSIDE),
}


def derivative(f, times, x):
    """The derivative of a function as a graph."""
    out = f(x)
    for _ in range(times):
        (out,) = gradients(out, [x])
    return out


def check(got, exact, points):
    with mp.workdps(60):
        for x, number in zip(points, got, strict=True):
            wanted = exact(mp.mpf(x))
            assert abs(number - wanted) <= max(ULPS * math.ulp(float(wanted)), TINY), (x, number, float(wanted))


@pytest.mark.parametrize("name", CASES)
def test_a_derivative_keeps_its_digits(name):
    f, times, exact, points = CASES[name]
    check([derivative(f, times, Value(x)).data for x in points], exact, points)
    if times == 1:
        leaves = [Value(x) for x in points]
        for leaf in leaves:
            f(leaf).backward()
        check([leaf.grad for leaf in leaves], exact, points)


@pytest.mark.parametrize("backend", ["python", "llvm", "arrays"])
@pytest.mark.parametrize("name", CASES)
def test_a_derivative_keeps_its_digits_on_every_backend(name, backend):
    f, times, exact, points = CASES[name]
    x = Value(0.3)
    program = Program(derivative(f, times, x), inputs=[x], backend=backend)
    check(np.asarray(program(np.array([points]).T)).tolist(), exact, points)


@pytest.mark.parametrize("run", ["python", "llvm", "arrays", "printed numpy"])
def test_the_logarithm_of_a_sigmoid_is_right_down_to_the_smallest_number(run):
    x, points = Value(0.3), np.array([[-708.0], [-709.8], [-720.0], [-740.0]])
    output = log(sigmoid(x))
    if run == "printed numpy":
        namespace = {}
        exec(Program(output, inputs=[x]).source("numpy"), namespace)
        got = namespace["value"](points, np.array([]))
    else:
        got = Program(output, inputs=[x], backend=run)(points)
    for number, (point,) in zip(got.tolist(), points.tolist(), strict=True):
        lost = math.ulp(0.0) / math.exp(point)  # the digits that the sigmoid has lost, a subnormal number
        assert abs(number - point) <= lost + 4 * math.ulp(point)


@pytest.mark.parametrize("backend", ["python", "llvm", "arrays"])
@pytest.mark.parametrize("size", [0.0, -30.0, 1e6, -1e9, 1e12, 1e15])
def test_the_shares_of_a_logsumexp_keep_their_digits(size, backend):
    gaps = [0.0, -1.0, -2.5, -36.0, -300.0]
    values = [Value(size + gap) for gap in gaps]
    logsumexp(values).backward()
    program = Program(logsumexp(values), inputs=values, backend=backend)
    _, slopes = program.value_and_grad([x.data for x in values])
    with mp.workdps(60):
        terms = [mp.exp(mp.mpf(x.data) - mp.mpf(values[0].data)) for x in values]
        for got, again, term in zip([x.grad for x in values], np.asarray(slopes).tolist(), terms, strict=True):
            wanted = float(term / sum(terms))
            bound = (ULPS - math.log(wanted)) * math.ulp(wanted)  # exp(x - out), in which x - out is rounded
            assert abs(got - wanted) <= bound, (got, wanted)
            assert abs(again - wanted) <= bound, (again, wanted)


@pytest.mark.parametrize("backend", ["python", "llvm", "arrays"])
def test_mixed_derivatives_of_a_power_at_0(backend):
    x, y = Value(0.5, "x"), Value(2.0, "y")
    by_x, by_y = gradients(x**y, [x, y])
    mixed = [gradients(by_x, [y])[0], gradients(by_y, [x])[0], gradients(by_x, [x])[0]]
    program = Program(mixed, inputs=[x, y], backend=backend)
    np.testing.assert_array_equal(program([0.0, 2.0]), [0.0, 0.0, 2.0])
    np.testing.assert_array_equal(program([0.0, 3.0]), [0.0, 0.0, 0.0])


@pytest.mark.parametrize("backend", ["python", "llvm", "arrays"])
@pytest.mark.parametrize("y", [5e-324, -1e-310, 1e-309, 2.0**-1022, -0.0, 0.0])
@pytest.mark.parametrize("x", [1.0, -0.5, 1e-310, 5e-324, 0.0])
def test_quotients_by_small_numbers_are_replayed_as_ieee_arithmetic_has_them(x, y, backend):
    a, b = Value(0.5), Value(0.75)
    value, slopes = Program(a / b, inputs=[a, b], backend=backend).value_and_grad([x, y])
    with np.errstate(all="ignore"):
        out = np.float64(x) / np.float64(y)
        np.testing.assert_array_equal([value, *slopes], [out, 1.0 / np.float64(y), -out / np.float64(y)])
    if y != 0.0:
        a, b = Value(x), Value(y)
        (a / b).backward()
        np.testing.assert_array_equal([a.grad, b.grad], slopes)
