"""Arrays of numpy that hold numbers or Values: their elements, and a function applied to each of them.

The engine does not need numpy. Whoever has an array has imported it, so it is looked up and never loaded here.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any


def is_array(thing: Any) -> bool:
    """Whether it is an array of numpy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def elements(array: Any, where: str) -> list[Any]:
    """Return the elements in order, numbers as Python has them.

    Raise TypeError if the array is masked or a matrix, or its elements are of a type that is not real.
    """
    numpy = sys.modules["numpy"]
    if isinstance(array, numpy.ma.MaskedArray):
        raise TypeError(f"{where}: expected an array without a mask, got a masked one; use .filled() or .compressed()")
    if isinstance(array, numpy.matrix):
        raise TypeError(f"{where}: expected an array, got a matrix, whose * is another; use numpy.asarray")
    if array.dtype.kind not in "fiuO":
        raise TypeError(f"{where}: expected an array of real numbers, got one of {array.dtype}; use .astype(float)")
    return [*map(float, array.flat)] if array.dtype.kind != "O" else [*array.flat]


def array_of(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return numbers as an array of floats, or of objects if there are Values among them; one of no shape as it is."""
    if shape == ():
        return numbers[0]
    numpy = sys.modules["numpy"]
    array = numpy.empty(len(numbers), float if all(type(number) is float for number in numbers) else object)
    array[:] = numbers
    return array.reshape(shape)


def by_elements(f: Callable[..., Any], operands: Sequence[Any], where: str) -> Any:
    """Return the array of `f(*elements)`, for arrays and numbers that are brought to one shape as numpy does it.

    It is for an `except` block, after `f` has refused the operands themselves: the error of the block is raised again
    if there is no array among them. Else raise TypeError as `elements` does, ValueError if the shapes do not fit.
    """
    if not any(map(is_array, operands)):
        raise
    arrays = [x if is_array(x) else sys.modules["numpy"].array(x, object) for x in operands]
    try:
        alike = sys.modules["numpy"].broadcast_arrays(*arrays, subok=True)
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"{where}: expected arrays that fit together, got the shapes {shapes}") from None
    rows = zip(*[elements(array, where) for array in alike], strict=True)
    return array_of([f(*row) for row in rows], alike[0].shape)
