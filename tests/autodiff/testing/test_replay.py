"""Functions on complex numbers, by which the kit checks derivatives, go on from those of the table on real numbers."""

import pytest
from hypothesis import given, settings

from autodiff import PRIMITIVES, Value, topological_order
from autodiff.testing import points
from autodiff.testing.replay import ANALYTIC, derivative_in_direction, partial_by_oracle, replay


@pytest.mark.parametrize("name", sorted(ANALYTIC))
def test_a_function_has_the_values_and_the_partials_of_the_table(name):
    @settings(max_examples=settings.default.max_examples // 5)
    @given(points(PRIMITIVES[name]))
    def check(point):
        operands = [Value(x) for x in point]
        node = Value.record(PRIMITIVES[name], *operands)
        got = ANALYTIC[name](*map(complex, point))
        # Some operations of an eps each, on numbers up to the largest operand.
        tolerance = 1e-13 * max(1.0, abs(node.data), *map(abs, point))
        assert abs(got.real - node.data) <= tolerance
        assert got.imag == 0.0
        for i, partial in enumerate(node.partials):
            derivative, error = partial_by_oracle(node, i)
            assert abs(derivative - partial) <= error

    check()


def test_a_graph_is_computed_again_from_its_leaves_or_from_the_middle():
    x, y = Value(2.0), Value(3.0)
    product = x * y
    out = product * product + 1.0
    order = topological_order(out)
    assert replay(order, {})[out] == 37.0
    assert replay(order, {x: 4.0})[out] == 145.0
    assert replay(order, {product: 1.0})[out] == 2.0
    assert derivative_in_direction(order, {x: 1.0, y: 2.0})[out] == 12.0 * (3.0 + 2.0 * 2.0)
