"""Arrays of numpy as arguments and results of the transforms; numpy computes the references."""

import subprocess
import sys

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad
from autodiff.testing import check_gradients

RNG = np.random.default_rng(0)
W = RNG.normal(size=(2, 3))
X = np.array([0.1, 0.2, 0.3])
UNARY = [
    *[(ad.exp, np.exp), (ad.expm1, np.expm1), (ad.log, np.log), (ad.log1p, np.log1p), (ad.sqrt, np.sqrt)],
    *[(ad.reciprocal, np.reciprocal), (ad.sin, np.sin), (ad.cos, np.cos), (ad.tan, np.tan), (ad.asin, np.arcsin)],
    *[(ad.acos, np.arccos), (ad.atan, np.arctan), (ad.sinh, np.sinh), (ad.cosh, np.cosh), (ad.tanh, np.tanh)],
    *[(ad.sign, np.sign), (ad.relu, lambda x: np.maximum(x, 0)), (ad.step, lambda x: np.heaviside(x, 0))],
    *[(ad.sigmoid, lambda x: 1 / (1 + np.exp(-x))), (ad.softplus, lambda x: np.log1p(np.exp(x)))],
]


def loss(x):
    """A function of a vector in numpy's words, with its derivatives below."""
    return np.sum(ad.tanh(W @ x) ** 2)


def loss_gradient(x):
    t = np.tanh(W @ x)
    return W.T @ (2 * t * (1 - t * t))


def loss_hessian(x):
    t = np.tanh(W @ x)
    return W.T @ np.diag(2 * (1 - t * t) * (1 - 3 * t * t)) @ W


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def close(result, expected):
    assert type(result) is np.ndarray
    assert result.dtype == float
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-13, atol=1e-15)


def test_first_derivatives_are_arrays():
    value, gradient = value_and_grad(loss)(X)
    assert type(value) is float
    assert value == pytest.approx(np.sum(np.tanh(W @ X) ** 2), rel=1e-14)
    close(gradient, loss_gradient(X))
    close(grad(loss)(X), loss_gradient(X))
    t = np.tanh(W @ X)
    close(grad(lambda w: np.sum(ad.tanh(w @ X) ** 2))(W), np.outer(2 * t * (1 - t * t), X))


def test_a_jacobian_has_the_axes_of_the_output_and_then_of_the_input():
    close(jacobian(lambda x: W @ x)(X), W)
    close(
        jacobian(lambda x: x[:, None] * x)(X),
        np.einsum("ik,j->ijk", np.eye(3), X) + np.einsum("i,jk->ijk", X, np.eye(3)),
    )
    close(jacobian(lambda w: w @ X)(W), np.einsum("ij,k->ijk", np.eye(2), X))
    close(jacobian(lambda t: t * X)(2.0), X)
    close(jacobian(lambda x: x / x.sum())(X), np.eye(3) / X.sum() - X[:, None] / X.sum() ** 2)


def test_arrays_stand_in_lists_tuples_and_dicts():
    def layer(p):
        return {"out": p["w"] @ X + p["b"], "norm": np.dot(p["b"], p["b"])}

    p = {"w": W, "b": np.array([1.0, 2.0])}
    derivatives = jacobian(layer)(p)
    close(derivatives["out"]["w"], np.einsum("ij,k->ijk", np.eye(2), X))
    close(derivatives["out"]["b"], np.eye(2))
    close(derivatives["norm"]["w"], np.zeros((2, 3)))
    close(derivatives["norm"]["b"], 2 * p["b"])
    by_w, by_x = jacobian(lambda w, x: w @ x, argnums=(0, 1))(W, X)
    close(by_w, np.einsum("ij,k->ijk", np.eye(2), X))
    close(by_x, W)
    by_rows = jacobian(lambda rows: rows[0] * rows[1])([X, 2.0])
    close(by_rows[0], 2.0 * np.eye(3))
    close(by_rows[1], X)


def test_lists_and_arrays_mix():
    rows = jacobian(lambda x: [x.sum(), x[0] * x[2]])(X)
    assert type(rows) is list
    close(rows[0], np.ones(3))
    close(rows[1], np.array([X[2], 0.0, X[0]]))
    close(jacobian(lambda v: np.array([v[0] * v[1], v[2]]))([2.0, 3.0, 5.0]), np.array([[3.0, 2, 0], [0, 0, 1]]))


def test_second_derivatives():
    close(hessian(loss)(X), loss_hessian(X))
    by_matrix = hessian(lambda w: np.sum((w @ X) ** 2))(W)
    close(by_matrix, np.einsum("ik,j,l->ijkl", np.eye(2), 2 * X, X))
    close(hvp(loss, (X,), (np.array([1.0, -1.0, 0.5]),)), loss_hessian(X) @ [1.0, -1.0, 0.5])
    first, second = hvp(lambda x, y: np.dot(x, x) * y, (X, 2.0), (np.ones(3), 1.0))
    close(first, 4.0 * np.ones(3) + 2 * X)
    assert second == pytest.approx(2 * X.sum())


