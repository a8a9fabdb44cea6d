"""The checker, checked: right derivatives pass, planted errors are caught and explained."""

import math
import random

import numpy as np
import pytest

from autodiff import (
    PRIMITIVES,
    GradientError,
    Value,
    defprimitive,
    dot,
    exp,
    log,
    relu,
    sin,
    sqrt,
    step,
    tanh,
    topological_order,
)
from autodiff import sum as total
from autodiff.testing import CannotTellError, check_gradients, check_vjp, recorded
from nn import MLP


def caught(f, *point, **options) -> str:
    """The message with which a wrong derivative is refused."""
    with pytest.raises(GradientError) as error:
        check_gradients(f, *point, **options)
    return str(error.value)


# ------------------------------------------------------------------------------------------- what may be checked


def test_functions_of_numbers_lists_and_dicts_pass():
    check_gradients(lambda x, y: sin(x) * y, 0.3, 2.0)
    check_gradients(lambda p: {"a": dot(p["w"], p["w"]), "b": [exp(p["w"][0])]}, {"w": [0.3, -1.0]})


def test_a_primitive_passes_at_a_point():
    check_gradients(PRIMITIVES["tanh"], 0.3)
    check_gradients(PRIMITIVES["logsumexp"], 0.3, -1.0, 2.0)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_model_passes_with_respect_to_its_parameters_and_keeps_them(activation):
    model = MLP(2, [3, 2], activation=activation, rng=random.Random(0))
    before = [(p.data, p.grad) for p in model.parameters()]
    check_gradients(model, [0.3, -0.2])
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_functions_with_a_kink_pass_away_from_it():
    check_gradients(lambda x: relu(x) * abs(x), 0.5)


def test_a_function_that_is_constant_passes():
    check_gradients(lambda x: 3.0, 1.0)


def test_close_to_the_end_of_a_domain_a_smaller_step_is_used():
    check_gradients(log, 1e-6)


def test_a_hand_written_gradient_passes():
    W = np.array([[0.2, -0.5], [1.0, 0.3]])

    def f(x):
        return float(np.sum(np.tanh(W @ x) ** 2) / 2)

    def gradient(x):
        a = np.tanh(W @ x)
        return W.T @ (a * (1 - a**2))

    check_gradients(f, [0.4, -0.1], gradient=gradient)
    check_gradients(lambda x, y: x * y, 2.0, 3.0, gradient=lambda x, y: (y, x))


# -------------------------------------------------------------------------------------------------- planted errors

off = defprimitive("off", math.tanh, lambda out, x: 1.0005 * (1.0 - out * out))
swapped = defprimitive("swapped", lambda x, y: x * y * y, [lambda out, x, y: 2.0 * x * y, lambda out, x, y: y * y])
one_sided = defprimitive(
    "one_sided", lambda x: x if x > 0 else 0.1 * x, lambda out, x: step(x) + 0.11 * (1.0 - step(x)), kink=lambda x: x
)
second_order = defprimitive(
    "second_order", lambda x: x**3, lambda out, x: 3.0 * x**2 if isinstance(x, float) else 3.0 * x.data**2
)


def test_a_partial_that_is_off_by_a_twentieth_of_a_percent_is_caught_and_shown():
    message = caught(lambda x: exp(off(2.0 * x)), 0.3)
    assert message.splitlines()[0] == "d f / d x is wrong at x = 0.3"
    assert "by reverse mode" in message
    assert "by differences" in message
    assert "the smallest part that is wrong: the partial of off by operand 0" in message
    assert f"off(0.6) = {math.tanh(0.6)!r}: recorded {1.0005 * (1 - math.tanh(0.6) ** 2)!r}, should be 0.71" in message


def test_swapped_operands_are_caught():
    assert "the partial of swapped by operand 0" in caught(swapped, 0.5, 3.0)


def test_an_error_on_one_side_of_a_kink_is_caught_on_that_side():
    check_gradients(one_sided, 1.0)
    assert "the partial of one_sided by operand 0" in caught(one_sided, -1.0)


def test_an_error_in_the_second_derivative_alone_is_caught():
    check_gradients(second_order, 2.0, order=1)
    message = caught(second_order, 2.0)
    assert message.startswith("d (d f / d x) / d x is wrong at x = 2.0\n    by forward over reverse  0.0\n")


def wrong_adjoints(update):
    """A reverse sweep with a mistake: `update(old, adjoint, partial)` is the new adjoint of an operand."""

    def adjoints(output, wrt):
        order = topological_order(output)
        adjoint = dict.fromkeys(order, 0.0) | {output: 1.0}
        for node in reversed(order):
            for operand, partial in zip(node.operands, node.partials, strict=True):
                adjoint[operand] = update(adjoint[operand], adjoint[node], partial)
        return [adjoint.get(x, 0.0) for x in wrt]

    return adjoints


def test_the_sweep_without_a_mistake_passes(monkeypatch):
    monkeypatch.setattr(
        recorded.reverse, "adjoints", wrong_adjoints(lambda old, adjoint, partial: old + adjoint * partial)
    )
    check_gradients(lambda x: sin(x) * x, 0.5)


