"""The elementary functions in machine code, in units of the last place (ulp) against mpmath, with and without fma.

The largest errors that a search over a million points for each function found (see `points`), in ulps, with the fused
multiply-add of the host and without: exp 0.9, expm1 1.3, log 0.8, log1p 1.3, sinh 1.7, cosh 1.4, tanh 1.8, sigmoid 2.0,
softplus 1.6, pow 1.2, sin and cos 1.6 and 1.8, the two of an `Angle` 1.4 on the host, tan 1.7, asin 1.4, acos 1.2,
atan 1.5.
"""

import functools
import math
import sys

import numpy as np
import pytest
from mpmath import mp

from autodiff import PRIMITIVES
from autodiff.program.llvm import trigonometric, vectormath
from autodiff.program.llvm.lowering import apply

MAX = sys.float_info.max
TINIEST = 5e-324  # the smallest denormal
ORACLES = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "sin of an Angle": mp.sin,
    "cos of an Angle": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
}
every_function = pytest.mark.parametrize("name", ORACLES)
on_each_processor = pytest.mark.parametrize("host", [True, False], ids=["host", "any"])


@functools.cache
def emitter(name):
    if name.endswith("of an Angle"):
        return lambda operands: getattr(trigonometric.Angle(operands[0]), name[:3])()
    return lambda operands: apply(PRIMITIVES[name], operands)


def logarithmic(rng, low, high, n):
    """Numbers whose logarithms are uniform: as many denormals as large ones."""
    return np.exp(rng.uniform(math.log(low), math.log(high), n))


def either_sign(rng, x):
    return x * rng.choice([-1.0, 1.0], len(x))


