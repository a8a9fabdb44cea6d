"""The progress bar of `fit`: when it is shown, and its text."""

import sys

import pytest

from autodiff import MissingDependencyError
from nn import MLP, SGD, fit, losses


class Terminal:
    """A standard error that says it is a terminal."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def train_a_line(**options):
    x, y = [[1.0], [3.0]], [1.0, 3.0]
    return fit(MLP(1, [1]), losses.squared_error, x, y, optimizer=SGD(0.01), epochs=3, validation=(x, y), **options)


def test_a_bar_shows_the_loss_the_validation_and_the_rate(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    history = train_a_line()
    last = sys.stderr.text.split("\r")[-1]
    assert "100%" in last
    assert "3/3" in last
    assert "step/s" in last
    assert f"loss {history.losses[-1]:.4g}, validation loss {history.validation['loss'][-1]:.4g}" in last


def test_it_is_silent_where_nobody_looks_or_if_told(monkeypatch, capsys):
    train_a_line()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stderr", Terminal())
    train_a_line(progress=False)
    assert sys.stderr.text == ""


def test_a_bar_that_is_asked_for_is_there_without_a_terminal(capsys):
    train_a_line(progress=True)
    assert "3/3" in capsys.readouterr().err


def test_a_bar_says_that_it_compiles_and_begins_to_count_behind_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    shown = []

    def loss(prediction, target):
        shown.append(sys.stderr.text.split("\r")[-1])
        return losses.squared_error(prediction, target)

    fit(MLP(1, [1]), loss, [[1.0]], [1.0], optimizer=SGD(0.01), max_steps=1, backend="python")
    assert "compiling" in shown[0]
    assert "compiling" not in sys.stderr.text.split("\r")[-1]
    shown.clear()
    fit(MLP(1, [1]), loss, [[1.0]], [1.0], optimizer=SGD(0.01), max_steps=1, backend="eager")
    assert "compiling" not in shown[0]


def test_a_bar_is_taken_away_if_nothing_can_be_trained(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ValueError, match="expected targets from 0 to 1"):
        fit(MLP(1, [1]), losses.binary_cross_entropy, [[1.0]], [7.0], optimizer=SGD(0.01), max_steps=1)
    assert sys.stderr.text.split("\r")[-1].strip() == ""


def test_tqdm_that_is_asked_for_and_missing_is_one_line(monkeypatch, refuses):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with refuses(
        MissingDependencyError,
        'fit: progress=True needs the package tqdm: pip install ".[train]" in the folder of chainrule',
    ):
        train_a_line(progress=True)
    monkeypatch.setattr(sys, "stderr", Terminal())
    train_a_line()
    assert sys.stderr.text == ""
