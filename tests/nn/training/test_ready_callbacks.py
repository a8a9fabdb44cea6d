"""The callbacks of `nn.callbacks`: early stopping, checkpoints, a table."""

import csv
import math
import random

import pytest

from nn import MLP, SGD, Adam, History, fit, load, losses
from nn.callbacks import Checkpoint, CSVLog, EarlyStopping

INPUTS, TARGETS = [[0.0], [1.0], [2.0]], [0.0, 1.0, 4.0]
FAR = [[5.0]], [-5.0]  # a validation that gets worse while the training gets better


@pytest.mark.parametrize("backend", ["eager", "python", "auto"])
def test_early_stopping_puts_the_best_parameters_back(backend):
    model = MLP(1, [1], rng=random.Random(1))
    states = []
    stopping = EarlyStopping(model, patience=4)
    history = fit(
        model,
        losses.squared_error,
        INPUTS,
        TARGETS,
        optimizer=SGD(0.05),
        epochs=200,
        validation=FAR,
        callbacks=[lambda _: states.append(model.state()), stopping],
        backend=backend,
    )
    seen = history.validation["loss"]
    best = seen.index(min(seen))
    assert history.stopped == "callback"
    assert history.epochs == best + 1 + 4
    assert model.state() == states[best] != states[-1]


def test_the_loss_of_the_training_can_be_watched_without_a_validation(tmp_path):
    model = MLP(1, [1], rng=random.Random(1))
    keep = Checkpoint(tmp_path / "m.json", model, monitor="training loss")
    watch = [keep, EarlyStopping(model, patience=3, monitor="training loss")]
    history = fit(model, losses.squared_error, INPUTS, TARGETS, optimizer=SGD(2.0), epochs=100, callbacks=watch)
    best = history.training["loss"].index(min(history.training["loss"]))
    assert (history.stopped, history.epochs) == ("callback", best + 1 + 3)
    assert load(tmp_path / "m.json", saved := MLP(1, [1])).epochs == best + 1
    assert saved.state() == model.state()


def test_early_stopping_on_a_larger_number_ignores_nan():
    model = MLP(1, [1], rng=random.Random(1))
    stopping = EarlyStopping(model, patience=2, monitor="r2", better="larger")
    numbers, ends = [], []
    for number in (math.nan, 0.5, 0.75, math.nan, 0.6):
        numbers.append(number)
        ends.append(stopping(History(validation={"r2": numbers})))
    assert ends == [False, False, False, False, True]


def test_restore_puts_the_best_back_where_the_training_ended_by_itself():
    model = MLP(1, [1], rng=random.Random(1))
    stopping, first = EarlyStopping(model, patience=50), []
    options = {"optimizer": SGD(0.05), "epochs": 5, "validation": FAR}
    watch = [lambda _: first.append(model.state()), stopping]
    history = fit(model, losses.squared_error, INPUTS, TARGETS, callbacks=watch, **options)
    best = history.validation["loss"].index(min(history.validation["loss"]))
    assert model.state() == first[-1]
    stopping.restore()
    assert model.state() == first[best]


def test_a_checkpoint_resumes_to_the_last_digit(tmp_path):
    def train(model, optimizer, rng, epochs, *callbacks):
        options = {"optimizer": optimizer, "rng": rng, "epochs": epochs, "batch_size": 2, "callbacks": callbacks}
        return fit(model, losses.squared_error, INPUTS, TARGETS, **options)

    whole = MLP(1, [2, 1], rng=random.Random(1))
    train(whole, Adam(0.1), random.Random(2), 6)
    model, optimizer, rng = MLP(1, [2, 1], rng=random.Random(1)), Adam(0.1), random.Random(2)
    train(model, optimizer, rng, 3, Checkpoint(tmp_path / "m.json", model, optimizer=optimizer, rng=rng))
    resumed, optimizer, rng = MLP(1, [2, 1]), Adam(0.1), random.Random()
    history = load(tmp_path / "m.json", resumed, optimizer=optimizer, rng=rng)
    train(resumed, optimizer, rng, 3)
    assert history.epochs == 3
    assert resumed.state() == whole.state()


def test_a_checkpoint_of_the_best_keeps_it(tmp_path):
    model = MLP(1, [1], rng=random.Random(1))
    states = []
    keep = [lambda _: states.append(model.state()), Checkpoint(tmp_path / "m.json", model, monitor="loss")]
    options = {"optimizer": SGD(0.05), "epochs": 30, "validation": FAR, "callbacks": keep}
    history = fit(model, losses.squared_error, INPUTS, TARGETS, **options)
    best = MLP(1, [1])
    load(tmp_path / "m.json", best)
    seen = history.validation["loss"]
    assert best.state() == states[seen.index(min(seen))] != model.state()


def test_the_table_has_a_line_for_each_epoch(tmp_path):
    model = MLP(1, [1], rng=random.Random(1))
    options = {"optimizer": SGD(0.05), "epochs": 4, "batch_size": 2, "validation": FAR}
    log = CSVLog(tmp_path / "log.csv")
    fit(model, losses.squared_error, INPUTS, TARGETS, callbacks=[log], **options | {"epochs": 9})
    history = fit(model, losses.squared_error, INPUTS, TARGETS, callbacks=[log], **options)  # another training
    header, *rows = csv.reader((tmp_path / "log.csv").read_text().splitlines())
    assert header == ["epoch", "loss", "validation loss"]
    assert [int(row[0]) for row in rows] == [1, 2, 3, 4]
    assert [float(row[1]) for row in rows] == [sum(history.losses[2 * k : 2 * k + 2]) / 2 for k in range(4)]
    assert [float(row[2]) for row in rows] == history.validation["loss"]


def test_the_table_is_written_to_the_byte(tmp_path):
    CSVLog(tmp_path / "log.csv")(History(training={"loss": [0.5, 0.25]}, validation={"loss": [1.0, 2.0]}, epochs=2))
    assert (tmp_path / "log.csv").read_bytes() == b"epoch,loss,validation loss\n1,0.5,1.0\n2,0.25,2.0\n"


def test_what_cannot_be_monitored_is_refused(refuses):
    model = MLP(1, [1])
    with refuses(ValueError, "EarlyStopping: better: expected 'smaller' or 'larger', got 'min'"):
        EarlyStopping(model, better="min")
    with refuses(
        ValueError,
        "EarlyStopping: monitor: expected 'loss' among the numbers of the epochs, got 'training loss'; "
        "give fit(validation=..., metrics=...)",
    ):
        EarlyStopping(model)(History(epochs=1, training={"loss": [1.0]}))
    with refuses(
        ValueError,
        "Checkpoint: monitor: expected 'r2' among the numbers of the epochs, got 'loss'; "
        "give fit(validation=..., metrics=...)",
    ):
        Checkpoint("m.json", model, monitor="r2")(History(validation={"loss": [1.0]}))


def test_callbacks_are_shown_as_their_calls():
    model = MLP(1, [1])
    assert repr(EarlyStopping(model, patience=3)) == "EarlyStopping(patience=3, monitor='loss')"
    assert repr(Checkpoint("m.json", model)) == "Checkpoint('m.json')"
    assert repr(CSVLog("log.csv")) == "CSVLog('log.csv')"
