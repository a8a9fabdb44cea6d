"""Printed code gives the numbers of the graph: values, gradients, and every primitive at its edges."""

import itertools
import math
import sys

import pytest
from hypothesis import given, settings

from autodiff import PRIMITIVES, DomainError, Value
from autodiff.primitive import WidePrimitive
from autodiff.program.passes.derive import derive
from autodiff.program.recording.record import tape_of
from autodiff.program.source.function import source
from autodiff.testing import expressions

EPS = sys.float_info.epsilon


KINKS = [-1000.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1000.0, math.inf, -math.inf, math.nan]


@given(f=expressions(["x", "y"], max_nodes=60))
def test_random_expressions_give_what_eager_gives(f, rounding, printed, run_printed, same):
    check(f, "python", rounding, printed, run_printed, same)


@given(f=expressions(["x", "y"], max_nodes=60))
@settings(max_examples=30)  # each starts node
def test_random_expressions_give_it_in_javascript(f, rounding, printed, run_printed, same):
    check(f, "javascript", rounding, printed, run_printed, same)


def check(f, language, rounding, printed, run_printed, same):
    """Compare value and gradient with eager ones."""
    leaves = [Value(x) for x in f.point]
    output = f(*leaves)
    if not isinstance(output, Value):
        return
    try:
        output.backward()
        text = printed([output], leaves, wrt="inputs", language=language)
    except DomainError:
        return  # a derivative has no value there
    value, gradient = run_printed(language, text, list(f.point))
    # Eager and source are within the bound of the exact result, each to first order; twice that for the rest. What has
    # an infinite slope has no bound.
    tape = tape_of([output], leaves)
    bounds = rounding(derive(tape, tape.inputs))
    wanted = [output.data, *(x.grad for x in leaves)]
    for a, b, bound in zip([value, *gradient], wanted, bounds, strict=True):
        assert same(a, b, 4 * bound) or not math.isfinite(bound), text


def cases(primitive):
    """Operands at the kinks, at ties, at the edges and beyond."""
    if isinstance(primitive, WidePrimitive):
        return [[1.0, 2.0], [1000.0, -1000.0], [0.0, 0.0], [-0.5, 3.0, 2.0, 1.0], [math.nan, 1.0], [math.inf, 1.0]]
    more = [KINKS, [1.0, math.inf, math.nan]][: len(primitive.partials) - 1]
    return [[*case] for case in itertools.product(KINKS, *more)]


def texts_of(primitive, language):
    """For each number of operands, the source of the primitive alone, as recorded."""
    texts = {}
    for count in {len(case) for case in cases(primitive)}:
        leaves = [Value(1.0) for _ in range(count)]
        tape = tape_of([Value.record(primitive, *leaves)], leaves)
        texts[count] = source(tape, language, name="value")
    return texts


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_every_primitive_in_python_is_that_of_the_table(primitive, run_python, same):
    texts = texts_of(primitive, "python")
    for case in cases(primitive):
        try:
            wanted = primitive.forward(*case)
        except (ArithmeticError, ValueError):
            if math.nan not in case:
                with pytest.raises((ArithmeticError, ValueError)):
                    run_python(texts[len(case)], case)
            continue
        assert same(run_python(texts[len(case)], case), wanted, 4 * EPS * abs(wanted)), case


@pytest.mark.full
@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_every_primitive_in_javascript_is_that_of_the_table_or_of_ieee(primitive, run_javascript, same):
    np = pytest.importorskip("numpy")
    evaluate = pytest.importorskip("autodiff.program.ieee").evaluate
    for count, text in texts_of(primitive, "javascript").items():
        points = [case for case in cases(primitive) if len(case) == count]
        for case, got in zip(points, run_javascript(text, [[case] for case in points]), strict=True):
            wanted = float(np.asarray(evaluate(primitive.name, case)))
            assert same(got, wanted, 8 * EPS * abs(wanted)), case  # fdlibm and libm: 1 ulp each, a few operations
