"""What a Program is called with: anything like an array becomes one of the right numbers and shape, or an error."""

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, Any]"
DTYPES = {"float64": np.dtype("float64"), "float32": np.dtype("float32")}


def as_points(points: Any, n_inputs: int, dtype: "np.dtype[Any]") -> tuple[Array, bool]:
    """Return points as (batch, n_inputs), C-contiguous, and whether it was a single one.

    Raises:
        TypeError: if they are not real numbers.
        ValueError: if their shape is neither (n_inputs,) nor (batch, n_inputs).
    """
    if type(points) is np.ndarray and points.dtype is dtype and _in_order(points):
        array = points
    else:
        array = _numbers("points", points, dtype)
    if array.ndim in (1, 2) and array.shape[-1] == n_inputs:
        return array.reshape(1, n_inputs) if array.ndim == 1 else array, array.ndim == 1
    hint = "; write [[1.0], [2.0]] for two points of one input" if n_inputs == 1 and array.ndim == 1 else ""
    raise ValueError(
        f"Program: expected points of shape ({n_inputs},) or (batch, {n_inputs}), got {_shape(array)}{hint}"
    )


def as_theta(theta: Any, n_parameters: int, dtype: "np.dtype[Any]") -> Array:
    """Return the parameters as (n_parameters,), C-contiguous.

    Raises:
        TypeError: if they are not real numbers.
        ValueError: if their shape is another.
    """
    if type(theta) is np.ndarray and theta.dtype is dtype and _in_order(theta):
        array = theta
    else:
        array = _numbers("theta", theta, dtype)
    if array.shape != (n_parameters,):
        raise ValueError(f"Program: expected theta of shape ({n_parameters},), got {_shape(array)}")
    return array


def as_result(name: str, out: Any, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Return the array to write a result to: `out`, or a new one.

    Raises:
        TypeError: if `out` is not an array of this dtype.
        ValueError: if its shape is another, or its memory has gaps, is not aligned or is read-only.
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
    """Return the two arrays of `out`.

    Raises:
        TypeError: if it is not a tuple or list of two.
    """
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TypeError(f"Program: expected {name} to be a tuple of two arrays, got {type(out).__name__}")
    return out[0], out[1]


def check_apart(name: str, out: Array, *given: Array) -> None:
    """Raise ValueError if `out` shares memory with an argument: it is written to before the last argument is read."""
    if any(np.may_share_memory(out, array) for array in given):
        raise ValueError(
            f"Program: expected {name} to be an array of its own, got one that shares memory with an argument"
        )


def check_pair_apart(name: str, pair: tuple[Array, Array], *given: Array) -> None:
    """Raise ValueError if two results share memory with each other or with an argument."""
    for i, array in enumerate(pair):
        check_apart(f"{name}[{i}]", array, *given)
    if np.may_share_memory(*pair):
        raise ValueError(f"Program: expected {name} to be two arrays of their own, got two that share memory")


def _numbers(name: str, given: Any, dtype: "np.dtype[Any]") -> Array:
    """A C-contiguous array of `dtype`, if these are real numbers."""
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(f"Program: expected {name} to be rows of one length; got rows of several") from None
    if array.dtype.kind not in "fiu" and array.size:
        what = "Values" if array.dtype == object and _holds_values(array) else str(array.dtype)
        raise TypeError(f"Program: expected {name} to be real numbers, got {what}")
    array = np.asarray(array, dtype, order="C")
    return array if array.flags.aligned else array.copy()


def _in_order(array: Array) -> bool:
    """Whether machine code can read it: C-contiguous, every number at an address that is a multiple of its size."""
    return array.flags.c_contiguous and array.flags.aligned


def _holds_values(array: Array) -> bool:
    """Whether there is a Value in it."""
    return any(hasattr(thing, "operands") for thing in array.flat)


def _shape(array: Array) -> str:
    """The shape, as text."""
    return str(array.shape)
