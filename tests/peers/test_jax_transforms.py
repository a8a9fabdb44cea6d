"""Transforms return what those of JAX return: numbers, structures, and the place of aux."""

import pytest

import autodiff
from autodiff import sin

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision():
    """JAX computes with 32 bits unless it is told otherwise."""
    with jax.enable_x64(True):
        yield


def model(sine):
    def loss(p, x):
        y = sine(p["w"] * x[0]) + p["b"][0] * x[1]
        return y * y, {"prediction": y, "inputs": [x[0], 2.0]}

    return loss


POINT = {"w": 0.5, "b": [2.0]}, (0.3, -1.0)


def same(ours, its):
    """The same structure, with the same numbers: both sum up a few products, in some order."""
    return ours == jax.tree.map(lambda x: pytest.approx(float(x), rel=1e-14), its)


@pytest.mark.parametrize("argnums", [0, (0, 1), (1,)])
@pytest.mark.parametrize("transform", ["grad", "value_and_grad"])
def test_a_gradient_with_aux(transform, argnums):
    ours = getattr(autodiff, transform)(model(sin), argnums, has_aux=True)(*POINT)
    its = getattr(jax, transform)(model(jax.numpy.sin), argnums, has_aux=True)(*POINT)
    assert same(ours, its)


def test_a_pullback():
    def f(sine):
        return lambda p, x: {"s": [sine(p["w"] * x[0]), x[1] * p["b"][0]], "t": x[0] * x[1]}

    ours, our_pullback = autodiff.vjp(f(sin), *POINT)
    its, its_pullback = jax.vjp(f(jax.numpy.sin), *POINT)
    assert same(ours, its)
    for cotangent in ({"s": [1.0, 0.0], "t": 0.0}, {"s": [0.5, -2.0], "t": 3.0}):
        assert same(our_pullback(cotangent), its_pullback(cotangent))


def test_a_pullback_with_aux():
    ours, our_pullback, our_aux = autodiff.vjp(model(sin), *POINT, has_aux=True)
    its, its_pullback, its_aux = jax.vjp(model(jax.numpy.sin), *POINT, has_aux=True)
    assert same((ours, our_pullback(2.0), our_aux), (its, its_pullback(2.0), its_aux))
