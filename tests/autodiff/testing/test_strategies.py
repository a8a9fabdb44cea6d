"""What the strategies draw is as well-behaved as they promise, varied enough, and shrinks to something simple."""

import configparser
import inspect
import math
import pkgutil
import re
import subprocess
import sys

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import autodiff
from autodiff import PRIMITIVES, GradientError, Value, defprimitive, grad, sign, topological_order
from autodiff.primitive import WidePrimitive
from autodiff.testing import check_gradients
from autodiff.testing.oracles import central_difference
from autodiff.testing.smoothness import is_smooth
from autodiff.testing.strategies import expressions, points, reals

MARGIN = 0.05
SQUARE = defprimitive("square", lambda x: x * x, lambda out, x: 2.0 * x)
LOGIT = defprimitive(  # a short interval
    "logit", lambda x: math.log(x / (1e-3 - x)), lambda out, x: 1e-3 / (x * (1e-3 - x)), domain=[[(0.0, 1e-3)]]
)
FAR = defprimitive(  # far from 0, in two pieces
    "far",
    lambda x: math.sqrt(abs(x) - 20.0),
    lambda out, x: math.copysign(0.5, x) / out,
    domain=[[(-math.inf, -20.0), (20.0, 30.0)]],
)
BUMP = defprimitive(
    "bump", lambda x: abs(x * x - 1.0), lambda out, x: 2.0 * x * sign(x * x - 1.0), kink=lambda x: x * x - 1.0
)
OWN = [SQUARE, LOGIT, FAR, BUMP]
SLOPED = [primitive for primitive in PRIMITIVES.values() if primitive.name != "stop_gradient"]  # a slope of its own

every_primitive = pytest.mark.parametrize(
    "primitive", [*PRIMITIVES.values(), *OWN], ids=lambda primitive: primitive.name
)
simplest = settings(
    database=None, derandomize=True, max_examples=2000, phases=[Phase.generate, Phase.shrink]
)  # the explanation of a failure takes longer than to find it


def uses(expression, name):
    """Whether a primitive of this name occurs."""
    return any(primitive.name == name for primitive, _ in expression.steps)


def is_shared(expression):
    """Whether an inner node is an operand twice."""
    inner = [x for _, xs in expression.steps for x in xs if isinstance(x, int) and x >= len(expression.variables)]
    return len(inner) > len(set(inner))


def run(source, variables, point):
    """What the code gives at a point, in the namespace that its reader would have."""
    namespace = {**vars(autodiff), "abs": abs, **{primitive.name: primitive for primitive in OWN}}
    if source.startswith("def "):
        exec(source, namespace)
        return namespace["f"](*point)
    return eval(source, namespace, dict(zip(variables, point, strict=True)))


# -------------------------------------------------------------------------------------------------- numbers


@given(reals())
def test_a_real_is_zero_or_between_a_thousandth_and_ten(x):
    assert x == 0.0 or 1e-3 <= abs(x) <= 10.0
    assert math.copysign(1.0, x) == 1.0 or x < 0.0


