"""No derivative comes through the side of a `where` that is not taken, in any mode, order or backend."""

import math
import threading

import numpy as np
import pytest

from autodiff import (
    DomainError,
    Program,
    Value,
    cbrt,
    explain_nonfinite,
    grad,
    gradients,
    jvp,
    log,
    sqrt,
    step,
    stop_gradient,
    where,
)
from autodiff.program.recording.record import tape_of
from autodiff.testing import check_gradients


def twice_used(x):
    s = sqrt(x)
    return where(x, s, 0.0) + where(step(x), 2.0 * s * x, 1.0)


def on_both_sides(x):
    s = x * x
    return where(step(x), s * x, 3.0 * s)


def nested(x):
    s = sqrt(x)
    return where(x, lambda: where(x - 1.0, lambda: log(x) * s, s * s * s), 3.0 * x)


def outside_its_domain(x):
    return where(step(x), lambda: log(x) * sqrt(x), x * x)


def in_a_condition(x):
    s = sqrt(x)
    return where(s, s * x, x)


def under_a_stop(x):
    return stop_gradient(sqrt(x)) * x + where(1.0, x, sqrt(x))


def of_three(x):
    s = cbrt(x)
    return where(x, s, 0.0) + where(step(x - 4.0), s * x, 0.0) + where(where(x, 0.0, 1.0), 0.0, s)


CASES = [  # the function, a point, and its value and derivatives there
    (lambda x: where(x, sqrt(x), 1.0), 0.0, 1.0, 0.0, 0.0),
    (lambda x: where(x, sqrt(x), 1.0), 4.0, 2.0, 0.25, -1.0 / 32.0),
    (twice_used, 0.0, 1.0, 0.0, 0.0),
    (twice_used, 1.0, 3.0, 3.5, 1.25),
    (on_both_sides, 2.0, 8.0, 12.0, 12.0),
    (on_both_sides, -2.0, 12.0, -12.0, 6.0),
    (nested, 0.0, 0.0, 3.0, 0.0),
    (nested, 1.0, 1.0, 1.5, 0.75),
    (nested, 4.0, 2.0 * math.log(4.0), math.log(4.0) / 4.0 + 0.5, -math.log(4.0) / 32.0),
    (outside_its_domain, -2.0, 4.0, -4.0, 2.0),
    (outside_its_domain, 0.0, 0.0, 0.0, 2.0),
    (outside_its_domain, 4.0, 2.0 * math.log(4.0), math.log(4.0) / 4.0 + 0.5, -math.log(4.0) / 32.0),
    (in_a_condition, 0.0, 0.0, 1.0, 0.0),
    (in_a_condition, 4.0, 8.0, 3.0, 0.375),
    (under_a_stop, 0.0, 0.0, 1.0, 0.0),
    (under_a_stop, 4.0, 12.0, 3.0, 0.0),
    (of_three, 0.0, 0.0, 0.0, 0.0),
    (of_three, 8.0, 20.0, 1.0 / 6.0 + 8.0 / 3.0, -1.0 / 72.0 + 1.0 / 9.0),
]
each_case = pytest.mark.parametrize(("f", "at", "value", "first", "second"), CASES)


@each_case
def test_value_and_derivatives_are_those_of_the_side_taken_in_every_mode(f, at, value, first, second):
    x = Value(at)
    output = f(x)
    output.backward()
    firsts = [x.grad, grad(f)(at), jvp(f, (at,), (1.0,))[1], gradients(output, [x])[0].data]
    slope = grad(f)
    seconds = [grad(slope)(at), jvp(slope, (at,), (1.0,))[1], grad(lambda t: jvp(f, (t,), (1.0,))[1])(at)]
    assert output.data == pytest.approx(value, rel=1e-15)
    assert firsts == pytest.approx([first] * 4, rel=1e-15)
    assert seconds == pytest.approx([second] * 3, rel=1e-14, abs=1e-16)


@pytest.mark.full
@pytest.mark.parametrize("backend", ["python", "arrays", "llvm"])
@pytest.mark.parametrize("recorded_at", [0.0, 1.0, 4.0])
@each_case
def test_a_program_takes_the_side_of_its_point_wherever_it_was_recorded(
    f, at, value, first, second, recorded_at, backend
):
    x = Value(recorded_at)
    got, slope = Program(f(x), [x], backend=backend).value_and_grad([[at]])
    assert [got[0], slope[0, 0]] == pytest.approx([value, first], rel=1e-15)
    bend = Program(gradients(f(x), [x])[0], [x], backend=backend).value_and_grad([[at]])[1]
    assert bend[0, 0] == pytest.approx(second, rel=1e-14, abs=1e-16)


@each_case
def test_jax_takes_the_side_too(f, at, value, first, second):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x = Value(1.0)
    in_jax = Program(f(x), [x]).to_jax()

    def g(t):
        return in_jax(t, np.array([]))

    point = np.array([at])
    slopes = [jax.grad(g)(point)[0], jax.jvp(g, (point,), (np.ones(1),))[1]]
    assert [float(slope) for slope in slopes] == pytest.approx([first] * 2, rel=1e-14)
    assert float(jax.grad(lambda t: jax.grad(g)(t)[0])(point)[0]) == pytest.approx(second, rel=1e-13, abs=1e-15)


