"""Compiled training: the loss of one sample is recorded as a `Program`, which runs on whole batches. Needs numpy."""

from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from autodiff import Value
from autodiff.extend import as_value, check_whole, data_of, needed, set_data
from nn.data.samples import PARTS, OneHot, Row, Samples, rows
from nn.training.objective import Objective
from nn.training.options import JAX
from nn.training.recording import Recording

with needed("nn: training or prediction on a Program", "numpy", "fast"):
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class CompiledRunner:
    """The steps of a training on arrays; a `Runner`.

    All parameters are in one array, `theta`. A sample is a point of the program: its inputs and then its target.
    """

    def __init__(
        self,
        objective: Objective,
        parameters: list[Value],
        samples: Samples,
        backend: str,
        threads: int | None,
        size: int,
    ) -> None:
        self._objective, self._parameters = objective, parameters
        self._on_devices, self._size = backend == JAX, size
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
            columns=columns,
            parameters=parameters,
            backend=backend,
            threads=threads,
            first_call=self._first_call,
            trains=True,
        )
        self.rerecord()

    @property
    def backend(self) -> str:
        backend: str = self._program.backend
        return backend

    def rerecord(self) -> None:
        with self.running():
            self._program = self._recording.program()

    def _record(self, inputs: Any, target: Any, weight: Any = None) -> Value:
        """The loss of a sample plus the penalty: the mean of the penalty over a batch is the penalty itself."""
        loss, _ = self._objective.of_sample(inputs, target, weight)
        penalty = self._objective.penalty_value()
        return loss if penalty is None else loss + penalty

    def running(self) -> AbstractContextManager[Any]:
        return np.errstate(all="ignore")  # `fit` reports an overflow itself

    def batches(self, size: int, rng: Any) -> list[Any]:
        if self._batches_of != (size, rng is not None):
            self._epoch = self._points if rng is None else np.empty_like(self._points)
            self._batches = [self._epoch[start : start + size] for start in range(0, len(self._epoch), size)]
            self._batches_of = size, rng is not None
        if rng is not None:
            keys = np.frombuffer(rng.randbytes(8 * len(self._points)), "<u8")  # those of `shuffled`
            order = keys.argsort(kind="stable")
            np.take(self._points, order, axis=0, out=self._epoch, mode="clip")
        if self._on_devices and not self._recording.masks:
            return [self._program.placed(batch, size) for batch in self._batches]
        return self._batches

    def loss_and_gradient(self, batch: Any) -> float:
        if masks := self._recording.masks:  # drawn sample by sample, as in an eager training
            batch = np.hstack([batch, [[dropout.draw() for dropout, _ in masks] for _ in batch]])
            if self._on_devices:
                batch = self._program.placed(batch, self._size)
        loss: float = self._program.mean_and_grad(batch, self._theta, out=self._gradient)[0]
        return loss

    def _first_call(self, program: Any) -> None:
        points = self._points[: self._size if self._on_devices else 2]  # JAX compiles for each size, others for batches
        points = np.hstack([points, np.ones((len(points), len(self._recording.masks)))])
        points = program.placed(points, self._size) if self._on_devices else points
        program.mean_and_grad(points, self._theta, out=self._gradient)

    def gradient_norm(self) -> float:
        return float(np.linalg.norm(self._gradient))

    def step(self, optimizer: Any) -> None:
        self._before[:] = self._theta  # faster than np.copyto
        try:
            optimizer.update(self._theta, self._gradient)
        except BaseException:
            self.undo()
            raise

    def is_finite(self) -> bool:
        return bool(np.isfinite(self._theta).all())

    def undo(self) -> None:
        np.copyto(self._theta, self._before)

    def write_back(self) -> None:
        set_data(self._parameters, self._theta.tolist())

    def read_back(self) -> None:
        self._theta[:] = data_of(self._parameters)


class CompiledEvaluation:
    """The mean loss of some samples, and their predictions, by one program; an `Evaluation`."""

    def __init__(
        self,
        who: str,
        objective: Objective,
        parameters: list[Value],
        samples: Samples,
        backend: str,
        threads: int | None,
    ) -> None:
        self._objective, self._parameters = objective, parameters
        columns = _both_columns(f"{who} ", samples[:2])
        self._points = _as_points(columns)
        self.targets: list[Row] = columns[1].tolist()
        self.labels = samples[1].labels if isinstance(samples[1], OneHot) else self.targets
        self._recording = Recording(
            parts=objective.parts()[:2],
            record=self._record,
            columns=columns,
            parameters=parameters,
            backend=backend,
            threads=threads,
            first_call=lambda program: program(
                self._points if backend == JAX else self._points[:2], data_of(parameters)
            ),
        )
        self.rerecord()

    def __call__(self) -> tuple[float, list[Any]]:
        results = self._program(self._points, data_of(self._parameters))
        return float(results[:, 0].mean()), (results[:, 1:] if self._is_list else results[:, 1]).tolist()

    def rerecord(self) -> None:
        with np.errstate(all="ignore"):
            self._program = self._recording.program()

    def _record(self, inputs: Any, target: Any) -> list[Value]:
        loss, prediction = self._objective.of_sample(inputs, target)
        self._is_list = isinstance(prediction, list | tuple)
        return [loss, *_as_values(prediction)]


def predictions(model: Any, inputs: Any, backend: str) -> list[Any]:
    """Return the model's predictions for all samples; see `nn.predict`."""
    columns = as_columns("predict: inputs", inputs)
    parameters = [*model.parameters()] if hasattr(model, "parameters") else []  # a function has none
    points, theta = _as_points([columns]), data_of(parameters)
    is_list = False

    def record(sample: Any) -> list[Value]:
        nonlocal is_list
        prediction = model(sample)
        is_list = isinstance(prediction, list | tuple)
        return _as_values(prediction)

    recording = Recording(
        parts=[model],
        record=record,
        columns=[columns],
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
    """The parts of samples as arrays; the prefix is for messages."""
    return [as_columns(prefix + what, data) for what, data in zip(PARTS, samples, strict=False)]


def _as_points(columns: list[Array]) -> Array:
    """Samples as points of a program: their columns side by side."""
    return np.hstack([column.reshape(len(column), -1) for column in columns])


def _as_values(prediction: Any) -> list[Value]:
    """A prediction as a list of Values. Raise TypeError if it contains anything but Values and real numbers."""
    return [as_value(x, "prediction") for x in (prediction if isinstance(prediction, list | tuple) else [prediction])]