def test_forward_mode():
    value, tangent = jvp(lambda x: ad.exp(W @ x), (X,), (np.ones(3),))
    close(value, np.exp(W @ X))
    close(tangent, np.exp(W @ X) * W.sum(axis=1))


@pytest.mark.parametrize("tangent", [np.ones(2), np.ones((1, 3)), [1.0, 1.0, 1.0], 1.0])
def test_a_tangent_of_another_shape_is_refused(tangent, refuses):
    with refuses(ValueError, "jvp: expected tangents of the structure of the primals, one number for each number"):
        jvp(lambda x: x, (X,), (tangent,))


@pytest.mark.parametrize(("function", "reference"), UNARY, ids=lambda f: getattr(f, "__name__", ""))
def test_every_function_works_element_by_element(function, reference):
    table = np.array([[0.25, 0.5], [0.75, 0.125]])
    close(function(table), reference(table))
    slopes = grad(lambda x: np.sum(function(x)))(table)
    close(slopes, np.array([[grad(function)(x) for x in row] for row in table.tolist()]))
    nodes = function(np.array([Value(x) for x in table.flat]).reshape(2, 2))
    close(np.array([node.data for node in nodes.flat]).reshape(2, 2), reference(table))


def test_functions_of_several_operands_bring_them_to_one_shape():
    close(ad.maximum(W, 0.0), np.maximum(W, 0))
    close(ad.minimum(0.1, W), np.minimum(W, 0.1))
    close(ad.maximum(W, X), np.maximum(W, X))
    close(grad(lambda x: ad.maximum(x, x[1]).sum())(X), np.array([0.0, 2.0, 1.0]))
    close(ad.sum([X, 2 * X, 1.0]), 3 * X + 1)
    close(ad.logsumexp([X, 2 * X]), np.logaddexp(X, 2 * X))
    assert ad.sum(X) == pytest.approx(X.sum())
    assert ad.dot(X, X) == pytest.approx(X @ X)


def test_shapes_that_do_not_fit_are_refused(refuses):
    with refuses(ValueError, "maximum: expected arrays that fit together, got the shapes (3,), (2,)"):
        ad.maximum(X, np.ones(2))


def test_a_dot_of_tables_is_refused(refuses):
    message = "dot: expected two lists of numbers, got lists of arrays; write np.dot(x, y), or x @ y"
    with refuses(TypeError, message):
        ad.dot(W, W)
    with refuses(TypeError, message):
        grad(lambda w: ad.dot(w, w).sum())(W)


def test_an_array_without_axes_is_a_number():
    assert value_and_grad(lambda x: x * x)(np.array(3.0)) == (9.0, 6.0)
    assert hessian(lambda x: x**3)(np.array(2)) == 12.0
    assert grad(lambda x: np.array(x * x))(3.0) == 6.0
    assert jvp(lambda x: x * x, (np.array(3.0),), (1.0,)) == (9.0, 6.0)
    assert type(ad.exp(np.array(0.0))) is float


def test_integers_and_short_floats_give_floats():
    for dtype in (int, np.uint8, np.float32, np.float16, object):
        close(grad(lambda x: np.dot(x, x))(np.array([1, 2, 3], dtype)), np.array([2.0, 4.0, 6.0]))


def test_an_empty_array_has_an_empty_gradient():
    close(grad(lambda x: x.sum())(np.zeros((0, 3))), np.zeros((0, 3)))
    close(jacobian(lambda x: W @ x[:, :0])(W.T), np.zeros((2, 0, 3, 2)))
    close(hessian(lambda x: np.sum(x))(np.zeros(0)), np.zeros((0, 0)))
    close(jacobian(lambda x: x)(np.zeros(0)), np.zeros((0, 0)))
    close(ad.exp(np.zeros((2, 0))), np.zeros((2, 0)))


REFUSED = [
    (np.array([True, False]), "an array of real numbers, got one of bool; use .astype(float)"),
    (np.array([1j]), "an array of real numbers, got one of complex128; use .astype(float)"),
    (np.array(["1"]), "an array of real numbers, got one of <U1; use .astype(float)"),
    (np.array(["2000-01-01"], "M8[D]"), "an array of real numbers, got one of datetime64[D]; use .astype(float)"),
    (
        np.ma.array([1.0, 2.0], mask=[False, True]),
        "an array without a mask, got a masked one; use .filled() or .compressed()",
    ),
    (np.ones((1, 1)).view(np.matrix), "an array, got a matrix, whose * is another; use numpy.asarray"),
]