def test_a_side_alone_has_a_gradient_of_zero_where_it_is_not_taken():
    x, y = Value(0.0), Value(0.0)
    out = where(x, sqrt(y), 2.0)
    assert [g.data for g in gradients(out, [x, y])] == [0.0, 0.0]
    out.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_a_true_nan_on_the_side_taken_is_not_hidden():
    x = Value(0.0)
    out = where(1.0 - x, 0.0 * sqrt(x), 1.0)
    out.backward()
    assert math.isnan(x.grad)
    assert math.isnan(gradients(out, [x])[0].data)


def test_the_nodes_of_a_side_that_is_not_taken_have_no_adjoint():
    x = Value(0.0)
    s = sqrt(x)
    inner = 2.0 * s
    out = where(x, inner, 1.0) + x
    out.backward()
    out.backward()
    assert (s.grad, inner.grad, x.grad) == (0.0, 0.0, 2.0)


def test_the_derivative_is_written_as_on_paper():
    x = Value(2.0, "x")
    slope = gradients(where(x, log(x), 5.0), [x])[0]
    assert [node.primitive.name for node in (slope, slope.operands[1])] == ["where", "div"]
    assert slope.operands[0] is x


def test_what_both_sides_of_a_condition_use_is_used_always():
    x = Value(2.0, "x")
    s = x * x
    tape = tape_of(gradients(where(x, 3.0 * s, 5.0 * s), [x]), [x])
    assert str(tape).splitlines() == [
        "x = 2.0",
        "t₁ = where(x, 0.0, 5.0)",
        "t₂ = where(x, 3.0, 0.0)",
        "t₃ = sum(t₁, t₂)",
        "f = dot(t₃, t₃, x, x)",
        "return f",
    ]


def test_what_one_side_uses_always_and_the_other_at_times_is_not_used_always():
    x, y = Value(2.0, "x"), Value(0.0)
    s = sqrt(y)
    out = where(x, where(y, 3.0 * s, x), s)
    out.backward()
    assert (y.grad, x.grad) == (0.0, 1.0)


def test_a_side_outside_its_domain_raises_unless_it_is_a_function_that_is_not_taken():
    x = Value(-1.0, "x")
    with pytest.raises(DomainError):
        where(step(x), log(x), 0.0)
    with pytest.raises(DomainError):
        where(step(-x), lambda: log(x), 0.0)
    assert where(step(x), lambda: log(x), 3.0).data == 3.0
    with pytest.raises(DomainError):  # tolerated in the side alone
        log(x)


def test_of_two_functions_only_that_of_a_plain_condition_is_called():
    assert where(1.0, lambda: 2.0, lambda: 1.0 / 0.0) == 2.0
    assert where(0, lambda: 1.0 / 0.0, lambda: 3.0) == 3.0
    assert math.isnan(where(math.nan, lambda: 2.0, lambda: 3.0))


def test_another_thread_is_not_tolerant():
    raised = []

    def elsewhere():
        try:
            log(Value(-1.0))
        except DomainError as error:
            raised.append(error)

    def side():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return 1.0

    where(Value(0.0), side, 2.0)
    assert len(raised) == 1


def test_a_comparison_is_refused_as_a_condition(refuses):
    with refuses(
        TypeError,
        "where: expected a Value or a number as condition, got bool, which is not recorded; "
        "write where(step(x - y), a, b) for x > y",
    ):
        where(Value(1.0) > 0.0, 1.0, 2.0)
    with refuses(TypeError, "where: expected a number as condition of functions, got an array; call the functions"):
        where(np.ones(2), lambda: 1.0, 2.0)


def test_arrays_are_chosen_from_element_by_element():
    assert where(np.array([1.0, 0.0]), np.array([1.0, 2.0]), 3.0).tolist() == [1.0, 3.0]


def test_a_nan_that_is_not_taken_is_explained_to_nobody():
    x = Value(-1.0, "x")
    assert explain_nonfinite(where(step(x), lambda: log(x), x * x)) is None
    program = Program(where(step(x), lambda: log(x), x * x), [x], check=True)
    assert program([[-1.0], [1.0]]).tolist() == [1.0, 0.0]
    with pytest.raises(DomainError):
        Program(where(step(-x), lambda: log(x), 2.0), [x], check=True)([[-1.0]])


@pytest.mark.parametrize("f", [outside_its_domain, nested, on_both_sides])
def test_differences_agree(f):
    check_gradients(f, 0.7)


def test_an_infinite_adjoint_is_cut_off_too():
    x = Value(1.0)
    out = stop_gradient(x) * math.inf + where(x, 2.0, x * math.inf) * math.inf + x
    out.backward()
    assert x.grad == 1.0
    assert gradients(out, [x])[0].data == 1.0


@pytest.mark.parametrize(("number", "slope"), [(-1.0, 3.0), (2.0, 5.0)])
def test_of_sides_whose_tangents_are_plain_numbers_the_one_taken_counts(number, slope):
    x = Value(number)
    _, tangent = jvp(lambda x: where(step(x), 5.0 * x, 3.0 * x), (x,), (1.0,))
    assert tangent.data == slope
    assert jvp(lambda x: where(step(x), 3.0 * x, x * 3.0), (x,), (1.0,))[1].data == 3.0
