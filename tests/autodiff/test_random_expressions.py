"""Random formulas with shared parts, up to 60 nodes: all the ways to a derivative agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import PRIMITIVES
from autodiff.testing import check_gradients, expressions, points
from autodiff.testing.replay import ANALYTIC
from nn.testing import networks

NOT_ITS_SLOPE = {"stop_gradient"}  # its derivative is not that of the number that it gives


@given(expressions(["x", "y"], max_nodes=60))
def test_reverse_forward_and_differences_agree_to_second_order(f):
    check_gradients(f, *f.point)


@given(expressions(["x", "y"], [PRIMITIVES[name] for name in sorted({*ANALYTIC} - {"identity", *NOT_ITS_SLOPE})]))
def test_analytic_expressions_agree_with_the_complex_step(f):
    check_gradients(f, *f.point)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted({*PRIMITIVES} - NOT_ITS_SLOPE))
@given(data=st.data())
def test_every_primitive_passes_the_check_where_it_is_smooth(name, data):
    check_gradients(PRIMITIVES[name], *data.draw(points(PRIMITIVES[name])))


@given(networks())
def test_networks_pass_with_respect_to_their_parameters(drawn):
    model, inputs, _ = drawn
    check_gradients(model, inputs)
