"""`fit` with backend "jax": the path of every other backend, whatever the number of devices and of processes."""

import os
import random
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from autodiff import MissingDependencyError, Value, defprimitive
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Dropout,
    Linear,
    Module,
    RMSProp,
    Sequential,
    TrainingError,
    data,
    fit,
    load,
    losses,
    metrics,
    predict,
    save,
    schedules,
)
from nn.training.recording import PROGRAMS


@pytest.fixture(scope="module")
def jax():
    """JAX with 64 bits."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


def test_without_jax_the_error_names_the_extra(monkeypatch, refuses, attempt):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "nn.training.devices", raising=False)
    message = 'backend="jax" needs the package jax: pip install ".[jax]" in the folder of chainrule'
    with refuses(MissingDependencyError, message):
        attempt(backend="jax")


def test_32_bits_are_refused(jax, refuses, attempt):
    jax.config.update("jax_enable_x64", False)
    message = (
        'backend="jax": expected JAX to compute with 64 bits, got 32; '
        'call jax.config.update("jax_enable_x64", True) first'
    )
    try:
        with refuses(ValueError, message):
            attempt(backend="jax")
    finally:
        jax.config.update("jax_enable_x64", True)


def test_a_primitive_without_a_formula_is_refused(jax, refuses, attempt):
    own = defprimitive("own", lambda x: x * x, lambda out, x: 2.0 * x)
    with refuses(ValueError, "to_jax: <primitive own> is not in the table, so JAX has no formula for it"):
        attempt(backend="jax", loss=lambda prediction, target: own(prediction - target))


OPTIMIZERS = {
    "clipped": lambda: SGD(schedules.cosine(0.1, 0.0, 50), clip_norm=0.05),
    "nesterov": lambda: SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: RMSProp(0.01),
    "adamw": lambda: AdamW(0.01, weight_decay=0.1),
}


def trained(backend, optimizer, **options):
    """A model after some steps on batches of 20, the last of 3; and its history."""
    samples = data.moons(103, noise=0.1, rng=random.Random(0))
    model = MLP(2, [8, 1], activation="tanh", rng=random.Random(1))
    options = {"epochs": 5, "batch_size": 20, "rng": random.Random(2), "backend": backend, **options}
    return model, fit(model, losses.binary_cross_entropy, *samples, optimizer=optimizer, **options)


def same(ours, theirs):
    return ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_path_is_that_of_machine_code_to_the_state_of_the_optimizer(jax, name, numbers):
    ours, theirs = OPTIMIZERS[name](), OPTIMIZERS[name]()
    (model, history), (twin, expected) = trained("jax", ours), trained("llvm", theirs)
    assert (history.backend, history.steps, history.stopped) == ("jax", 30, "epochs")
    assert same(history.losses, expected.losses)
    assert same(numbers(model), numbers(twin))
    for slot, other in zip(ours.state()["slots"].values(), theirs.state()["slots"].values(), strict=True):
        assert same(slot, other)


def test_a_penalty_the_validation_and_what_a_callback_changes_are_as_elsewhere(jax, numbers):
    held_back = data.moons(31, noise=0.1, rng=random.Random(3))

    def run(backend):
        strength = [0.01]

        def stronger(history):
            strength[0] *= 2.0

        return trained(
            backend,
            Adam(0.01),
            epochs=3,
            rng=None,
            penalty=lambda model: strength[0] * sum(p**2 for p in model.parameters()),
            validation=held_back,
            metrics={"accuracy": metrics.accuracy},
            callbacks=[stronger],
        )

    (model, history), (twin, expected) = run("jax"), run("llvm")
    assert same(history.losses, expected.losses)
    assert same(history.validation["loss"], expected.validation["loss"])
    assert history.validation["accuracy"] == expected.validation["accuracy"]
    assert same(numbers(model), numbers(twin))


def test_a_training_that_is_saved_goes_on_elsewhere_and_back(jax, numbers, tmp_path):
    whole, _ = trained("llvm", Adam(0.01), epochs=6)
    optimizer, rng = Adam(0.01), random.Random(2)
    model, history = trained("jax", optimizer, epochs=2, rng=rng)
    samples = data.moons(103, noise=0.1, rng=random.Random(0))
    for backend in ("llvm", "jax"):
        save(tmp_path / "model.json", model, optimizer=optimizer, rng=rng, history=history)
        model, optimizer, rng = MLP(2, [8, 1], activation="tanh"), Adam(0.01), random.Random()
        history = load(tmp_path / "model.json", model, optimizer=optimizer, rng=rng)
        options = {"optimizer": optimizer, "epochs": 2, "batch_size": 20, "rng": rng, "backend": backend}
        history += fit(model, losses.binary_cross_entropy, *samples, **options)
    assert same(numbers(model), numbers(whole))
    assert (history.epochs, history.backend, optimizer.steps) == (6, "jax", 36)


def test_dropout_draws_the_masks_of_every_other_backend(jax):
    def losses_of(backend):
        model = Sequential(
            Linear(2, 8, rng=random.Random(0)), Dropout(0.5, rng=random.Random(1)), Linear(8, 1, rng=random.Random(3))
        )
        samples = data.moons(33, noise=0.1, rng=random.Random(2))
        options = {"optimizer": SGD(0.1), "epochs": 3, "batch_size": 10, "backend": backend}
        return fit(model, losses.binary_cross_entropy, *samples, **options).losses

    assert same(losses_of("jax"), losses_of("llvm"))


def test_predictions_are_those_of_the_model(jax):
    rows = np.random.default_rng(0).normal(size=(13, 3))
    for sizes in ([4, 2], [4, 1]):
        model = MLP(3, sizes, activation="tanh", rng=random.Random(0))
        expected = predict(model, rows, backend="eager")
        assert np.allclose(predict(model, rows, backend="jax"), expected, rtol=1e-12, atol=1e-12)


def test_a_loss_that_is_not_finite_ends_the_training_with_the_last_finite_parameters(jax):
    class Root(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, x):
            return (self.w * x) ** 0.5

    def end(backend):
        model = Root()
        options = {"optimizer": SGD(3.0), "max_steps": 9, "backend": backend}
        with pytest.raises(TrainingError) as error:
            fit(model, losses.squared_error, [1.0, 2.0], [0.0, 0.0], **options)
        return str(error.value), model.w.data, error.value.history.steps

    message, w, steps = end("jax")
    assert message.startswith("fit: the loss became nan at step 2, in sample 0, pow: expected x > 0")
    assert (w, steps) == end("llvm")[1:] == (1.0, 1)


def test_a_network_that_was_compiled_is_compiled_once(jax):
    _, first = trained("jax", SGD(0.1))
    program = PROGRAMS.programs()[-1]
    _, again = trained("jax", SGD(0.1))
    assert PROGRAMS.programs()[-1] is program
    assert program._mean_and_grad._cache_size() == 1  # for batches of 20 and the last one, of 3
    assert replace(again, seconds=0.0, compile_seconds=0.0) == replace(first, seconds=0.0, compile_seconds=0.0)


# ------------------------------------------------------------------------------------------- devices and processes

TRAINING = """
    import random, sys
    import jax
    jax.config.update("jax_enable_x64", True)
    if len(sys.argv) > 1:
        jax.distributed.initialize(sys.argv[1], num_processes=2, process_id=int(sys.argv[2]))
    from nn import MLP, Adam, data, fit, losses

    def trained(backend):
        samples, held_back = [data.moons(n, noise=0.1, rng=random.Random(0)) for n in (103, 31)]
        model, optimizer = MLP(2, [8, 1], activation="tanh", rng=random.Random(1)), Adam(0.01, clip_norm=0.2)
        history = fit(
            model, losses.binary_cross_entropy, *samples, optimizer=optimizer, epochs=4, batch_size=20,
            rng=random.Random(2), validation=held_back, backend=backend,
        )
        slots = optimizer.state()["slots"].values()
        numbers = [*history.losses, *history.validation["loss"], *model.state().values(), *sum(slots, [])]
        return history, numbers

    (expected, theirs), (history, ours) = trained("llvm"), trained("jax")
    assert (history.backend, history.steps, len(ours)) == ("jax", 24, len(theirs))
    assert all(abs(a - b) <= 1e-12 * max(1.0, abs(b)) for a, b in zip(ours, theirs))
    print(jax.process_count(), jax.local_device_count(), jax.device_count(), hash(tuple(ours)))
"""


def processes(arguments, devices):
    """Start a process for each list of arguments; return the last line that each prints."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", textwrap.dedent(TRAINING)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    started = [subprocess.Popen([*command, *each], **pipes) for each in arguments]
    printed = []
    try:
        for process in started:
            out, err = process.communicate(timeout=300)
            assert process.returncode == 0, err
            printed.append(out.splitlines()[-1])
    finally:
        for process in started:
            process.kill()
    return printed


@pytest.mark.usefixtures("jax")
def test_batches_that_are_cut_over_eight_devices_take_the_same_path():
    (line,) = processes([[]], 8)
    assert line.startswith("1 8 8 ")


@pytest.mark.usefixtures("jax")
def test_two_processes_take_the_same_path_to_the_last_bit():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
    first, second = processes([[address, "0"], [address, "1"]], 2)
    assert first == second
    assert first.startswith("2 2 4 ")
