"""The ends of `fit`: a limit, a small gradient, a callback, Ctrl-C, or an error of the user."""

import math
import signal
import threading

import numpy as np
import pytest

from nn import SGD, fit, losses

BACKENDS = ["eager", "python", "llvm"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_small_gradient_ends_it_without_another_step(backend, Line, numbers):
    line = Line()
    options = {"optimizer": SGD(0.3), "max_steps": 1000, "stop": 1e-6, "backend": backend}
    history = fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    assert history.stopped == "gradient"
    assert len(history.losses) == history.steps + 1 < 1000
    m, c = numbers(line)
    residuals = [m + c - 2.0, 3.0 * m + c - 1.0]
    gradient = [(residuals[0] + 3.0 * residuals[1]) / 2.0, sum(residuals) / 2.0]
    assert math.hypot(*gradient) <= 1e-6 * (1 + 1e-9)


def test_the_smaller_of_two_limits_ends_it_and_gives_its_name(Line):
    def stopped(**limits):
        x = [1.0, 2.0, 3.0]
        return fit(Line(), losses.squared_error, x, x, optimizer=SGD(0.01), batch_size=1, backend="eager", **limits)

    assert (stopped(epochs=1, max_steps=5).stopped, stopped(epochs=2, max_steps=5).stopped) == ("epochs", "max_steps")
    history = stopped(max_steps=4)
    assert (history.steps, history.epochs) == (4, 1)  # in the middle of the second epoch


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_is_called_after_every_epoch_with_what_was_learned_and_may_end_it(backend, Line, numbers):
    line, seen = Line(), []

    def callback(history):
        seen.append((history.epochs, history.steps, *numbers(line)))
        return history.epochs == 3

    x = [1.0, 2.0]
    options = {"epochs": 10, "batch_size": 1, "callbacks": [callback], "backend": backend}
    history = fit(line, losses.squared_error, x, [2.0, 1.0], optimizer=SGD(0.01), **options)
    assert [(epochs, steps) for epochs, steps, *_ in seen] == [(1, 2), (2, 4), (3, 6)]
    assert len({m for _, _, m, _ in seen}) == 3
    assert (history.stopped, history.epochs) == ("callback", 3)
    assert [*seen[-1][2:]] == numbers(line)


@pytest.mark.usefixtures("_ctrl_c_interrupts")
@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_ends_it_after_the_step_with_what_was_learned(backend, Line, numbers):
    line = Line()

    def press(history):
        if history.epochs == 3:
            signal.raise_signal(signal.SIGINT)

    options = {"optimizer": SGD(0.01), "epochs": 10, "callbacks": [press], "backend": backend}
    history = fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    assert (history.stopped, history.epochs, history.steps) == ("interrupted", 3, 3)
    twin = Line()
    fit(twin, losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.01), epochs=3, backend=backend)
    assert numbers(line) == numbers(twin)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("answer", [True, np.bool_(True), np.float64(0.1) < 1.0, 1])
def test_any_true_answer_of_a_callback_ends_it(answer, Line):
    options = {"optimizer": SGD(0.01), "epochs": 10, "callbacks": [lambda history: answer]}
    assert fit(Line(), losses.squared_error, [1.0], [2.0], **options).epochs == 1


@pytest.mark.parametrize("answer", [None, False, np.bool_(False), 0])
def test_no_other_answer_does(answer, Line):
    options = {"optimizer": SGD(0.01), "epochs": 3, "callbacks": [lambda history: answer]}
    assert fit(Line(), losses.squared_error, [1.0], [2.0], **options).epochs == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_training_goes_on_from_the_parameters_that_a_callback_sets(backend, Line, numbers):
    line, seen = Line(), []

    def reset(history):
        seen.append(numbers(line))
        line.load_state({"m": 1.0, "c": 0.0})
        line.c.data = 0.5 if history.epochs == 3 else 0.0

    options = {"optimizer": SGD(0.1), "epochs": 3, "callbacks": [reset], "backend": backend}
    history = fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    assert history.losses == pytest.approx([1.25] * 3, rel=1e-15)
    assert seen == [seen[0]] * 3
    assert numbers(line) == [1.0, 0.5]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_that_restores_parameters_and_raises_is_honoured(backend, Line, numbers):
    line = Line()

    def restore(history):
        line.load_state({"m": 7.0, "c": 8.0})
        raise RuntimeError("enough")

    options = {"optimizer": SGD(0.1), "epochs": 3, "callbacks": [restore], "backend": backend}
    with pytest.raises(RuntimeError, match="enough"):
        fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    assert numbers(line) == [7.0, 8.0]


def test_a_callback_sees_the_seconds_so_far(Line):
    seen = []
    options = {"optimizer": SGD(0.1), "epochs": 3, "callbacks": [lambda history: seen.append(history.seconds)]}
    history = fit(Line(), losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    assert 0.0 < seen[0] < seen[1] < seen[2] < history.seconds


def test_a_handler_of_the_program_is_left_alone(Line):
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        press = [lambda history: signal.raise_signal(signal.SIGINT)]
        history = fit(Line(), losses.squared_error, [1.0], [2.0], optimizer=SGD(0.01), epochs=2, callbacks=press)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (history.stopped, pressed) == ("epochs", [signal.SIGINT] * 2)


def test_it_trains_in_a_thread(Line):
    line, found = Line(), []

    def run():
        found.append(fit(line, losses.squared_error, [1.0], [2.0], optimizer=SGD(0.1), max_steps=3).steps)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [3]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_in_a_callback_leaves_what_was_learned_in_the_model(backend, Line, numbers):
    line = Line()

    def fail(history):
        if history.epochs == 2:
            raise RuntimeError("of the user")

    options = {"optimizer": SGD(0.01), "epochs": 10, "callbacks": [fail], "backend": backend}
    with pytest.raises(RuntimeError, match="of the user"):
        fit(line, losses.squared_error, [1.0, 3.0], [2.0, 1.0], **options)
    twin = Line()
    fit(twin, losses.squared_error, [1.0, 3.0], [2.0, 1.0], optimizer=SGD(0.01), epochs=2, backend=backend)
    assert numbers(line) == numbers(twin)
