"""Functions on complex numbers, by which the kit checks derivatives, go on from those of the table on real numbers."""

import pytest
from hypothesis import given, settings

from autodiff import PRIMITIVES, Value
from autodiff.testing import points
from autodiff.testing.replay import ANALYTIC, partial_by_oracle


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
