"""`Replay`: one of the three methods of a Program that compute it, on arrays. It needs numpy."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.checks import check_whole
from autodiff.node import data_of
from autodiff.observers import observers, report_read
from autodiff.program.kernel import Kernel, Task

Array: TypeAlias = "np.ndarray[Any, Any]"


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
        self._kernel, self._check, self.form = kernel, check, kernel.form
        self._parameters, self._mean, self._results = task.parameters, task.mean, task.results
        self._names = [result.out for result in task.results]
        self._n_inputs, self._dtype = task.tape.n_inputs, np.dtype(task.dtype)

    def __call__(self, points: Any, theta: Any, out: Any) -> Any:
        """Return what the method of the Program returns; the arguments are the same."""
        points = as_points(points, self._n_inputs, self._dtype)
        if theta is not None:
            theta = as_theta(theta, len(self._parameters), self._dtype)
        if self.quick is not None and (result := self.quick(points, theta, out)) is not None:
            return result  # lists have become arrays
        if theta is None:
            if observers:
                for parameter in self._parameters:
                    report_read(parameter)
            theta = as_theta(data_of(self._parameters), len(self._parameters), self._dtype)
        rows = points.reshape(1, self._n_inputs) if points.ndim == 1 else points
        if self._check is not None:
            self._check(rows, theta)
        if self._mean and not len(rows):
            raise ValueError("mean_and_grad: expected at least one point, got none; there is no mean of nothing")

        batch = points.shape[:-1]
        shapes = [batch + shape if each_point else shape for shape, each_point, _ in self._results]
        if out is None:
            arrays = [np.empty(shape, self._dtype) for shape in shapes]
        else:
            outs = (None, out) if self._mean else (out,)
            if self._names[0] == "out[0]":
                outs = out
                if not isinstance(out, tuple | list) or len(out) != 2:
                    raise TypeError(f"Program: expected out to be a tuple of two arrays, got {type(out).__name__}")
            arrays = [as_result(*each, self._dtype) for each in zip(self._names, outs, shapes, strict=True)]
            check_no_shared_memory(self._names, arrays, rows, theta)
        self._kernel(rows, theta, arrays[0], arrays[-1])
        results = [array if array.ndim else float(array) for array in arrays]
        return tuple(results) if len(results) == 2 else results[0]

    def prepared(self, points: Any, theta: Any, out: Any) -> Callable[[], float]:
        """Return the call of a mean with these arguments as a function that returns it; see `Program.prepared`."""
        if self.quick is None or theta is None or out is None or self.quick(points, theta, out) is None:
            return lambda: self(points, theta, out)[0]
        from autodiff.program.llvm.kernel import prepared

        return prepared(self.quick, points, theta, out)


# What can be an array of the right dtype and shape becomes one, C-contiguous and aligned. Anything else is a TypeError,
# or a ValueError if only the shape is another.


def as_points(points: Any, n_inputs: int, dtype: "np.dtype[Any]") -> Array:
    """Return points as an array, (n_inputs,) or (batch, n_inputs)."""
    array = _as_numbers("points", points, dtype)
    if array.ndim in (1, 2) and array.shape[-1] == n_inputs:
        return array
    hint = "; write [[1.0], [2.0]] for two points of one input" if n_inputs == 1 and array.ndim == 1 else ""
    raise ValueError(f"Program: expected points of shape ({n_inputs},) or (batch, {n_inputs}), got {array.shape}{hint}")


def as_theta(theta: Any, n_parameters: int, dtype: "np.dtype[Any]") -> Array:
    """Return the parameters as an array, (n_parameters,)."""
    array = _as_numbers("theta", theta, dtype)
    if array.shape != (n_parameters,):
        raise ValueError(f"Program: expected theta of shape ({n_parameters},), got {array.shape}")
    return array


def as_result(name: str, out: Any, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Return the array to write a result to: `out`, whose memory has no gaps and is writeable, or a new one."""
    if out is None:
        return np.empty(shape, dtype)
    if type(out) is not np.ndarray or out.dtype != dtype:
        got = f"an array of {out.dtype}" if type(out) is np.ndarray else type(out).__name__
        raise TypeError(f"Program: expected {name} to be an array of {dtype}, got {got}")
    if out.shape != shape:
        raise ValueError(f"Program: expected {name} of shape {shape}, got {out.shape}")
    if not out.flags.carray:
        raise ValueError(f"Program: expected {name} to be C-contiguous, aligned and writeable; use np.empty({shape})")
    return out


def check_no_shared_memory(names: Sequence[str], results: Sequence[Array], *arguments: Array) -> None:
    """Raise ValueError if results share memory with an argument or with each other.

    A kernel writes to a result before it has read the last argument.
    """
    for name, result in zip(names, results, strict=True):
        if name and any(np.may_share_memory(result, argument) for argument in arguments):
            raise ValueError(
                f"Program: expected {name} to be an array of its own, got one that shares memory with an argument"
            )
    if len(results) == 2 and np.may_share_memory(results[0], results[1]):
        raise ValueError("Program: expected out to be two arrays of their own, got two that share memory")


def _as_numbers(name: str, given: Any, dtype: "np.dtype[Any]") -> Array:
    """Return an array of the dtype, C-contiguous and aligned, so that machine code can read it."""
    if type(given) is np.ndarray and given.dtype is dtype and (flags := given.flags).c_contiguous and flags.aligned:
        return given
    check_whole(f"Program: {name}", given)
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(f"Program: expected {name} to be rows of one length; got rows of several") from None
    if array.dtype.kind not in "fiu" and array.size:
        has_values = array.dtype == object and any(hasattr(element, "operands") for element in array.flat)
        raise TypeError(f"Program: expected {name} to be real numbers, got {'Values' if has_values else array.dtype}")
    array = np.asarray(array, dtype, order="C")
    return array if array.flags.aligned else array.copy()
