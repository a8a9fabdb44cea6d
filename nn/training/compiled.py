"""Training by replay: one sample's loss is recorded as a `Program`, which runs whole batches. Needs numpy."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from autodiff import Value
from autodiff.errors import MissingDependencyError
from autodiff.node import data_of, set_data
from autodiff.value import as_value
from nn.data.samples import SIDES, Row, Samples, keys, leaves_like, rows
from nn.training.objective import Objective
from nn.training.recording import Found, Sample, in_turn, program_of

try:
    import numpy as np
except ImportError:
    raise MissingDependencyError("nn: training or prediction on a Program", "numpy", "fast") from None

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class Compiled:
    """The steps of a training, on arrays; `Eager` has the same methods.

    The parameters live in one array, `theta`. The samples are points of the program: inputs and target side by side.
    """

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples, backend: str) -> None:
        self._objective, self._parameters, self._backend = objective, parameters, backend
        self._theta: Array = np.fromiter(data_of(parameters), np.float64, len(parameters))
        self._before, self._gradient = self._theta.copy(), np.empty_like(self._theta)
        self._columns = [as_columns(f"fit: {what}", data) for what, data in zip(SIDES, samples, strict=True)]
        self._points, self.targets = _side_by_side(self._columns), self._columns[1]
        self._epoch: Array = self._points
        self._cut: tuple[tuple[int, bool], list[Array]] = ((0, False), [])
        self._found: Found | None = None
        self.record_again()

    @property
    def backend(self) -> str:
        """What the program runs on."""
        return self._program.backend

    def record_again(self) -> None:
        """Take the program of the model as it is now.

        Raises:
            DomainError: if no sample has a loss.
        """
        with self.running():
            self._found = program_of(
                self._objective.parts(),
                self._record,
                _to_record(self._columns),
                self._parameters,
                self._backend,
                lambda program: program.mean_and_grad(self._points[:1], self._theta),
                self._found,
            )
        self._program = self._found.program
        self._quick = self._program.quick_mean

    def _record(self, sample: list[Any]) -> Value:
        loss, _ = self._objective.of_sample(*sample)
        penalty = self._objective.of_model()  # the mean of a constant is itself
        return loss if penalty is None else loss + penalty

    def running(self) -> AbstractContextManager[Any]:
        """Return what to do the steps in: numpy says nothing when a number overflows, `fit` does."""
        return np.errstate(all="ignore")

    def batches(self, size: int, rng: Any) -> list[Array]:
        """Return an epoch's batches; the last may be smaller. They are views of one array, filled for every epoch."""
        how, cut = self._cut
        if how != (size, rng is not None):
            self._epoch = self._points if rng is None else np.empty_like(self._points)
            cut = [self._epoch[start : start + size] for start in range(0, len(self._epoch), size)]
            self._cut = (size, rng is not None), cut
        if rng is not None:
            order = np.frombuffer(keys(rng, len(self._points)), "<u8").argsort(kind="stable")
            np.take(self._points, order, axis=0, out=self._epoch, mode="clip")
        return cut

    def loss_and_gradient(self, batch: Array) -> float:
        """Return the loss of a batch; its gradient stays in an array."""
        loss = None if self._quick is None else self._quick(batch, self._theta, self._gradient)
        if loss is None:
            loss, _ = self._program.mean_and_grad(batch, self._theta, out=self._gradient)
        return loss

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the gradient."""
        return float(np.linalg.norm(self._gradient))

    def step(self, optimizer: Any) -> None:
        """Move the parameters."""
        self._before[:] = self._theta  # faster than copyto
        optimizer.update(self._theta, self._gradient)

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return bool(np.isfinite(self._theta).all())

    def undo(self) -> None:
        """Take back the last step."""
        np.copyto(self._theta, self._before)

    def write_back(self) -> None:
        """Let the model's Values have what was learned."""
        set_data(self._parameters, self._theta.tolist())

    def read_back(self) -> None:
        """Go on from the numbers that the model's Values have now."""
        self._theta[:] = data_of(self._parameters)


class CompiledEvaluation:
    """The mean loss of samples, and their predictions, by a program of both."""

    def __init__(self, objective: Objective, parameters: list[Value], samples: Samples, backend: str) -> None:
        self._objective, self._parameters, self._backend = objective, parameters, backend
        self._columns = [as_columns(f"fit: validation {what}", data) for what, data in zip(SIDES, samples, strict=True)]
        self._points = _side_by_side(self._columns)
        self.targets: list[Row] = self._columns[1].tolist()
        self._found: Found | None = None
        self.record_again()

    def __call__(self) -> tuple[float, list[Any]]:
        """Return (loss, predictions) at the model's parameters."""
        results = self._program(self._points, data_of(self._parameters))
        return float(results[:, 0].mean()), (results[:, 1:] if self._listed else results[:, 1]).tolist()

    def record_again(self) -> None:
        """Take the program of the model as it is now."""
        with np.errstate(all="ignore"):
            self._found = program_of(
                self._objective.parts()[:2],
                self._record,
                _to_record(self._columns),
                self._parameters,
                self._backend,
                lambda program: program(self._points[:1], data_of(self._parameters)),
                self._found,
            )
        self._program = self._found.program

    def _record(self, sample: list[Any]) -> list[Value]:
        loss, prediction = self._objective.of_sample(*sample)
        self._listed = isinstance(prediction, list | tuple)
        return [loss, *_listed(prediction)]


def predictions(model: Any, inputs: Any, backend: str) -> list[Any]:
    """Return the predictions for all samples; `predict` has the rest."""
    points, parameters = as_columns("predict: inputs", inputs), [*model.parameters()]
    listed = False

    def record(sample: list[Any]) -> list[Value]:
        nonlocal listed
        prediction = model(*sample)
        listed = isinstance(prediction, list | tuple)
        return _listed(prediction)

    theta = data_of(parameters)
    flat = points.reshape(len(points), -1)
    with np.errstate(all="ignore"):
        found = program_of(
            [model], record, _to_record([points]), parameters, backend, lambda program: program(flat[:1], theta)
        )
        results = found.program(flat, theta)
    answers: list[Any] = (results if listed else results[:, 0]).tolist()
    return answers


def as_columns(what: str, data: Any) -> Array:
    """Return samples as an array (n,) or (n, width)."""
    try:
        array = np.asarray(data)
    except ValueError:  # rows of several lengths
        array = np.empty(0, object)
    if array.dtype.kind in "fiub" and array.ndim in (1, 2) and array.size:
        return array.astype(np.float64, copy=False)
    return np.array(rows(what, data), np.float64)  # which says what is wrong


def _side_by_side(columns: list[Array]) -> Array:
    """Samples as points of a program."""
    return np.hstack([column.reshape(len(column), -1) for column in columns])


def _to_record(columns: list[Array]) -> Iterator[Sample]:
    """The samples to record."""
    for i in in_turn(len(columns[0])):
        pairs = [leaves_like(column[i].tolist(), what) for column, what in zip(columns, SIDES, strict=False)]
        yield i, [like for like, _ in pairs], [leaf for _, leaves in pairs for leaf in leaves]


def _listed(prediction: Any) -> list[Value]:
    """A prediction as a list of Values.

    Raises:
        TypeError: if there is something else in it than Values and real numbers.
    """
    return [as_value(x, "prediction") for x in (prediction if isinstance(prediction, list | tuple) else [prediction])]
