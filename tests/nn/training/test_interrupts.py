"""No step is torn: whatever comes, and whenever, the model and the optimizer are as after a whole number of steps."""

import random
import signal
import threading
from contextlib import suppress

import pytest

from autodiff import Value
from nn import SGD, Adam, Module, Optimizer, fit, losses
from nn.training.interrupt import interrupts_deferred

BACKENDS = ["eager", "python", "llvm"]
pytestmark = pytest.mark.usefixtures("_ctrl_c_interrupts")


class Many(Module):
    """f(x) = the product of its first weight and x; with the penalty below, all other weights stay equal."""

    def __init__(self, n):
        self.weights = [Value(1.0) for _ in range(n)]

    def __call__(self, x):
        return self.weights[0] * x


def penalty(model):
    return sum(weight * weight for weight in model.weights)


class Pressing(Adam):
    """Adam; the user presses Ctrl-C once before a step, and again and again within it."""

    presses = 0

    def rule(self, x, *rest):
        if self.steps == 3 and self.presses < 4:
            self.presses += 1
            signal.raise_signal(signal.SIGINT)
        return super().rule(x, *rest)


class Failing(Adam):
    """Adam, with an error in the middle of step 3."""

    calls = 0
    error = RuntimeError

    def rule(self, x, *rest):
        self.calls += 1
        moved = super().rule(x, *rest)
        if self.steps == 3 and (self.calls == 2 * 4 + 2 or not isinstance(x, float)):
            raise self.error("enough")
        return moved


def train(model, optimizer, backend, **changes):
    options = {"optimizer": optimizer, "max_steps": 9, "penalty": penalty, "backend": backend, "progress": False}
    return fit(model, losses.squared_error, [1.0, 2.0], [0.5, 1.0], **(options | changes))


def trained(backend, steps):
    """The numbers of a model and the state of its optimizer after whole steps."""
    model, optimizer = Many(4), Adam(0.01)
    train(model, optimizer, backend, max_steps=steps)
    return model.state(), optimizer.state()["slots"], optimizer.steps


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_press_divides_a_step(backend):
    model, optimizer = Many(4), Pressing(0.01)
    history = train(model, optimizer, backend)
    assert optimizer.presses >= 1
    assert (history.stopped, history.steps) == ("interrupted", 3)
    assert (model.state(), optimizer.state()["slots"], optimizer.steps) == trained(backend, 3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_press_in_the_last_step_is_not_lost(backend):
    history = train(Many(4), Pressing(0.01), backend, max_steps=3)
    assert (history.stopped, history.steps) == ("interrupted", 3)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])  # one of another handler
def test_an_error_within_a_step_undoes_it(error):
    model, optimizer = Many(4), Failing(0.01)
    optimizer.error = error
    with pytest.raises(error, match="enough"):
        train(model, optimizer, "eager")
    assert optimizer.calls == 10
    assert (model.state(), optimizer.state()["slots"], optimizer.steps) == trained("eager", 2)


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_within_a_step_on_arrays_undoes_it_in_the_model(error, backend):
    model, optimizer = Many(4), Failing(0.01)
    optimizer.error = error
    with pytest.raises(error, match="enough"):
        train(model, optimizer, backend)
    state, _, steps = trained(backend, 2)
    assert (model.state(), optimizer.steps) == (state, steps)


def test_an_optimizer_of_another_class_that_fails_halfway_is_undone():
    class Half:
        def step(self, parameters):
            parameters[0].data = 7.0
            raise RuntimeError("enough")

        update = step

    model = Many(3)
    with pytest.raises(RuntimeError, match="enough"):
        train(model, Half(), "eager")
    assert [weight.data for weight in model.weights] == [1.0] * 3


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: (x, x), lambda x: ("a",)])
def test_a_rule_that_answers_wrongly_moves_nothing(wrong):
    class Wrong(Optimizer):
        def rule(self, x, gradient, rate):
            return (x - rate,) if x > 1.5 else wrong(x)

    parameters = [Value(2.0), Value(1.0)]
    optimizer = Wrong(0.5)
    with pytest.raises((TypeError, ValueError)):
        optimizer.step(parameters)
    assert ([parameter.data for parameter in parameters], optimizer.steps) == ([2.0, 1.0], 0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", ["callback", "metric"])
def test_a_second_press_does_not_wait_for_the_users_code(place, backend):
    model, passed = Many(4), []

    def press(*_):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        passed.append(place)
        return 0.0

    options = {"callback": {"callbacks": [press]}, "metric": {"metrics": {"press": press}}}[place]
    history = train(model, Adam(0.01), backend, validation=([1.0], [1.0]), **options)
    assert (history.stopped, history.steps, passed) == ("interrupted", 1, [])
    assert model.state() == trained(backend, 1)[0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_press_does_not_wait_for_the_gradient():
    calls = []

    def slow(prediction, target):
        calls.append(target)
        if len(calls) == 6:  # in step 3
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            calls.append("not interrupted")
        return losses.squared_error(prediction, target)

    model, optimizer = Many(4), Adam(0.01)
    history = fit(
        model, slow, [1.0, 2.0], [0.5, 1.0], optimizer=optimizer, max_steps=9, penalty=penalty, backend="eager"
    )
    assert (history.stopped, history.steps, len(calls)) == ("interrupted", 2, 6)
    assert (model.state(), optimizer.state()["slots"], optimizer.steps) == trained("eager", 2)


def test_a_press_in_a_method_of_with_is_only_noted():
    """Else a guard of numbers would stay, and refuse `float(parameter)` for ever."""

    class Context:
        def __enter__(self):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

        def __exit__(self, *error):
            signal.raise_signal(signal.SIGINT)

    passed = []
    with interrupts_deferred() as interrupts:
        interrupts.may_raise = True
        with Context():
            passed.append("entered")
        passed.append("left")
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # the error is on its way
    assert passed == ["entered", "left"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of POSIX")
def test_two_presses_at_random_moments_leave_whole_steps():
    """All weights but one see the same gradient, so they stay equal unless a step was torn."""
    rng = random.Random(1)
    n = 2000
    for _ in range(12):
        model, optimizer = Many(n), SGD(1e-3, momentum=0.9)
        presser = threading.Thread(target=press_twice, args=(rng.uniform(0.0, 0.06), rng.uniform(0.0, 0.01)))

        def penalty_of_pressed(model, starts=[int, int, presser.start]):  # noqa: B006
            if starts:
                starts.pop(0)()  # in the second step
            return penalty(model)

        with suppress(KeyboardInterrupt):  # the second press may come when `fit` has put the handler back
            history = train(model, optimizer, "eager", max_steps=100_000, penalty=penalty_of_pressed)
            assert (history.stopped, history.steps) == ("interrupted", optimizer.steps)
            presser.join()
        presser.join()
        assert optimizer.steps > 0
        assert len({weight.data for weight in model.weights[1:]}) == 1
        assert len(set(optimizer.state()["slots"]["velocity"][1:])) <= 1


def press_twice(seconds, apart):
    pause = threading.Event()
    pause.wait(seconds)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    pause.wait(apart)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
