"""The progress bar of `fit`: when it is shown, and its text."""

import sys

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
