"""Every primitive is tested because it is in the table: value, partials and second partials against mpmath.

The oracle is a second implementation of each function, at 50 digits, differentiated numerically by mpmath.
"""

import math
import operator
import sys

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp

import autodiff
from autodiff import PRIMITIVES, DomainError, Primitive, Value
from autodiff.domain import REALS
from autodiff.primitive import WidePrimitive
from autodiff.value import as_value

EPS = sys.float_info.epsilon
TINY = 1e-40  # the oracle works with 50 digits and takes differences; what is smaller it does not see
BOUND = 20.0  # operands are drawn from the domain between -BOUND and BOUND,
MARGIN = 1e-3  # this far from its ends and from kinks, which have tests of their own in test_conventions.py

ORACLES = {
    "abs": abs,
    "acos": mp.acos,
    "add": lambda x, y: x + y,
    "asin": mp.asin,
    "asin_slope": lambda x: 1 / mp.sqrt(1 - x * x),
    "atan": mp.atan,
    "atan2": mp.atan2,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "compare": lambda x, y: mp.sign(x - y),
    "cos": mp.cos,
    "cosh": mp.cosh,
    "div": lambda x, y: x / y,
    "dot": lambda *xs: mp.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
    "erf": mp.erf,
    "erf_slope": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "hypot": mp.hypot,
    "hypot_slope": lambda x, y: x / mp.hypot(x, y),
    "largest": lambda *xs: max(xs),
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "exp": mp.exp,
    "expm1": mp.expm1,
    "identity": lambda x: +x,
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + x),
    "log_or_zero": mp.log,
    "logsumexp": lambda *xs: mp.log(mp.fsum(map(mp.exp, xs))),
    "maximum": max,
    "minimum": min,
    "mul": lambda x, y: x * y,
    "mul_or_zero": lambda x, y: x * y,
    "neg": lambda x: -x,
    "pow": lambda x, y: mp.exp(y * mp.log(x)),
    "pow_before": lambda x, y: x ** (y - 1),
    "pow_log": lambda x, y: x**y * mp.log(x),
    "pow_slope": lambda x, y: y * x ** (y - 1),
    "quotient": lambda x, y: x / y,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: max(x, mp.zero),
    "share": lambda x, y: mp.exp(x - y),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sign": mp.sign,
    "sin": mp.sin,
    "sinh": mp.sinh,
    "smallest": lambda *xs: min(xs),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "sqrt": mp.sqrt,
    "stop_gradient": lambda x: +x,
    "step": lambda x: (1 + mp.sign(x)) / 2,
    "sub": lambda x, y: x - y,
    "sum": lambda *xs: mp.fsum(xs),
    "tan": mp.tan,
    "tanh": mp.tanh,
    "tanh_slope": lambda x: mp.sech(x) ** 2,
    "where": lambda x, y, z: y if x else z,
}

# A formula is a few operations, each right to eps relative, and so is the result: but for those that subtract, or
# that raise to a rounded power. Their error is relative to the numbers given here.
CANCELS = {
    "pow_slope": lambda x, y: CANCELS["pow"](x, y) * (1 + abs(y)) ** 2 * (1 + 1 / x) ** 2,
    "dot": lambda *xs: sum(abs(x * y) for x, y in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)),
    "logsumexp": lambda *xs: 1 + max(map(abs, xs)),  # exp(x - out) where x and out are of that size
    "pow": lambda x, y: (1 + abs(y * math.log(x))) * x**y * (1 + abs(y / x) + abs(math.log(x))),  # x**(y - 1)
    "share": lambda x, y: (1 + abs(x - y)) * math.exp(x - y),
    "pow_before": lambda x, y: CANCELS["pow_slope"](x, y),
    "pow_log": lambda x, y: CANCELS["pow_slope"](x, y),
    "sum": lambda *xs: sum(map(abs, xs)),
}

every_primitive = pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES.keys())


def coordinate(domain):
    """Numbers well inside a domain."""
    return st.one_of([st.floats(max(low + MARGIN, -BOUND), min(high - MARGIN, BOUND)) for low, high in domain])


def point_of(data, primitive):
    """Operands of a primitive, away from its kink."""
    domains = primitive.domain
    if isinstance(primitive, WidePrimitive):
        n = data.draw(st.integers(1, 3))
        domains = (REALS,) * (2 * n if primitive.name == "dot" else n)
    point = [data.draw(coordinate(domain)) for domain in domains]
    assume(primitive.kink is None or abs(primitive.kink(*point)) > MARGIN)
    return point


def derivative(primitive, point, *indices):
    """The value of the oracle, or its partial derivative with respect to the operands of these indices."""
    with mpmath.workdps(50):
        if indices and primitive.name == "stop_gradient":
            return 0.0
        orders = tuple(indices.count(i) for i in range(len(point)))
        f, at = ORACLES[primitive.name], [mp.mpf(x) for x in point]
        return float(mpmath.diff(f, tuple(at), orders) if indices else f(*at))


