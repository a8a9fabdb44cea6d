"""`Replay`: one of the three methods of a Program that compute it, on arrays. It needs numpy."""

from collections.abc import Callable
from typing import Any

from autodiff.node import data_of
from autodiff.observers import observers, report_read
from autodiff.program.arguments import DTYPES, as_pair, as_points, as_result, as_theta, check_no_shared_memory
from autodiff.program.kernel import Kernel, Task


class Replay:
    """Checks the arguments, lets a kernel compute, and returns the results.

    Args:
        task: what the kernel computes.
        kernel: the compiled task.
        check: raises an error if a number at (points, theta) is not finite; None for no such check.
    """

    def __init__(self, task: Task, kernel: Kernel, check: Callable[[Any, Any], None] | None) -> None:
        # the kernel's own way to do all this, to be tried first (see `Kernel`); None if there is none
        self.quick = None if check else kernel.quick
        self._kernel, self._check = kernel, check
        self._parameters, self._mean, self._results = task.parameters, task.mean, task.results
        self._names = [result.out for result in task.results]
        self._n_inputs, self._dtype = task.tape.n_inputs, DTYPES[task.dtype]

    def __call__(self, points: Any, theta: Any, out: Any) -> Any:
        """Return what the method of the Program returns; the arguments are the same."""
        points = as_points(points, self._n_inputs, self._dtype)
        if theta is not None:
            theta = as_theta(theta, len(self._parameters), self._dtype)
        if self.quick is not None and (result := self.quick(points, theta, out)) is not None:
            return result  # lists have become arrays
        if theta is None:
            theta = as_theta(self._present_data(), len(self._parameters), self._dtype)
        rows = points.reshape(1, self._n_inputs) if points.ndim == 1 else points
        if self._check is not None:
            self._check(rows, theta)
        if self._mean and not len(rows):
            raise ValueError("mean_and_grad: expected at least one point, got none; there is no mean of nothing")

        outs = (None if self._mean else out, out)
        if self._names[0] == "out[0]" and out is not None:
            outs = as_pair("out", out)
        arrays = []
        for result, given in zip(self._results, outs, strict=False):  # one result has one out
            shape = (*points.shape[:-1], *result.shape) if result.each_point else result.shape
            arrays.append(as_result(result.out, given, shape, self._dtype))
        if out is not None:
            check_no_shared_memory(self._names, arrays, rows, theta)
        self._kernel(rows, theta, arrays[0], arrays[-1])
        results = [array if array.ndim else float(array) for array in arrays]
        return tuple(results) if len(results) == 2 else results[0]

    def _present_data(self) -> list[float]:
        """The data of the parameters. It is read, as far as observers are concerned."""
        if observers:
            for parameter in self._parameters:
                report_read(parameter)
        return data_of(self._parameters)