@given(st.data(), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_real_stays_within_any_bounds(data, x, y):
    low, high = min(x, y), max(x, y)
    drawn = data.draw(reals(low, high))
    assert low <= drawn <= high
    assert drawn == 0.0 or abs(drawn) >= 1e-3 * min(1.0, max(abs(low), abs(high)))


@pytest.mark.parametrize(
    ("bounds", "condition", "simple"),
    [
        ((), lambda x: True, 0.0),
        ((), lambda x: x > 2.5, 3.0),
        ((), lambda x: x < -2.5, -3.0),
        ((0.3, 9.0), lambda x: True, 1.0),
        ((-9.0, -0.3), lambda x: True, -1.0),
        ((), lambda x: 0.0 < x < 1.0, 0.5),
    ],
)
def test_a_real_shrinks_to_a_simple_number(bounds, condition, simple):
    assert find(reals(*bounds), condition, settings=simplest) == simple


@pytest.mark.parametrize("bounds", [(2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_bounds_that_hold_no_numbers_are_refused(bounds, refuses):
    low, high = bounds
    with refuses(ValueError, f"reals: expected finite min_value <= max_value, got {low!r} and {high!r}"):
        reals(low, high)


# --------------------------------------------------------------------------------------------------- points


@pytest.mark.full
@every_primitive
@given(data=st.data())
def test_a_point_is_inside_the_domain_and_off_the_kink_by_the_margin(primitive, data):
    point = data.draw(points(primitive))
    for x, domain in zip(point, primitive.domain, strict=not isinstance(primitive, WidePrimitive)):
        # to an ulp, because the margin is measured by another sum than that which set it
        assert any(
            low + MARGIN * min(1.0, high - low) * (1.0 - 1e-9)
            <= x
            <= high - MARGIN * min(1.0, high - low) * (1.0 - 1e-9)
            for low, high in domain
        )
    assert primitive.kink is None or abs(primitive.kink(*point)) >= MARGIN * (1.0 - 1e-9)
    assert math.isfinite(primitive(*point))
    assert all(abs(x) <= (31.0 if primitive is FAR else 10.0) for x in point)


@pytest.mark.full
@every_primitive
@given(data=st.data())
def test_a_central_difference_has_seven_digits_there(primitive, data):
    point = data.draw(points(primitive))
    values = [Value(x) for x in point]
    out = primitive(*values)
    for i, partial in enumerate(out.partials if primitive.name != "stop_gradient" else ()):
        # A step of 6e-6 over the length on which the function bends, 7e-3 at the least: (6e-6 / 7e-3)**2 = 7e-7.
        step = 6e-9 if primitive is LOGIT else None
        difference = central_difference(lambda x, i=i: primitive(*point[:i], x, *point[i + 1 :]), point[i], step)
        assert difference.derivative == pytest.approx(partial, rel=7e-7, abs=7e-7 * (1.0 + abs(out.data)))


@given(points(PRIMITIVES["dot"]))
def test_dot_gets_pairs(point):
    assert len(point) in (2, 4, 6)


@pytest.mark.parametrize(
    ("name", "point"),
    [("sin", (0.0,)), ("log", (1.0,)), ("div", (0.0, 1.0)), ("relu", (1.0,)), ("maximum", (1.0, 0.0)), ("sum", (0.0,))],
)
def test_a_point_shrinks_to_simple_numbers(name, point):
    assert find(points(PRIMITIVES[name]), lambda point: True, settings=simplest) == point


@given(points(defprimitive("root", math.sqrt, lambda out, x: 0.5 / out)))
def test_a_point_keeps_clear_of_where_forward_fails_even_if_the_domain_does_not_say_so(point):
    assert point[0] > 1e-3


@given(points(PRIMITIVES["tan"]))
def test_a_point_keeps_clear_of_poles(point):
    assert abs(math.cos(point[0])) > 1e-2  # nearer, tan bends by more than a hundredth over a thousandth


@given(points(defprimitive("|log|", lambda x: abs(math.log(x)), abs, domain=[[(0.0, math.inf)]], kink=math.log)))
def test_a_point_is_off_a_kink_that_is_not_defined_everywhere(point):
    assert abs(point[0] - 1.0) >= MARGIN * (1.0 - 1e-9)


def test_points_of_what_is_no_primitive_are_refused(refuses):
    with refuses(TypeError, "points: expected a primitive, got builtin_function_or_method; see autodiff.PRIMITIVES"):
        points(math.sin)


# ---------------------------------------------------------------------------------------------- expressions


@given(expressions())
def test_an_expression_has_a_value_at_its_point_and_so_has_its_source(f):
    out = f(*f.point)
    assert type(out) is float
    assert run(f.source, f.variables, f.point) == out
    assert f(**dict(zip(f.variables, f.point, strict=True))) == out


@given(expressions(("a", "b", "c"), [*PRIMITIVES.values(), *OWN]))
def test_values_give_the_same_number_as_floats_and_every_node_is_tame(f):
    values = [Value(x) for x in f.point]
    out = f(*values)
    assert out.data == f(*f.point)
    nodes = topological_order(out)
    assert all(abs(node.data) <= 1e6 for node in nodes)
    kinks = [
        node.primitive.kink(*[x.data for x in node.operands])
        for node in nodes
        if node.primitive and node.primitive.kink
    ]
    assert all(abs(kink) >= MARGIN * (1.0 - 1e-9) for kink in kinks)


@given(expressions())
def test_the_gradient_of_an_expression_has_seven_digits_of_a_central_difference(f):
    for i, x in enumerate(f.point):
        difference = central_difference(lambda x, i=i: f(*f.point[:i], x, *f.point[i + 1 :]), x)
        got = grad(f, i)(*f.point)
        # 7e-7 of the size of function and slope, as for one primitive
        assert abs(got - difference.derivative) <= 7e-7 * (1.0 + abs(got) + abs(f(*f.point)))


@given(st.data(), st.integers(1, 80))
def test_the_graph_has_at_most_max_nodes(data, max_nodes):
    f = data.draw(expressions(max_nodes=max_nodes))
    out = f(*map(Value, f.point))
    assert len(topological_order(out)) <= max_nodes
    recorded = {node.primitive for node in topological_order(out) if node.primitive}
    assert recorded == {primitive for primitive, _ in f.steps}  # no step is unused


@given(expressions(primitives=[PRIMITIVES["mul"], SQUARE]))
def test_only_the_primitives_asked_for_occur(f):
    assert {primitive.name for primitive, _ in f.steps} <= {"mul", "square"}


@pytest.mark.full
def test_every_primitive_of_the_table_occurs_sharing_and_plain_numbers_too():
    seen = []

    @settings(simplest, max_examples=300)
    @given(expressions())
    def draw(f):
        seen.append(f)

    draw()
    assert {primitive.name for f in seen for primitive, _ in f.steps} == {*PRIMITIVES} - {
        "identity",
        "stop_gradient",
    }  # the first is no step to shrink to
    # measured: 0.5, 0.5 and 0.7 of all
    assert sum(map(is_shared, seen)) > 0.25 * len(seen)
    assert sum(any(isinstance(x, float) for _, xs in f.steps for x in xs) for f in seen) > 0.25 * len(seen)
    assert sum(len(f.steps) > 4 for f in seen) > 0.35 * len(seen)


@pytest.mark.full
@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (lambda f: True, "x  # at x = 0.5, y = 1.5"),
        (lambda f: uses(f, "sin"), "sin(x)  # at x = 0.5, y = 1.5"),
        (lambda f: uses(f, "maximum"), 1),
        (lambda f: uses(f, "asin"), 1),
        (is_shared, 3),
        (lambda f: uses(f, "sin") and uses(f, "exp"), 2),
        (lambda f: len(topological_order(f(*map(Value, f.point)))) >= 10, 9),
    ],
    ids=["anything", "sin", "maximum", "asin", "sharing", "two", "ten nodes"],
)
def test_an_expression_shrinks_to_a_small_formula(condition, shown):
    f = find(expressions(), condition, settings=simplest)
    if isinstance(shown, str):
        assert repr(f) == shown
    else:
        assert len(f.steps) <= shown


@given(expressions(["x"], primitives=[]))
def test_without_primitives_an_expression_is_its_variable(f):
    assert f.source == "x"
    assert f(*f.point) == f.point[0]


@given(expressions(["x", "rate"]))
def test_an_expression_knows_its_signature(f):
    assert [*inspect.signature(f).parameters] == ["x", "rate"]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"variables": []}, ValueError, "expected a list of one or more distinct names, got []"),
        ({"variables": "xy"}, ValueError, "expected a list of one or more distinct names, got 'xy'"),
        ({"variables": ["x", "x"]}, ValueError, "expected a list of one or more distinct names, got ['x', 'x']"),
        ({"variables": ["2x"]}, ValueError, "expected Python names that are not a primitive's, got '2x'"),
        ({"variables": ["in"]}, ValueError, "expected Python names that are not a primitive's, got 'in'"),
        ({"variables": ["exp"]}, ValueError, "expected Python names that are not a primitive's, got 'exp'"),
        ({"max_nodes": 0}, ValueError, "expected max_nodes >= 1, got 0"),
        ({"primitives": ["sin"]}, TypeError, "expected a primitive, got str; see autodiff.PRIMITIVES"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, kind, message, refuses):
    with refuses(kind, f"expressions: {message}"):
        expressions(**options)