@pytest.mark.parametrize(("array", "problem"), REFUSED, ids=lambda x: type(x).__name__)
def test_what_is_no_array_of_real_numbers_is_refused(array, problem, refuses):
    with refuses(TypeError, f"grad: expected {problem}"):
        grad(lambda x: x.sum())(array)
    with refuses(TypeError, f"exp: expected {problem}"):
        ad.exp(array)
    with refuses(TypeError, f"jacobian: expected {problem}"):
        jacobian(lambda x: array)(1.0)


@pytest.mark.parametrize("thing", [None, "a", [1.0], True], ids=repr)
def test_an_array_of_other_things_is_refused(thing, refuses):
    array = np.array([1.0, 0.0], object)
    array[1] = thing
    with refuses(TypeError, f"grad: expected an array of numbers, got one that holds a {type(thing).__name__}"):
        grad(lambda x: x.sum())(array)


def test_an_array_is_no_result_of_a_function_to_minimize(refuses):
    message = "grad: expected a function that returns one number, got a ndarray of 1; use jacobian"
    with refuses(TypeError, message):
        grad(lambda x: x[:1])(X)


def test_the_argument_stays_as_it_was():
    def in_place(x):
        x *= 2
        x[0] = 0.0
        return x.sum()

    x = X.copy()
    close(grad(in_place)(x), np.array([0.0, 2.0, 2.0]))
    assert x.tolist() == X.tolist()


def test_an_element_cannot_leave_as_a_number(refuses):
    for lose in (lambda x: float(x[0] * 2), lambda x: np.array(x * 2, float).sum(), lambda x: np.sum(x.astype(float))):
        with pytest.raises(TypeError, match=r"^grad: .* makes a plain number of a Value that depends on an argument"):
            grad(lose)(X)

    def assigned(x):
        out = np.zeros(3)
        out[:] = x
        return out.sum()

    with pytest.raises(TypeError, match=r"^grad: .* makes a plain number of a Value that depends on an argument"):
        grad(assigned)(X)


def test_transforms_nest_over_arrays():
    def inner(x):
        return np.dot(grad(rosenbrock)(x), x)

    close(grad(inner)(X), hessian(rosenbrock)(X) @ X + grad(rosenbrock)(X))
    nodes = np.array([Value(x) for x in X])
    symbolic = grad(loss)(nodes)
    assert symbolic.dtype == object
    close(np.array([g.data for g in symbolic]), loss_gradient(X))
    live = gradients(loss(nodes), nodes)
    close(np.array([g.data for g in live]), loss_gradient(X))


def test_gradients_of_arrays_are_checked():
    check_gradients(loss, X)
    check_gradients(loss, X, gradient=grad(loss))


class TestScipy:
    """What the page on minimizing promises. scikit-learn brings scipy."""

    optimize = pytest.importorskip("scipy.optimize")

    def test_with_a_gradient(self):
        result = self.optimize.minimize(value_and_grad(rosenbrock), np.zeros(5), jac=True)
        assert result.success
        np.testing.assert_allclose(result.x, np.ones(5), rtol=1e-4)

    def test_with_a_hessian(self):
        start = np.array([-1.2, 1.0, 0.5])
        result = self.optimize.minimize(
            value_and_grad(rosenbrock), start, jac=True, hess=hessian(rosenbrock), method="trust-exact"
        )
        assert result.success
        np.testing.assert_allclose(result.x, np.ones(3), rtol=1e-6)

    def test_with_products_of_the_hessian(self):
        result = self.optimize.minimize(
            value_and_grad(rosenbrock),
            np.zeros(4),
            jac=True,
            hessp=lambda x, p: hvp(rosenbrock, (x,), (p,)),
            method="Newton-CG",
        )
        np.testing.assert_allclose(result.x, np.ones(4), rtol=1e-3)

    def test_a_fit_to_data(self):
        t = np.linspace(0.0, 2.0, 9)
        y = 3.0 * np.exp(-0.7 * t)
        result = self.optimize.least_squares(
            lambda p: p[0] * np.exp(-p[1] * t) - y,
            [1.0, 1.0],
            jac=jacobian(lambda p: p[0] * ad.exp(-p[1] * t) - y),
        )
        np.testing.assert_allclose(result.x, [3.0, 0.7], rtol=1e-7)


def test_numpy_is_not_imported_for_it():
    code = (
        "import sys; from autodiff import *\n"
        "print(grad(lambda x: exp(x[0]) * x[1])([0.0, 2.0]), hessian(lambda x: maximum(x, 1.0) ** 2)(3.0))\n"
        "try: exp([1.0])\n"
        "except TypeError: print('numpy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "[2.0, 1.0] 2.0\nFalse\n"
