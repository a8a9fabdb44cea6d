"""`fit` ends when a number is not finite, and says at which step, in which sample and at which node."""

import math

import pytest

from autodiff import Value, exp, log, sqrt
from nn import SGD, Module, TrainingError, fit, losses

BACKENDS = ["eager", "python", "llvm"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loss_that_overflows_ends_it_and_the_last_good_parameters_stay(backend, Line, numbers):
    line = Line()
    with pytest.raises(TrainingError) as error:
        fit(line, losses.squared_error, [1.0, 1e3], [0.0, 0.0], optimizer=SGD(1e3), max_steps=200, backend=backend)
    history = error.value.history
    assert all(map(math.isfinite, numbers(line) + history.losses))
    assert losses.squared_error(line(1e3), 0.0).data / 2 == pytest.approx(history.losses[-1], rel=1e-5)
    assert isinstance(error.value, ArithmeticError)
    assert f"at step {len(history.losses) + 1}, in sample 0, pow: expected " in str(error.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_message_names_the_step_the_sample_and_the_node(backend, refuses, Line, numbers):
    message = (
        "fit: the loss became nan at step 1, in sample 1, the data of inputs became nan\n"
        "    it is a leaf: it was given\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    line = Line()
    with refuses(TrainingError, message):
        fit(line, losses.squared_error, [1.0, math.nan], [1.0, 1.0], optimizer=SGD(0.1), epochs=1, backend=backend)
    assert numbers(line) == [1.0, 0.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operation_outside_its_domain_is_named(backend, refuses, Line, numbers):
    class Logarithm(Line):
        def __call__(self, x):
            return log(super().__call__(x))

    message = (
        "fit: the loss became nan at step 2, in sample 0, "
        "log: expected x > 0, got x = -1.0; check or clamp the operand first\n"
        "the model has the parameters of the last finite loss; "
        "try a lower learning rate or clip_norm, and look at the data"
    )
    model = Logarithm()
    with refuses(TrainingError, message):  # the derivative at m x + c = 1 is 1: m = 0, c = -1
        fit(model, lambda y, t: y - t, [1.0], [0.0], optimizer=SGD(1.0), max_steps=3, backend=backend)
    assert numbers(model) == [1.0, 0.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sum_of_losses_that_are_finite_can_be_too_large(backend, refuses, Line, numbers):
    message = (
        "fit: the loss became inf at step 1, and no sample alone is to blame: the sum is too large\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    line = Line()
    with refuses(TrainingError, message):
        fit(line, lambda y, t: y - t, [1.0] * 2, [-1.7e308] * 2, optimizer=SGD(0.1), epochs=1, backend=backend)
    assert numbers(line) == [1.0, 0.0]


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_gradient_that_is_not_finite_is_found_by_the_parameters_it_leads_to(backend, Line, numbers):
    class Root(Line):
        def __call__(self, x):
            return sqrt(super().__call__(x))

    model = Root(m=1.0, c=0.0)
    with pytest.raises(TrainingError, match=r"^fit: the gradient was not finite at step 1, in sample 0, the adj"):
        fit(model, lambda y, t: y - t, [0.0], [0.0], optimizer=SGD(1.0), max_steps=1, backend=backend)
    assert numbers(model) == [1.0, 0.0]


def test_numpy_does_not_warn_of_what_fit_reports(Line):
    class Exponential(Line):
        def __call__(self, x):
            return exp(super().__call__(x))

    with pytest.raises(TrainingError, match=r"in sample 0, exp: expected x <= 709\.78"):  # warnings are errors here
        fit(Exponential(), lambda y, t: -y, [5.0], [0.0], optimizer=SGD(1.0), max_steps=100, backend="llvm")


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
@pytest.mark.parametrize("inputs", [[-1.0], [-1.0, 1.0], [1.0, -1.0]])
def test_a_sample_without_a_loss_is_named_wherever_it_is(backend, inputs, refuses, Line, numbers):
    class Logarithm(Line):
        def __call__(self, x):
            return log(super().__call__(x))

    message = (
        f"fit: the loss became nan at step 1, in sample {inputs.index(-1.0)}, "
        "log: expected x > 0, got x = -1.0; check or clamp the operand first\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    model = Logarithm()
    with refuses(TrainingError, message):
        fit(model, lambda y, t: y - t, inputs, [0.0] * len(inputs), optimizer=SGD(1.0), max_steps=3, backend=backend)
    assert numbers(model) == [1.0, 0.0]


@pytest.mark.parametrize("backend", ["auto", *BACKENDS])
def test_a_penalty_without_a_value_is_named(backend, refuses, Line):
    message = (
        "fit: the loss became nan at step 1, in the penalty, "
        "log: expected x > 0, got x = 0.0; check or clamp the operand first\n"
        "the model has the parameters that it was given; try a lower learning rate or clip_norm, and look at the data"
    )
    options = {"optimizer": SGD(1.0), "max_steps": 3, "backend": backend, "penalty": lambda model: log(model.c)}
    with refuses(TrainingError, message):
        fit(Line(), losses.squared_error, [1.0], [1.0], **options)


def test_a_model_that_needs_numbers_gets_the_error_of_training_when_they_explode(numbers):
    class Table(Module):
        def __init__(self):
            self.rows = [Value(1.0), Value(2.0)]

        def __call__(self, x):
            return self.rows[int(x)]

    model = Table()
    with pytest.raises(TrainingError, match=r"^fit: the loss became nan at step 5, in sample 1, pow: ") as error:
        fit(model, lambda y, t: (y - t) ** 4, [0.0, 1.0], [1.5, 7.0], optimizer=SGD(10.0), max_steps=30)
    history = error.value.history
    assert history.backend == "eager"
    y, t = numbers(model), [1.5, 7.0]
    assert sum((y - t) ** 4 for y, t in zip(y, t, strict=True)) / 2 == history.losses[-1]  # of the last finite loss


@pytest.mark.parametrize("backend", ["auto", "eager"])
def test_the_sample_to_blame_is_found_where_the_loss_branches_on_the_target(backend):
    def cross(y, t):
        return -log(y) if t == 1 else -log(1.0 - y)

    class Constant(Module):
        def __init__(self):
            self.p = Value(0.5)

        def __call__(self, x):
            return self.p + 0.0 * x

    options = {"optimizer": SGD(1.0), "epochs": 50, "backend": backend}
    with pytest.raises(TrainingError, match=r"^fit: the loss became nan at step \d, in sample 2, log: expected x > 0"):
        fit(Constant(), cross, [1.0, 2.0, 3.0], [0.0, 0.0, 1.0], **options)
