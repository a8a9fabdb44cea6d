"""The activations that are not primitives: their formulas, their derivatives, and their values far from 0."""

import math

import pytest

from autodiff import Value
from autodiff.testing import check_gradients
from nn import ACTIVATIONS
from nn.activations import gelu, identity, leaky_relu


def by_erf(x):
    """x Phi(x), which gelu approximates."""
    return 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))


@pytest.mark.parametrize("x", [-1000.0, -3.0, -0.75, -0.1, 0.0, 0.1, 0.75, 3.0, 1000.0])
def test_gelu_is_the_published_approximation(x):
    u = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)
    # 1 + tanh loses eps of 1, which is multiplied by x/2; a few operations more
    assert gelu(x) == pytest.approx(0.5 * x * (1.0 + math.tanh(u)), rel=1e-15, abs=1e-15 * abs(x))


def test_gelu_is_close_to_the_exact_form():
    assert max(abs(gelu(k / 100.0) - by_erf(k / 100.0)) for k in range(-600, 601)) < 0.0005


def test_gelu_keeps_its_digits_where_it_is_nearly_0():
    """Phi(-7) is near 1e-12; 1 + tanh would have 4 digits there. The reference is e**(2u), u << 0."""
    x = -7.0
    u = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)
    # exp multiplies the rounding of its argument by |2u| = 36
    assert gelu(x) == pytest.approx(x * math.exp(2.0 * u) / (1.0 + math.exp(2.0 * u)), rel=1e-13)


@pytest.mark.parametrize(("x", "out", "slope"), [(2.0, 2.0, 1.0), (-2.0, -0.02, 0.01), (0.0, 0.0, 0.505)])
def test_leaky_relu_has_two_slopes_and_their_middle_at_the_kink(x, out, slope):
    value = Value(x)
    output = leaky_relu(value)
    output.backward()
    assert (output.data, value.grad, leaky_relu(x)) == (out, slope, out)


def test_identity_adds_no_node():
    x = Value(2.0)
    assert identity(x) is x


@pytest.mark.parametrize("x", [-30.0, -2.0, -0.3, 0.4, 2.5, 30.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivatives_are_right(name, x):
    check_gradients(ACTIVATIONS[name], x)


@pytest.mark.parametrize("x", [-1000.0, 1000.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_derivative_stay_finite_far_out(name, x):
    value = Value(x)
    output = ACTIVATIONS[name](value)
    output.backward()
    assert math.isfinite(output.data)
    assert math.isfinite(value.grad)


def test_the_names_are_sorted():
    assert list(ACTIVATIONS) == sorted(ACTIVATIONS)