def test_a_lost_accumulation_is_caught(monkeypatch):  # `=` where there should be `+=`
    monkeypatch.setattr(recorded.reverse, "adjoints", wrong_adjoints(lambda old, adjoint, partial: adjoint * partial))
    check_gradients(sin, 0.5)
    message = caught(lambda x: sin(x) * x, 0.5)
    assert "every recorded partial is right, so the error is between them: a term was lost or added twice" in message


def test_a_missing_factor_of_the_chain_is_caught(monkeypatch):
    monkeypatch.setattr(recorded.reverse, "adjoints", wrong_adjoints(lambda old, adjoint, partial: old + partial))
    assert "by reverse mode" in caught(lambda x: exp(2.0 * x), 0.5)


def test_an_error_of_forward_mode_alone_is_caught(monkeypatch):
    monkeypatch.setattr(recorded, "tangents", lambda order, seeds: dict.fromkeys(order, 1.0))
    assert "by forward mode" in caught(sin, 0.5)
    check_gradients(sin, 0.5, modes=["reverse"])


def test_a_computation_that_left_the_graph_is_caught():
    assert "a part of the computation left the graph" in caught(lambda x: x * math.exp(x), 1.0)


def test_a_nan_is_caught():
    broken = defprimitive("broken", lambda x: x, lambda out, x: math.nan)
    assert "recorded nan, should be 1.0" in caught(broken, 2.0)


def test_a_wrong_parameter_of_a_model_is_named():
    class Line:
        def __init__(self):
            self.m = Value(2.0)

        def named_parameters(self):
            return [("m", self.m)]

        def __call__(self, x):
            return off(self.m * x)

    assert caught(Line(), 0.2).startswith("d f / d m is wrong at m = 2.0")


def test_a_wrong_gradient_by_hand_is_explained():
    message = caught(lambda x, y: x * y**2, 2.0, 3.0, gradient=lambda x, y: [y**2, x * y])
    assert message.startswith("d f / d y is wrong at x = 2.0, y = 3.0\n    by hand         6.0\n    by differences  12")
    assert "they differ by 6, more than the tolerance" in message


def test_a_gradient_by_hand_of_the_wrong_length_is_refused():
    assert caught(lambda x: total(x), [1.0, 2.0], gradient=lambda x: [1.0]) == (
        "the gradient: expected 2 numbers (x[0], x[1]), got one number (x[0])"
    )


def test_long_points_are_cut_in_the_message():
    assert "x[7] = 0.1, and 2 more" in caught(lambda x: total([off(y) for y in x]), [0.1] * 10)


# ---------------------------------------------------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 3}, "check_gradients: expected order 1 or 2, got 3"),
        (
            {"modes": ["backward"]},
            "check_gradients: expected modes to be a list of some of reverse, forward, got ['backward']",
        ),
        ({"rtol": 1e-3}, "check_gradients: rtol, atol and step are for a gradient by hand; give gradient="),
        ({"modes": []}, "check_gradients: expected modes to be a list of some of reverse, forward, got []"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, message, refuses):
    with refuses(ValueError, message):
        check_gradients(sin, 1.0, **options)


def test_an_option_that_is_misspelled_is_refused(refuses):
    with refuses(TypeError, "check_gradients: expected options among argnums, rtol, atol, step, got rtoll"):
        check_gradients(math.sin, 1.0, gradient=math.cos, rtoll=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rtol": -1e-3}, "rtol to be a finite number >= 0, got -0.001"),
        ({"atol": math.nan}, "atol to be a finite number >= 0, got nan"),
        ({"rtol": "1e-3"}, "rtol to be a finite number >= 0, got '1e-3'"),
        ({"atol": math.inf}, "atol to be a finite number >= 0, got inf"),
        ({"step": 0.0}, "step to be a finite number > 0, got 0.0"),
    ],
)
def test_a_tolerance_and_a_step_are_finite_numbers(options, message, refuses):
    with refuses(ValueError, f"check_gradients: expected {message}"):
        check_gradients(math.sin, 1.0, gradient=math.cos, **options)


def test_a_derivative_that_is_no_function_is_refused(refuses):
    with refuses(TypeError, "check_gradients: expected gradient to be a function, got float"):
        check_gradients(math.sin, 1.0, gradient=math.cos(1.0))
    with refuses(TypeError, "check_vjp: expected vjp to be a function, got ndarray"):
        check_vjp(np.sin, np.ones(2), vjp=np.ones(2))


def test_who_checks_numpy_code_without_a_gradient_is_told_what_to_give():
    with pytest.raises(TypeError) as error:
        check_gradients(lambda x: np.arcsinh(x), 2.0)
    assert error.value.__notes__ == [
        "Without gradient=, f is called with Values. For numpy or math code, give a gradient to check."
    ]


def test_a_point_without_numbers_is_refused(refuses):
    with refuses(TypeError, "check_gradients: expected a point or parameters with at least one number, got none"):
        check_gradients(lambda: Value(1.0))


def test_the_end_of_a_domain_is_refused():
    with pytest.raises(CannotTellError, match="on one side only and no finite slope there; choose a point inside"):
        check_gradients(lambda x: sqrt(x) * tanh(x), 0.0)
