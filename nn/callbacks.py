"""Callbacks of `fit`, called with the History after every epoch: end in time, keep the best, write a table.

A callback of your own is any function of the history; docs/train.md has examples.
"""

import csv
import io
import os
import random
from typing import Any, Literal

from autodiff.extend import check_positive_int, write_file
from nn.checkpoint import save
from nn.modules import Module
from nn.training.history import History

_Direction = Literal["smaller", "larger"]


def _monitored(who: str, history: History, name: str) -> list[float]:
    """Return the numbers of a name, one for each epoch: those of the validation, or of "training loss" and the like.

    Raises:
        ValueError: if the training has no such numbers.
    """
    numbers = history.validation | {f"training {key}": column for key, column in history.training.items()}
    if name not in numbers:
        names = ", ".join(map(repr, numbers)) or "none"
        raise ValueError(
            f"{who}: monitor: expected {name!r} among the numbers of the epochs, got {names}; "
            "give fit(validation=..., metrics=...)"
        )
    return numbers[name]


class _Best:
    """The best number so far, and whether the last one is it. NaN is never the best."""

    def __init__(self, who: str, monitor: str, better: _Direction) -> None:
        if better not in ("smaller", "larger"):
            raise ValueError(f"{who}: better: expected 'smaller' or 'larger', got {better!r}")
        self.who, self.monitor, self.sign = who, monitor, 1.0 if better == "smaller" else -1.0
        self.number = float("inf")

    def improves(self, history: History) -> bool:
        """Compare the last number of the history, and keep it if it is the best."""
        number = self.sign * _monitored(self.who, history, self.monitor)[-1]
        improved = number < self.number
        self.number = number if improved else self.number
        return improved


class EarlyStopping:
    """End a training when a number has not improved for some epochs, and put the best parameters back.

    Args:
        model: the model that is trained.
        patience: the number of epochs without a new best after which the training ends.
        monitor: "loss" of the validation, or the name of a metric; "training loss" and so on for those of the training.
        better: "smaller" for a loss, "larger" for an accuracy.

    `fit` returns with `history.stopped == "callback"`. If the training ends in another way, by `epochs` or by Ctrl-C,
    `restore()` puts the best parameters back.

    >>> from nn import MLP, SGD, fit, losses
    >>> model = MLP(1, [1], rng=random.Random(0))
    >>> stopping = EarlyStopping(model, patience=3)
    >>> options = {"optimizer": SGD(0.1), "epochs": 500, "callbacks": [stopping]}
    >>> history = fit(model, losses.squared_error, [[1.0]], [2.0], validation=([[1.0]], [1.0]), **options)
    >>> history.stopped, history.validation["loss"].index(min(history.validation["loss"])) == history.epochs - 4
    ('callback', True)
    """

    def __init__(
        self, model: Module, patience: int = 10, *, monitor: str = "loss", better: _Direction = "smaller"
    ) -> None:
        self.model, self.patience = model, check_positive_int("EarlyStopping", "patience", patience)
        self._best, self._state, self._waited = _Best("EarlyStopping", monitor, better), model.state(), 0

    def __call__(self, history: History) -> bool:
        if self._best.improves(history):
            self._state, self._waited = self.model.state(), 0
            return False
        self._waited += 1
        if self._waited < self.patience:
            return False
        self.restore()
        return True

    def __repr__(self) -> str:
        return f"EarlyStopping(patience={self.patience}, monitor={self._best.monitor!r})"

    def restore(self) -> None:
        """Give the model the best parameters that were seen."""
        self.model.load_state(self._state)


class Checkpoint:
    """Save a training after every epoch, or after each that is the best so far, as `nn.save` does.

    Args:
        path: ends in .json or .npz.
        model: the model that is trained.
        optimizer: saved with its state, to resume.
        rng: the generator of `fit`, to resume.
        monitor: save only if this number, named as for `EarlyStopping`, is the best so far.
        better: "smaller" for a loss, "larger" for an accuracy.

    >>> import tempfile
    >>> from nn import MLP, SGD, fit, load, losses
    >>> model, optimizer = MLP(1, [1], rng=random.Random(0)), SGD(0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep = Checkpoint(f"{folder}/model.json", model, optimizer=optimizer)
    ...     _ = fit(model, losses.squared_error, [[1.0]], [2.0], optimizer=optimizer, epochs=3, callbacks=[keep])
    ...     load(f"{folder}/model.json", MLP(1, [1])).epochs
    3
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        model: Module,
        *,
        optimizer: Any = None,
        rng: random.Random | None = None,
        monitor: str | None = None,
        better: _Direction = "smaller",
    ) -> None:
        self.path, self.model, self.optimizer, self.rng = path, model, optimizer, rng
        self._best = None if monitor is None else _Best("Checkpoint", monitor, better)

    def __repr__(self) -> str:
        return f"Checkpoint({os.fspath(self.path)!r})"

    def __call__(self, history: History) -> None:
        if self._best is None or self._best.improves(history):
            save(self.path, self.model, optimizer=self.optimizer, rng=self.rng, history=history)


class CSVLog:
    """Write a table of the training: a line for each epoch, with the numbers of the training and of the validation.

    The file is written as a whole after each epoch, so that it can be read at any time.

    Args:
        path: of the file.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = History(training={"loss": [0.375, 0.125]}, validation={"accuracy": [0.75, 1.0]}, epochs=2)
    ...     CSVLog(f"{folder}/log.csv")(history)
    ...     print(Path(f"{folder}/log.csv").read_text().strip())
    epoch,loss,validation accuracy
    1,0.375,0.75
    2,0.125,1.0
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"CSVLog({os.fspath(self.path)!r})"

    def __call__(self, history: History) -> None:
        columns = [*history.training.values(), *history.validation.values()]
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["epoch", *history.training, *[f"validation {name}" for name in history.validation]])
        table.writerows(zip(range(1, history.epochs + 1), *columns, strict=True))
        write_file(self.path, text.getvalue().encode())
