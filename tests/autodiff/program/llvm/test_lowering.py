"""Every primitive in machine code gives what `ieee` gives: on its domain, at kinks and ties, and outside."""

import functools
import itertools
import math

import numpy as np
import pytest
from mpmath import mp

from autodiff import PRIMITIVES
from autodiff.primitive import WidePrimitive
from autodiff.program.ieee import evaluate
from autodiff.program.llvm.lowering import apply, power

NARROW = {name: p for name, p in PRIMITIVES.items() if not isinstance(p, WidePrimitive)}
ELEMENTARY = {
    *("pow", "pow_slope", "pow_before", "pow_log", "share", "asin_slope", "tanh_slope"),
    *("log2", "log10", "cbrt", "hypot", "hypot_slope", "atan2", "erf", "erf_slope"),
    *("exp", "expm1", "log", "log_or_zero", "log1p", "sigmoid", "softplus"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
}
# 2 ulp for ours, and 2 for numpy's: more is not seen. What is not elementary is the same to the last bit.
ULPS = 4
FOLDS = {name for name, p in PRIMITIVES.items() if isinstance(p, WidePrimitive) and p.fold}
EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, -3.0, 3.0, 1 / 3, 20.0, -40.0, 1e5, 1e160, -1e300]
EDGES += [5e-324, -5e-324, 1e-310, 2.0**-1022, -1e-160, 2.0**1023, -1.7976931348623157e308, 709.78, -745.1, 710.4]
EDGES += [1 - 2.0**-53, -1 - 2.0**-52, math.pi / 2, math.inf, -math.inf, math.nan]
every_narrow_primitive = pytest.mark.parametrize("name", NARROW)


@functools.cache
def emitter(name):
    return lambda operands: apply(PRIMITIVES[name], operands)


def check(name, operands, result):
    """The results are those of `ieee`. The sign of a zero is left open."""
    wanted = evaluate(name, operands)
    with np.errstate(invalid="ignore"):
        near = np.abs(result - wanted) <= (ULPS if name in ELEMENTARY else 0) * np.spacing(
            np.minimum(np.abs(wanted), 2.0**1023)
        )
    bad = ~(near | (result == wanted) | (np.isnan(result) & np.isnan(wanted)))
    assert not bad.any(), [*[x[bad][:4] for x in operands], result[bad][:4], wanted[bad][:4]]


@every_narrow_primitive
def test_a_primitive_on_its_domain(name, compiled):
    rng = np.random.default_rng(6)
    operands = []
    for domain in NARROW[name].domain:
        x = rng.uniform(max(domain[0][0], -30.0), min(domain[-1][1], 30.0), 4000)
        x[::2] *= rng.uniform(0.0, 1.0, 2000) ** 8  # many near 0
        operands.append(x)
    check(name, operands, compiled(emitter(name), len(operands))(*operands))


@pytest.mark.full
@pytest.mark.parametrize("host", [True, False], ids=["host", "any"])
@every_narrow_primitive
def test_a_primitive_at_the_edges_and_outside_its_domain(name, host, compiled):
    """All combinations of zeros, ones, powers, limits, denormals, infinities and NaN."""
    count = len(NARROW[name].partials)
    operands = np.array([*itertools.product(EDGES, repeat=count)]).T
    check(name, operands, compiled(emitter(name), count, host=host)(*operands))


@pytest.mark.full
@pytest.mark.parametrize("width", [1, 2, 4, 16])
@every_narrow_primitive
def test_a_primitive_on_any_number_of_lanes(name, width, compiled):
    count = len(NARROW[name].partials)
    operands = np.array([*itertools.product(EDGES, repeat=count)]).T[:, -100:]
    check(name, operands, compiled(emitter(name), count, width=width)(*operands))


@every_narrow_primitive
def test_a_primitive_on_floats_is_that_on_doubles_rounded(name, compiled):
    count = len(NARROW[name].partials)
    numbers = np.array([0.0, 1.0, -1.0, 0.5, -0.25, 3.0, 0.1, -7.7, math.inf, -math.inf, math.nan], dtype=np.float32)
    operands = np.array([*itertools.product(numbers, repeat=count)], dtype=np.float32).T
    wanted = compiled(emitter(name), count)(*operands.astype(np.float64)).astype(np.float32)
    result = compiled(emitter(name), count, dtype=np.float32)(*operands)
    # +, -, *, / and sqrt of floats, rounded twice, are as if rounded once: 53 >= 2 * 24 + 2 (Figueroa, 1995).
    np.testing.assert_array_equal(result, wanted)


EXPONENTS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, -1.0, -2.0, -3.0, 0.5, -0.5, 1.5, 1.0 / 3.0, 2.7]


@functools.cache
def power_emitter(exponent):
    return lambda operands: power(operands[0], exponent)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_power_with_a_fixed_exponent_is_right_to_2_ulp(exponent, compiled):
    rng = np.random.default_rng(7)
    x = np.exp(rng.uniform(-50.0, 50.0, 1000)) * (rng.choice([-1.0, 1.0], 1000) if exponent.is_integer() else 1.0)
    result = compiled(power_emitter(exponent))(x)
    with mp.workdps(40):
        for number, y in zip(x.tolist(), result.tolist(), strict=True):
            exact = mp.mpf(number) ** mp.mpf(exponent)
            assert abs(y - exact) <= 2 * math.ulp(float(exact)), number


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_power_with_a_fixed_exponent_at_the_edges(exponent, compiled):
    x = np.array(EDGES)
    check("pow", [x, np.full(len(x), exponent)], compiled(power_emitter(exponent))(x))


@pytest.mark.parametrize("name", sorted(FOLDS))
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_fold_takes_any_number_of_operands(name, count, compiled):
    rows = [np.array(EDGES)[np.random.default_rng(k).permutation(len(EDGES))] for k in range(count)]
    check(name, rows, compiled(emitter(name), count)(*rows))
