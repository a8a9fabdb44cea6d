"""Compiled training: the loss of one sample is recorded as a `Program`, which runs on whole batches. Needs numpy."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

from autodiff import Value
from autodiff.extend import as_value, check_whole, data_of, needed, set_data
from nn.data.samples import INPUTS_AND_TARGETS, Row, Samples, leaves_like, rows, shuffle_keys
from nn.training.objective import Objective
from nn.training.recording import Recording, SampleToRecord, samples_to_record

with needed("nn: training or prediction on a Program", "numpy", "fast"):
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class CompiledRunner:
    """The steps of a training on arrays; a `Runner`.

    All parameters are in one array, `theta`. A sample is a point of the program: its inputs and then its target.
    """

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples, backend: str) -> None:
        self._objective, self._parameters = objective, parameters
        self._theta: Array = np.fromiter(data_of(parameters), np.float64, len(parameters))
        self._before, self._gradient = self._theta.copy(), np.empty_like(self._theta)
        columns = _both_columns("fit: ", samples)
        self._points, self.targets = _as_points(columns), columns[1]
        self._epoch: Array = self._points  # the points in the order of the current epoch
        self._batches: list[Array] = []  # views of `_epoch`
        self._batches_of: tuple[int, bool] | None = None  # the size of these batches, and whether they are shuffled
        self._recording = Recording(
            parts=objective.parts(),
            record=self._record,
            samples=partial(_samples_as_values, columns),
            parameters=parameters,
            backend=backend,
            first_call=lambda program: program.mean_and_grad(self._points[:1], self._theta),
        )
        self.rerecord()

    @property
    def backend(self) -> str:
        """The backend of the program."""
        return self._program.backend

    def rerecord(self) -> None:
        """Take the program of the model in its current state. Raise DomainError if no sample has a loss."""
        with self.running():
            self._program = self._recording.program()

    def _record(self, arguments: list[Any]) -> Value:
        """The loss of a sample plus the penalty: the mean of the penalty over a batch is the penalty itself."""
        loss, _ = self._objective.of_sample(*arguments)
        penalty = self._objective.penalty_value()
        return loss if penalty is None else loss + penalty

    def running(self) -> AbstractContextManager[Any]:
        """Return a context for the steps, without numpy's warnings about overflow: `fit` reports it itself."""
        return np.errstate(all="ignore")

    def batches(self, size: int, rng: Any) -> list[Array]:
        """Return the batches of an epoch; the last may be smaller. They are views of one array."""
        if self._batches_of != (size, rng is not None):
            self._epoch = self._points if rng is None else np.empty_like(self._points)
            self._batches = [self._epoch[start : start + size] for start in range(0, len(self._epoch), size)]
            self._batches_of = size, rng is not None
        if rng is not None:
            order = np.frombuffer(shuffle_keys(rng, len(self._points)), "<u8").argsort(kind="stable")
            np.take(self._points, order, axis=0, out=self._epoch, mode="clip")
        return self._batches

    def loss_and_gradient(self, batch: Array) -> float:
        """Return the loss of a batch; its gradient is in an array of the runner."""
        loss: float
        loss, _ = self._program.mean_and_grad(batch, self._theta, out=self._gradient)
        return loss

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the gradient."""
        return float(np.linalg.norm(self._gradient))

    def step(self, optimizer: Any) -> None:
        """Move the parameters, all or, if an error comes, none."""
        self._before[:] = self._theta  # faster than np.copyto
        try:
            optimizer.update(self._theta, self._gradient)
        except BaseException:
            self.undo()
            raise

    def is_finite(self) -> bool:
        """Return whether all parameters are finite."""
        return bool(np.isfinite(self._theta).all())

    def undo(self) -> None:
        """Undo the last step."""
        np.copyto(self._theta, self._before)

    def write_back(self) -> None:
        """Copy theta to the model's Values."""
        set_data(self._parameters, self._theta.tolist())

    def read_back(self) -> None:
        """Copy the data of the model's Values to theta."""
        self._theta[:] = data_of(self._parameters)