# ------------------------------------------------------------------------------------------- within hypothesis


def test_points_that_do_not_exist_are_refused_with_the_reason():
    fast = defprimitive("fast", lambda x: math.sin(200 * x), lambda out, x: 200 * x)
    late = defprimitive("late", lambda x: math.log(x - 20.0), lambda out, x: 1 / (x - 20.0))
    for primitive, why in (
        (fast, r"it is .* at \(.*\), and too steep, too bent or too near its kink there; draw its operands yourself"),
        (late, r"it raises at \(.*\), which its domain \(-inf, inf\) allows; give defprimitive the right domain"),
    ):
        with pytest.raises(ValueError, match=f"points: no operands of {primitive.name} are both in .* smooth: {why}"):
            find(points(primitive), lambda point: True, settings=simplest)


def test_hypothesis_learns_of_values_by_an_entry_point(root):
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg", encoding="utf-8")
    name = setup["options.entry_points"]["hypothesis"].partition("=")[2].strip()
    pkgutil.resolve_name(name)()
    assert find(st.from_type(Value), lambda x: x.data > 2.5, settings=simplest).data == 3.0


PLANTS = {
    "tanh": (math.tanh, lambda out, x: 1.0 - out),
    "sin": (math.sin, lambda out, x: -math.cos(x)),
    "cube": (lambda x: x**3, lambda out, x: x**2),
    "ratio": (lambda x, y: x / (1.0 + y * y), [lambda out, x, y: 1.0 / (1.0 + y * y), lambda out, x, y: -out]),
    "hill": (lambda x: math.exp(-x * x), lambda out, x: -x * out),
}