def points(name, n):
    """Where a function is easy, and where it is hard: near its zeros, its limits, and the seams of its reduction."""
    rng = np.random.default_rng(4)
    small = either_sign(rng, logarithmic(rng, 1e-320, 1.0, n))
    if name in ("exp", "expm1", "sinh", "cosh", "tanh", "sigmoid", "softplus"):
        low, high = {"exp": (-745.2, 709.78), "sinh": (-710.47, 710.47), "cosh": (-710.47, 710.47)}.get(
            name, (-745, 709)
        )
        seams = np.arange(-20, 20) * (0.5 * math.log(2.0))
        near = (rng.choice(seams, n) * (1 + rng.normal(size=n) * 1e-3), np.linspace(low, low + 40, n))
        return np.concatenate([rng.uniform(low, high, n), rng.uniform(-3, 3, n), small, *near])
    if name in ("log", "log1p"):
        x = [logarithmic(rng, 1e-323, MAX, n), rng.uniform(0.0, 3.0, n), 1.0 + small, 2.0**0.5 + 1e-3 * small]
        return np.concatenate(x) if name == "log" else np.concatenate([*x, small[small > -1.0], rng.uniform(-1, 0, n)])
    if name in ("asin", "acos"):
        ends = either_sign(rng, 1.0 - logarithmic(rng, 1e-16, 1.0, n))
        return np.concatenate([rng.uniform(-1, 1, n), small, ends, either_sign(rng, 0.5 + 1e-3 * small)])
    if name == "atan":
        return np.concatenate([rng.uniform(-3, 3, n), small, either_sign(rng, logarithmic(rng, 1.0, 1e300, n))])
    multiples = rng.integers(-63_000, 63_000, n) * (math.pi / 2)  # the doubles that are closest to multiples of pi/2
    multiples = np.concatenate([multiples, np.nextafter(multiples, np.inf)])
    huge = either_sign(rng, logarithmic(rng, 1e5, 1e300, n // 4))
    return np.concatenate([rng.uniform(-1e5, 1e5, n), rng.uniform(-4, 4, n), small, multiples, huge])


def ulps(results, exact):
    """How far each result is from the exact one, in units of the last place of the latter."""
    return np.array(
        [float(abs(mp.mpf(y) - e) / math.ulp(float(e))) for y, e in zip(results.tolist(), exact, strict=True)]
    )


@functools.cache
def exact_values(name):
    x = points(name, 400)
    with mp.workdps(50):
        return x, [ORACLES[name](mp.mpf(number)) for number in x.tolist()]


@pytest.mark.full
@on_each_processor
@every_function
def test_an_elementary_function_is_right_to_2_ulp(name, host, compiled):
    x, exact = exact_values(name)
    with mp.workdps(50):
        errors = ulps(compiled(emitter(name), host=host)(x), exact)
    worst = errors.argmax()
    assert errors[worst] <= 2.0, f"{name}({x[worst]!r}) is wrong by {errors[worst]:.2f} ulp"


@on_each_processor
def test_a_power_is_right_to_2_ulp(host, compiled):
    """Also close to 1 with a large exponent, where an error in log x shows most, and where results are denormal."""
    rng = np.random.default_rng(8)
    large = logarithmic(rng, 1e-300, 1e300, 800)
    x = np.concatenate([rng.uniform(0.1, 10.0, 800), 1.0 + rng.normal(size=800) * 0.1, large, -large])
    full = 740.0 / np.abs(np.log(np.abs(x)))  # |y| for which the result is nearly 0 or inf
    y = np.where(x > 0.0, rng.uniform(-1.0, 1.0, len(x)) * full, np.trunc(rng.uniform(-1.0, 1.0, len(x)) * full))
    y[1::4] = rng.uniform(-3.0, 3.0, len(x) // 4)
    y[x < 0.0] = np.round(y[x < 0.0])
    result = compiled(emitter("pow"), 2, host=host)(x, y)
    with mp.workdps(50):
        exact = [mp.mpf(a) ** mp.mpf(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        finite = np.array([abs(e) < MAX for e in exact])
        assert np.isinf(result[~finite]).all()
        assert ulps(result[finite], [e for e in exact if abs(e) < MAX]).max() <= 2.0


EDGES = {
    "exp": {0.0: 1.0, math.inf: math.inf, -math.inf: 0.0, 709.79: math.inf, -745.2: 0.0, -745.1: TINIEST},
    "expm1": {0.0: 0.0, math.inf: math.inf, -math.inf: -1.0, 709.79: math.inf, TINIEST: TINIEST},
    "log": {0.0: -math.inf, 1.0: 0.0, math.inf: math.inf, -1.0: math.nan, -math.inf: math.nan},
    "log1p": {0.0: 0.0, -1.0: -math.inf, -2.0: math.nan, math.inf: math.inf, -math.inf: math.nan, TINIEST: TINIEST},
    "sinh": {0.0: 0.0, math.inf: math.inf, -math.inf: -math.inf, 710.48: math.inf, -1e9: -math.inf},
    "cosh": {0.0: 1.0, math.inf: math.inf, -math.inf: math.inf, 710.48: math.inf, -1e9: math.inf},
    "tanh": {0.0: 0.0, math.inf: 1.0, -math.inf: -1.0, 20.0: 1.0, TINIEST: TINIEST},
    "sigmoid": {0.0: 0.5, math.inf: 1.0, -math.inf: 0.0, 40.0: 1.0, -745.1: TINIEST, -746.0: 0.0},
    "softplus": {math.inf: math.inf, -math.inf: 0.0, 1e300: 1e300, -745.1: TINIEST, -746.0: 0.0},
    "sin": {0.0: 0.0, math.inf: math.nan, -math.inf: math.nan, TINIEST: TINIEST},
    "cos": {0.0: 1.0, math.inf: math.nan, -math.inf: math.nan, TINIEST: 1.0},
    "tan": {0.0: 0.0, math.inf: math.nan, -math.inf: math.nan, TINIEST: TINIEST},
    "asin": {0.0: 0.0, 1.0: math.pi / 2, -1.0: -math.pi / 2, 1.1: math.nan, math.inf: math.nan},
    "acos": {0.0: math.pi / 2, 1.0: 0.0, -1.0: math.pi, 1.1: math.nan, -math.inf: math.nan},
    "atan": {0.0: 0.0, math.inf: math.pi / 2, -math.inf: -math.pi / 2, TINIEST: TINIEST},
}
EDGES |= {f"{name} of an Angle": EDGES[name] for name in ("sin", "cos")}


@every_function
def test_edges_are_exact(name, compiled):
    x = np.array([*EDGES[name], math.nan])
    np.testing.assert_array_equal(compiled(emitter(name))(x), np.array([*EDGES[name].values(), math.nan]))


@every_function
def test_minus_zero_is_zero(name, compiled):
    run = compiled(emitter(name))
    assert run([-0.0]) == run([0.0])


@pytest.mark.parametrize("name", ["expm1", "sinh", "tanh", "asin", "atan"])
def test_the_sign_of_zero_is_kept_where_it_costs_nothing(name, compiled):
    assert math.copysign(1.0, compiled(emitter(name))([-0.0])[0]) == -1.0


@pytest.mark.full
@pytest.mark.parametrize("width", [1, 2, 4, 16])
@pytest.mark.parametrize("name", [*ORACLES, "pow"])
def test_the_result_does_not_depend_on_the_number_of_lanes(name, width, compiled):
    x = np.concatenate([np.linspace(-30.0, 30.0, 97), np.array([1e6, -1e9, math.inf, math.nan, 0.0])])
    operands = (x,) if name != "pow" else (np.abs(x), x[::-1])
    wanted = compiled(emitter(name), len(operands))(*operands)
    np.testing.assert_array_equal(compiled(emitter(name), len(operands), width=width)(*operands), wanted)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_a_lane_does_not_see_what_the_others_hold(name, compiled):
    """Where one lane is far from 0 the C library is called, but only for that lane's result."""
    near = np.linspace(-20.0, 20.0, 7)
    run = compiled(emitter(name))
    mixed = run(np.append(near, 1e22))
    np.testing.assert_array_equal(mixed[:-1], run(np.append(near, 0.0))[:-1])
    assert mixed[-1] == getattr(math, name)(1e22)


@every_function
def test_floats_are_computed_as_doubles(name, compiled):
    x = np.linspace(-0.9, 0.9, 33, dtype=np.float32)
    wanted = compiled(emitter(name))(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(compiled(emitter(name), dtype=np.float32)(x), wanted)


def odd_rest(function):
    """(function(s) - s) / s**3 at z = s**2."""
    return lambda z: (function(mp.sqrt(z)) - mp.sqrt(z)) / (z * mp.sqrt(z))


def odd_weight(function):
    """What an error of `odd_rest` is relative to the function."""
    return lambda z: z * mp.sqrt(z) / function(mp.sqrt(z))


HALF_LN2 = math.log(2.0) / 2
POLYNOMIALS = {
    "EXP": (
        vectormath.EXP,
        lambda r: (mp.expm1(r) - r) / r**2,
        lambda r: r**2 / mp.expm1(r),
        (-HALF_LN2, HALF_LN2),
        55.1,
    ),
    "LOG": (
        vectormath.LOG,
        lambda z: 2 * odd_rest(mp.atanh)(z),
        lambda z: odd_weight(mp.atanh)(z) / 2,
        (1e-9, ((math.sqrt(2.0) - 1.0) / (math.sqrt(2.0) + 1.0)) ** 2),
        59.4,
    ),
    "SIN": (trigonometric.SIN, odd_rest(mp.sin), odd_weight(mp.sin), (1e-9, (math.pi / 2) ** 2), 61.5),
    "TAN": (trigonometric.TAN, odd_rest(mp.tan), odd_weight(mp.tan), (1e-9, (math.pi / 4) ** 2), 56.1),
    "ASIN": (trigonometric.ASIN, odd_rest(mp.asin), odd_weight(mp.asin), (1e-9, 0.25), 55.8),
    "ATAN": (trigonometric.ATAN, odd_rest(mp.atan), odd_weight(mp.atan), (1e-9, math.tan(math.pi / 8) ** 2), 59.4),
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_a_polynomial_has_the_error_that_stands_beside_it(name):
    coefficients, function, weight, (low, high), bits = POLYNOMIALS[name]
    with mp.workdps(50):
        errors = []
        for x in np.linspace(low, high, 1002).tolist():  # an even number: not 0
            x = mp.mpf(x)
            value = functools.reduce(lambda total, c, x=x: total * x + c, reversed(coefficients))
            errors.append(abs(weight(x) * (value - function(x))))
        assert max(errors) <= mp.mpf(2) ** -bits


def test_the_constants_in_parts_are_exact_where_the_reduction_needs_it():
    """First parts times the integers that occur have at most 53 bits; all parts together are as long as needed."""
    with mp.workdps(60):
        log2 = mp.mpf(vectormath.LN2_HIGH) + mp.mpf(vectormath.LN2_LOW)
        assert abs(log2 - mp.ln(2)) < mp.mpf(2) ** -86
        pi = mp.mpf(trigonometric.PI_1) + mp.mpf(trigonometric.PI_2) + mp.mpf(trigonometric.PI_3)
        assert abs(pi - mp.pi) < mp.mpf(2) ** -128
        assert abs(mp.mpf(math.pi) * (1 + mp.mpf(trigonometric.PI_LOST)) - mp.pi) < mp.mpf(2) ** -104
    for part, bits in ((vectormath.LN2_HIGH, 32), (trigonometric.PI_1, 36), (trigonometric.PI_2, 36)):
        assert (math.frexp(part)[0] * 2.0**bits).is_integer()