class CompiledEvaluation:
    """The mean loss of the validation samples, and their predictions, by one program; an `Evaluation`."""

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples, backend: str) -> None:
        self._objective, self._parameters = objective, parameters
        columns = _both_columns("fit: validation ", samples)
        self._points = _as_points(columns)
        self.targets: list[Row] = columns[1].tolist()
        self._recording = Recording(
            parts=objective.parts()[:2],
            record=self._record,
            samples=partial(_samples_as_values, columns),
            parameters=parameters,
            backend=backend,
            # two points compile the code for batches
            first_call=lambda program: program(self._points[:2], data_of(parameters)),
        )
        self.rerecord()

    def __call__(self) -> tuple[float, list[Any]]:
        """Return (loss, predictions) at the model's current parameters."""
        results = self._program(self._points, data_of(self._parameters))
        return float(results[:, 0].mean()), (results[:, 1:] if self._is_list else results[:, 1]).tolist()

    def rerecord(self) -> None:
        """Take the program of the model in its current state."""
        with np.errstate(all="ignore"):
            self._program = self._recording.program()

    def _record(self, arguments: list[Any]) -> list[Value]:
        loss, prediction = self._objective.of_sample(*arguments)
        self._is_list = isinstance(prediction, list | tuple)
        return [loss, *_as_values(prediction)]


def predictions(model: Any, inputs: Any, backend: str) -> list[Any]:
    """Return the model's predictions for all samples; see `nn.predict`."""
    columns, parameters = as_columns("predict: inputs", inputs), [*model.parameters()]
    points, theta = _as_points([columns]), data_of(parameters)
    is_list = False

    def record(arguments: list[Any]) -> list[Value]:
        nonlocal is_list
        prediction = model(*arguments)
        is_list = isinstance(prediction, list | tuple)
        return _as_values(prediction)

    recording = Recording(
        parts=[model],
        record=record,
        samples=partial(_samples_as_values, [columns]),
        parameters=parameters,
        backend=backend,
        first_call=lambda program: program(points[:2], theta),
    )
    with np.errstate(all="ignore"):
        results = recording.program()(points, theta)
    answers: list[Any] = (results if is_list else results[:, 0]).tolist()
    return answers


def as_columns(what: str, data: Any) -> Array:
    """Return samples as an array (n,) or (n, width)."""
    check_whole(what, data)
    for i, row in enumerate(data if isinstance(data, list | tuple) else ()):
        if hasattr(row, "__len__") and hasattr(row, "__array__"):
            check_whole(f"{what}[{i}]", row)
    try:
        array = np.asarray(data)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind in "fiub" and array.ndim in (1, 2) and array.size:
        return array.astype(np.float64, copy=False)
    return np.array(rows(what, data), np.float64)  # or an error that names the wrong sample


def _both_columns(prefix: str, samples: Samples) -> list[Array]:
    """Inputs and targets as arrays; the prefix is for messages."""
    return [as_columns(prefix + what, data) for what, data in zip(INPUTS_AND_TARGETS, samples, strict=True)]


def _as_points(columns: list[Array]) -> Array:
    """Samples as points of a program: their columns side by side."""
    return np.hstack([column.reshape(len(column), -1) for column in columns])


def _samples_as_values(columns: list[Array]) -> Iterator[SampleToRecord]:
    """The samples to record, with Values instead of numbers."""
    for i in samples_to_record(len(columns[0])):
        pairs = [
            leaves_like(column[i].tolist(), what) for column, what in zip(columns, INPUTS_AND_TARGETS, strict=False)
        ]
        yield SampleToRecord(i, [argument for argument, _ in pairs], [leaf for _, leaves in pairs for leaf in leaves])


def _as_values(prediction: Any) -> list[Value]:
    """A prediction as a list of Values. Raise TypeError if it contains anything but Values and real numbers."""
    return [as_value(x, "prediction") for x in (prediction if isinstance(prediction, list | tuple) else [prediction])]
