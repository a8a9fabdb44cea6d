"""Where objects of Python and numpy have their fields, and the C functions that make such objects.

Machine code that is called by Python reads its arguments from their memory (see `cpython`).

References:
    https://docs.python.org/3/c-api/, https://numpy.org/doc/stable/reference/c-api/
"""

import ctypes
import struct

import numpy as np

from autodiff.value import Value

WORD = ctypes.sizeof(ctypes.c_void_p)
HEADER = object.__basicsize__  # bytes in front of the fields of an object; the last word of them is the type
TYPE = HEADER - WORD
DATA, RANK, LENGTHS, STEPS, DTYPE, FLAGS = [HEADER + WORD * k for k in (0, 1, 2, 3, 5, 6)]  # of PyArrayObject_fields
SIZE, ITEMS = HEADER, HEADER + WORD  # of a tuple; a list has the same SIZE
NUMBER = HEADER  # of a float
READABLE, WRITEABLE = 0x101, 0x501  # NPY_ARRAY_C_CONTIGUOUS and NPY_ARRAY_ALIGNED; these and NPY_ARRAY_WRITEABLE

FUNCTIONS = {  # of C: the result and the parameters
    "PyEval_SaveThread": ("i64", ""),
    "PyEval_RestoreThread": ("void", "i64"),
    "PyThread_acquire_lock": ("i32", "i64, i32"),
    "PyThread_release_lock": ("void", "i64"),
    "PyFloat_FromDouble": ("i64", "double"),
    "PyTuple_New": ("i64", "i64"),
    "PyArray_Empty": ("i64", "i32, i64, i64, i32"),
    "Py_IncRef": ("void", "i64"),
    "Py_DecRef": ("void", "i64"),
}
ARRAY_API_VERSIONS = (0x0100_0009, 0x0200_0000)  # of numpy's table of functions
PYARRAY_EMPTY = 184  # the place of PyArray_Empty in it, in both versions


def check_objects() -> None:
    """Check that the fields are where machine code will read them. Raise RuntimeError if they are not."""
    array, pair = np.zeros((3, 1)), (np.ndarray, None)
    rank, flags = [ctypes.c_int.from_address(id(array) + offset).value for offset in (RANK, FLAGS)]
    words = [_word(id(array) + offset) for offset in (TYPE, DATA, DTYPE)]
    words += [_word(_word(id(array) + field) + WORD * axis) for field in (LENGTHS, STEPS) for axis in (0, 1)]
    words += [_word(id(pair) + offset) for offset in (SIZE, ITEMS, ITEMS + WORD)] + [_word(id([None] * 7) + SIZE)]
    expected = [id(np.ndarray), array.ctypes.data, id(array.dtype), 3, 1, 8, 8, 2, id(np.ndarray), id(None), 7]
    tenth = 0.1
    number = ctypes.c_double.from_address(id(tenth) + NUMBER).value
    if (words, rank, flags & WRITEABLE, number) != (expected, 2, WRITEABLE, tenth):
        raise RuntimeError(
            "llvm: this Python or numpy keeps its objects in another way than expected here; "
            'use backend="python" or "arrays"'
        )


def c_functions() -> dict[str, int]:
    """Return the C functions that machine code calls, and their addresses.

    Raise RuntimeError if numpy's table of functions is of an unknown version.
    """
    names = FUNCTIONS.keys() - {"PyArray_Empty"}
    addresses = {name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0 for name in names}
    core = getattr(np, "_core", None) or np.core
    unpack = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    table = unpack(("PyCapsule_GetPointer", ctypes.pythonapi))(core._multiarray_umath._ARRAY_API, None)
    version = ctypes.PYFUNCTYPE(ctypes.c_uint)(_word(table))()
    if version not in ARRAY_API_VERSIONS:
        raise RuntimeError(f'llvm: numpy {np.__version__} has an unknown C interface; use backend="python" or "arrays"')
    return {**addresses, "PyArray_Empty": _word(table + WORD * PYARRAY_EMPTY)}


def place_of_data() -> tuple[int, bool]:
    """Return where a Value has its `data`, in bytes behind its address, and whether a Python float is there.

    The Value of the compiled build has the number itself there. Raise RuntimeError if the data is not in the Value.
    """
    value = Value(1.2345e-67)  # bits that are no address
    words = [_word(id(value) + offset) for offset in range(HEADER, Value.__basicsize__, WORD)]
    (bits,) = struct.unpack("q", struct.pack("d", value.data))
    for word, is_object in ((id(value.data), True), (bits, False)):
        if word in words:
            return HEADER + WORD * words.index(word), is_object
    raise RuntimeError("llvm: a Value does not have its data where machine code can read it")


def _word(address: int) -> int:
    """The 64 bits at an address, as a number."""
    return ctypes.c_int64.from_address(address).value
