"""The reference under IEEE arithmetic: `forward` inside the domain, inf and nan outside, for every primitive."""

import math

import numpy as np
import pytest

from autodiff import PRIMITIVES
from autodiff.domain import REALS
from autodiff.primitive import WidePrimitive
from autodiff.program.ieee import evaluate

EXACT = {
    *("identity", "add", "sub", "mul", "div", "neg", "reciprocal", "sqrt", "relu", "abs", "sign", "step", "compare"),
    *("maximum", "minimum"),
}
# numpy and math each promise their elementary functions to an ulp or so (numpy's vector library, to 4 ulp at worst).
# Largest difference seen: 2 ulp, and 4 ulp for pow_slope, which is such a function times another.
ULPS = 4
every_primitive = pytest.mark.parametrize("name", PRIMITIVES)


def inside(primitive, n, rng):
    """Points of the domain: some of every size, and some close to 0."""
    count = 4 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    operands = []
    for domain in primitive.domain if len(primitive.domain) == count else (REALS,) * count:
        low, high = max(domain[0][0], -30.0), min(domain[-1][1], 30.0)
        x = rng.uniform(low, high, n)
        x[::2] *= rng.uniform(0.0, 1.0, len(x[::2])) ** 8
        operands.append(x)
    return operands


def close(result, wanted, ulps):
    """Equal, NaN to NaN, but for so many units of the last place."""
    with np.errstate(invalid="ignore"):
        near = np.abs(result - wanted) <= ulps * np.spacing(np.minimum(np.abs(wanted), 2.0**1023))
    return near | (result == wanted) | (np.isnan(result) & np.isnan(wanted))


@every_primitive
def test_inside_the_domain_it_is_forward(name):
    primitive = PRIMITIVES[name]
    operands = inside(primitive, 2000, np.random.default_rng(5))
    wanted = np.array([primitive.forward(*point) for point in np.transpose(operands).tolist()])
    result = evaluate(name, operands)
    if name in EXACT:
        np.testing.assert_array_equal(result, wanted)
    elif name in ("sum", "dot"):  # from Python 3.12 on, forward's sum has no rounding error, and this one's is 3 eps
        size = (
            np.abs(operands).sum(axis=0)
            if name == "sum"
            else np.abs(np.multiply(operands[:2], operands[2:])).sum(axis=0)
        )
        assert (np.abs(result - wanted) <= 4 * np.finfo(float).eps * size).all()
    else:
        bad = ~close(result, wanted, ULPS)
        assert not bad.any(), [[x[bad][:3] for x in operands], result[bad][:3], wanted[bad][:3]]


@every_primitive
def test_at_the_edges_it_is_forward_where_that_has_a_value(name):
    """0, 1, infinities, ties: all combinations on which `forward` does not raise."""
    primitive = PRIMITIVES[name]
    count = 2 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    edges = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 0.5, 5e-324, 1e300, math.inf, -math.inf, math.nan]
    for point in np.stack(np.meshgrid(*[edges] * count), axis=-1).reshape(-1, count).tolist():
        try:
            wanted = primitive.forward(*point)
        except (ArithmeticError, ValueError):
            continue
        assert close(evaluate(name, point), np.float64(wanted), ULPS), point


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("div", (1.0, 0.0), math.inf),
        ("div", (-1.0, 0.0), -math.inf),
        ("div", (0.0, 0.0), math.nan),
        ("log", (0.0,), -math.inf),
        ("log", (-1.0,), math.nan),
        ("log1p", (-1.0,), -math.inf),
        ("log1p", (-2.0,), math.nan),
        ("exp", (1000.0,), math.inf),
        ("expm1", (1000.0,), math.inf),
        ("sinh", (-1000.0,), -math.inf),
        ("cosh", (-1000.0,), math.inf),
        ("sqrt", (-1.0,), math.nan),
        ("pow", (-8.0, 1.0 / 3.0), math.nan),
        ("pow", (0.0, -1.0), math.inf),
        ("pow", (10.0, 400.0), math.inf),
        ("pow_slope", (-8.0, 1.0 / 3.0), math.nan),
        ("pow_slope", (10.0, 400.0), math.inf),
        ("sin", (math.inf,), math.nan),
        ("cos", (-math.inf,), math.nan),
        ("tan", (math.inf,), math.nan),
        ("asin", (1.5,), math.nan),
        ("acos", (-1.5,), math.nan),
    ],
)
def test_outside_the_domain_it_is_inf_or_nan(name, point, expected):
    with pytest.raises((ArithmeticError, ValueError)):
        PRIMITIVES[name].forward(*point)
    np.testing.assert_array_equal(evaluate(name, point), expected)


@every_primitive
def test_operands_broadcast_to_an_array_of_doubles(name):
    primitive = PRIMITIVES[name]
    count = 2 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    first = np.array([[0.5], [0.25]], dtype=np.float32)
    result = evaluate(name, [first, *[1] * (count - 1)])
    assert (type(result), result.shape, result.dtype) == (np.ndarray, (2, 1), np.float64)


def test_logsumexp_of_large_and_equal_numbers():
    np.testing.assert_array_equal(evaluate("logsumexp", [1000.0, 1000.0]), 1000.0 + math.log(2.0))
    np.testing.assert_array_equal(evaluate("logsumexp", [-math.inf, -math.inf]), -math.inf)
    np.testing.assert_array_equal(evaluate("logsumexp", [-math.inf, 3.0]), 3.0)


def test_a_name_that_is_not_in_the_table(refuses):
    with refuses(ValueError, "ieee: expected the name of a primitive of the table, got 'sinus'"):
        evaluate("sinus", [0.0])