FEW = [PRIMITIVES[name] for name in ("identity", "add", "mul", "div", "exp", "tanh", "maximum", "sum", "dot")]


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "others"), [*[(name, FEW) for name in PLANTS], ("cube", SLOPED)], ids=[*PLANTS, "in all"]
)
def test_a_planted_bug_shrinks_to_its_primitive_alone_and_is_shown_as_code(name, others):
    forward, partials = PLANTS[name]
    wrong = defprimitive("wrong", forward, partials)

    @settings(simplest, max_examples=500, print_blob=False)
    @given(expressions(["x", "y"], [*others, wrong], max_nodes=8))
    def test(f):
        check_gradients(f, *f.point, order=1)

    with pytest.raises(GradientError) as error:
        test()
    shown = "\n".join(error.value.__notes__)
    call = r"wrong\(x(, x|, y)?\)" if len(wrong.partials) == 1 else r"wrong\(\S+, \S+\)"
    assert re.search(rf"f={call}  # at x = \d\.\d, y = \d\.\d", shown), shown


@pytest.mark.parametrize("first", ["from hypothesis import strategies as st", "from autodiff.testing import points"])
def test_hypothesis_knows_a_value_whatever_is_imported_first(first, tmp_path):
    code = (
        f"{first}\nfrom hypothesis import strategies as st\nfrom autodiff import Value\nst.from_type(Value).validate()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


@pytest.mark.parametrize(("name", "point"), [("sqrt", (0.0,)), ("asin", (1.0,)), ("log", (0.0,)), ("abs", (0.0,))])
def test_a_primitive_is_not_smooth_at_the_end_of_its_domain_or_at_a_kink(name, point):
    assert not is_smooth(PRIMITIVES[name], point)
    assert is_smooth(PRIMITIVES[name], (0.5,))
