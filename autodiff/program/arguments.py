"""The arguments of a Program: what can be an array of the right dtype and shape becomes one, the rest is an error."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.checks import check_whole

Array: TypeAlias = "np.ndarray[Any, Any]"
DTYPES: dict[str, "np.dtype[Any]"] = {"float64": np.dtype("float64"), "float32": np.dtype("float32")}


def as_points(points: Any, n_inputs: int, dtype: "np.dtype[Any]") -> Array:
    """Return points as an array, (n_inputs,) or (batch, n_inputs), C-contiguous and aligned.

    Raise TypeError if they are not real numbers, ValueError if their shape is another.
    """
    array = _as_numbers("points", points, dtype)
    if array.ndim in (1, 2) and array.shape[-1] == n_inputs:
        return array
    hint = "; write [[1.0], [2.0]] for two points of one input" if n_inputs == 1 and array.ndim == 1 else ""
    raise ValueError(f"Program: expected points of shape ({n_inputs},) or (batch, {n_inputs}), got {array.shape}{hint}")


def as_theta(theta: Any, n_parameters: int, dtype: "np.dtype[Any]") -> Array:
    """Return the parameters as an array, (n_parameters,), C-contiguous and aligned.

    Raise TypeError if they are not real numbers, ValueError if their shape is another.
    """
    array = _as_numbers("theta", theta, dtype)
    if array.shape != (n_parameters,):
        raise ValueError(f"Program: expected theta of shape ({n_parameters},), got {array.shape}")
    return array


def as_result(name: str, out: Any, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Return the array to write a result to: `out`, or a new one.

    Raise TypeError if `out` is not an array of this dtype, ValueError if its shape is another, or its memory has gaps,
    is not aligned or is read-only.
    """
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


def as_pair(name: str, out: Any) -> tuple[Any, Any]:
    """Return the two arrays of `out`. Raise TypeError if it is not a tuple or list of two."""
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TypeError(f"Program: expected {name} to be a tuple of two arrays, got {type(out).__name__}")
    return out[0], out[1]


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
    if type(given) is np.ndarray and given.dtype is dtype and given.flags.c_contiguous and given.flags.aligned:
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