@every_primitive
@given(data=st.data())
def test_value_and_partials_are_those_of_mpmath(primitive, data):
    point = point_of(data, primitive)
    scale = CANCELS.get(primitive.name, lambda *xs: 0.0)(*point)
    values = [Value(x) for x in point]
    node = Value.record(primitive, *values)
    node.backward()

    assert node.data == primitive(*point)
    want = [derivative(primitive, point, i) for i in range(len(point))]
    for got, wanted in zip([node.data, *node.partials], [derivative(primitive, point), *want], strict=True):
        # at most 6 roundings of half an eps, and math's functions are right to 1 ulp: 8 eps holds them all
        assert abs(got - wanted) <= 8 * EPS * (abs(wanted) + scale) + TINY
    assert tuple(value.grad for value in values) == node.partials


@every_primitive
@given(data=st.data())
def test_the_partials_on_values_have_the_second_derivatives_of_mpmath(primitive, data):
    point = point_of(data, primitive)
    n = len(point)
    first = [derivative(primitive, point, i) for i in range(n)]
    # The chain rule sums products of values and partials; each term is rounded relative to itself, so the sum is
    # right relative to the largest: 32 eps for the up to 16 roundings of a term, times CANCELS' factor for a power.
    scale = max(1.0, abs(derivative(primitive, point)), *map(abs, first))
    if primitive.name in ("pow", "pow_slope"):
        scale *= CANCELS[primitive.name](*point)
    if primitive.name in ("atan2", "hypot_slope"):  # the second derivatives are products of such terms, and may be 0
        scale = max(scale, 1.0 / math.hypot(*point) ** 2)
    for i in range(n):
        values = [Value(x) for x in point]
        partial = as_value(primitive.derivatives(Value.record(primitive, *values), values)[i])
        partial.backward()
        for j in range(n):
            wanted = derivative(primitive, point, i, j)
            assert abs(values[j].grad - wanted) <= 32 * EPS * (abs(wanted) + scale)


@every_primitive
@given(data=st.data())
def test_a_plain_number_has_the_partial_0_and_changes_no_other(primitive, data):
    point = point_of(data, primitive)
    partials = Value.record(primitive, *map(Value, point)).partials
    for i, x in enumerate(point if len(point) > 1 else []):
        operands = [*map(Value, point)]
        operands[i] = x
        assert Value.record(primitive, *operands).partials == (*partials[:i], 0.0, *partials[i + 1 :])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow"])
@given(x=st.floats(MARGIN, BOUND), y=st.floats(MARGIN, BOUND))
def test_an_operator_records_what_the_table_says(name, x, y):
    primitive, apply = PRIMITIVES[{"truediv": "div"}.get(name, name)], getattr(operator, name)
    for operands in [(Value(x), Value(y)), (x, Value(y)), (Value(x), y)]:
        got, want = apply(*operands), Value.record(primitive, *operands)
        assert (got.primitive, got.data) == (primitive, want.data)
        # `value.py` writes + - * / out by hand, and may round in another order: once more per operation
        assert got.partials == pytest.approx(want.partials, rel=2 * EPS, abs=TINY)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid", "relu"])
@given(x=st.floats())
@example(x=0.0)
@example(x=-0.0)
@example(x=5e-324)
@example(x=1000.0)
@example(x=-1000.0)
def test_a_method_records_what_the_table_says_and_raises_what_it_raises(name, x):
    def told(make):
        try:
            node = make(Value(x, "x"))
        except DomainError as error:
            return str(error)
        return node.primitive.name, str(node.data), [str(partial) for partial in node.partials]  # NaN is "nan"

    want = told(lambda value: Value.record(PRIMITIVES[name], value))
    assert told(getattr(Value, name)) == told(getattr(autodiff, name)) == want


@pytest.mark.parametrize(
    ("node", "partials"),
    [
        (Value(3.0) ** 2.0, (6.0, 0.0)),
        (2.0 ** Value(3.0), (0.0, 8.0 * math.log(2.0))),
        (Value(3.0) ** Value(2.0), (6.0, 9.0 * math.log(3.0))),
        (Value(3.0) + 2, (1.0, 0.0)),
        (2 - Value(3.0), (0.0, -1.0)),
        (2 * Value(3.0), (0.0, 2.0)),
        (6 / Value(2.0), (0.0, -1.5)),
        (Value(6.0) / 2, (0.5, 0.0)),
    ],
)
def test_mixed_operands_record_the_partials_known_by_hand(node, partials):
    assert node.partials == partials


@every_primitive
def test_a_primitive_has_a_name_a_symbol_a_source_and_a_domain_for_each_operand(primitive):
    assert PRIMITIVES[primitive.name] is primitive
    assert primitive.symbol
    assert primitive.source
    assert len(primitive.domain) == len(primitive.partials)
    assert repr(primitive) == f"<primitive {primitive.name}>"


def test_a_wrong_number_of_operands_is_refused(refuses):
    for operands in [(1.0, 2.0), (Value(1.0), 2.0)]:
        with refuses(TypeError, "exp: expected 1 operand, got 2"):
            PRIMITIVES["exp"](*operands)


def test_a_primitive_made_by_a_user_records_and_differentiates():
    cube = Primitive("cube", "x^3", lambda x: x**3, (lambda out, x: 3.0 * x * x,), source="a user")
    x = Value(2.0)
    cube(x).backward()
    assert (cube(2.0), x.grad) == (8.0, 12.0)
