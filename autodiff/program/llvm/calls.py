"""How Python calls machine code: functions with the signature of a C extension's (METH_FASTCALL).

A call through ctypes costs half a microsecond, and to ask an array for its address as much again: more than a small
program takes. These functions read what they need from the array objects themselves, where numpy's C interface has it
(PyArrayObject_fields).
"""

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir

I8P, I32, I64 = ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
HEADER = object.__basicsize__  # of every Python object; its last field is the type
WORD = ctypes.sizeof(ctypes.c_void_p)
TYPE, DATA, RANK, DIMENSIONS, DTYPE, FLAGS = [HEADER + WORD * k for k in (-1, 0, 1, 2, 5, 6)]
READABLE, WRITEABLE = 0x101, 0x501  # NPY_ARRAY_C_CONTIGUOUS, _ALIGNED, _WRITEABLE
ALIGNMENT = 128  # bytes: the largest vector that a program uses


def arrays_are_as_expected() -> bool:
    """Whether numpy's arrays have their fields where these functions read them."""
    array = np.zeros((3, 1))
    kind, data, dimensions, dtype = [
        ctypes.c_void_p.from_address(id(array) + offset).value for offset in (TYPE, DATA, DIMENSIONS, DTYPE)
    ]
    rank, flags = [ctypes.c_int.from_address(id(array) + offset).value for offset in (RANK, FLAGS)]
    return (
        (kind, data, dtype) == (id(np.ndarray), array.ctypes.data, id(array.dtype))
        and (rank, flags & WRITEABLE) == (2, WRITEABLE)
        and dimensions is not None
        and [ctypes.c_ssize_t.from_address(dimensions + WORD * k).value for k in (0, 1)] == [3, 1]
    )


def add_run(module: ir.Module) -> None:
    """Write `run(points, theta, values, gradient, memory)` -> None around the kernel. It checks nothing.

    The arrays are C-contiguous, of the module's type of numbers, and not changed by anyone else: other threads run
    meanwhile.
    """
    kernel = module.globals["kernel"]
    builder, arguments, _ = _python_callable(module, "run")
    arrays = [builder.load(builder.gep(arguments, [I64(i)])) for i in range(5)]
    numbers = kernel.args[0].type
    *addresses, memory = [_field(builder, array, DATA, numbers) for array in arrays]
    start = builder.add(builder.ptrtoint(memory, I64), I64(ALIGNMENT - 1))
    memory = builder.inttoptr(builder.and_(start, I64(-ALIGNMENT)), numbers)
    count = builder.load(_field(builder, arrays[0], DIMENSIONS, I64.as_pointer()))
    state = _call(builder, "PyEval_SaveThread", I8P)
    builder.call(kernel, [*addresses, memory, count])
    _call(builder, "PyEval_RestoreThread", ir.VoidType(), state)
    _return_none(builder)


def add_quick(
    module: ir.Module, n_inputs: int, n_parameters: int, dtype: "np.dtype[Any]", memory: int, limit: int
) -> None:
    """Write `quick(points, theta, gradient)` -> the mean as a float, or None if the arguments are not the simple case.

    The simple case: arrays of `dtype`, (1 to `limit`, n_inputs), (n_parameters,) and (n_parameters,), C-contiguous and
    aligned, the last one writeable and apart from the others. No other thread of Python runs meanwhile, so that there
    need be only one memory to work in, which is at the address `memory`.
    """
    kernel = module.globals["kernel"]
    builder, arguments, n = _python_callable(module, "quick")
    function = builder.function
    other = function.append_basic_block("other")

    def require(condition: ir.Value) -> None:
        then = function.append_basic_block()
        builder.cbranch(condition, then, other)
        builder.position_at_end(then)

    def is_number(value: ir.Value, number: int) -> ir.Value:
        return builder.icmp_signed("==", value, ir.Constant(value.type, number))

    require(is_number(n, 3))
    numbers, addresses, sizes = kernel.args[0].type, [], []
    for k, (shape, flags) in enumerate(
        (((None, n_inputs), READABLE), ((n_parameters,), READABLE), ((n_parameters,), WRITEABLE))
    ):
        array = builder.load(builder.gep(arguments, [I64(k)]))
        require(is_number(_field(builder, array, TYPE, I64), id(np.ndarray)))
        require(is_number(_field(builder, array, DTYPE, I64), id(dtype)))
        require(is_number(_field(builder, array, RANK, I32), len(shape)))
        require(is_number(builder.and_(_field(builder, array, FLAGS, I32), I32(flags)), flags))
        dimensions = _field(builder, array, DIMENSIONS, I64.as_pointer())
        size = I64(dtype.itemsize)
        for axis, expected in enumerate(shape):
            length = builder.load(builder.gep(dimensions, [I64(axis)]))
            size = builder.mul(size, length)
            if expected is not None:
                require(is_number(length, expected))
            else:
                require(builder.icmp_unsigned("<", builder.sub(length, I64(1)), I64(limit)))
                count = length
        addresses.append(_field(builder, array, DATA, numbers))
        sizes.append(size)
    points, theta, gradient = addresses
    for address, size in ((points, sizes[0]), (theta, sizes[1])):  # apart from `gradient`, all of it
        start, end = [builder.ptrtoint(place, I64) for place in (address, gradient)]
        before = builder.icmp_unsigned("<=", builder.add(start, size), end)
        behind = builder.icmp_unsigned("<=", builder.add(end, sizes[2]), start)
        require(builder.or_(before, behind))
    value = builder.alloca(numbers.pointee)
    builder.call(kernel, [points, theta, value, gradient, builder.inttoptr(I64(memory), numbers), count])
    mean = builder.load(value)
    if numbers.pointee != ir.DoubleType():
        mean = builder.fpext(mean, ir.DoubleType())
    builder.ret(_call(builder, "PyFloat_FromDouble", I8P, mean))
    builder.position_at_end(other)
    _return_none(builder)


def _python_callable(module: ir.Module, name: str) -> tuple[ir.IRBuilder, ir.Value, ir.Value]:
    """PyObject *name(PyObject *self, PyObject **arguments, Py_ssize_t n): its builder, arguments and n."""
    function = ir.Function(module, ir.FunctionType(I8P, [I8P, I8P.as_pointer(), I64]), name)
    return (ir.IRBuilder(function.append_basic_block()), function.args[1], function.args[2])


def _field(builder: ir.IRBuilder, thing: ir.Value, offset: int, kind: ir.Type) -> ir.Value:
    """A field of a C structure."""
    place = builder.gep(thing, [I64(offset)])
    return builder.load(builder.bitcast(place, kind.as_pointer()))


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, *arguments: ir.Value) -> ir.Value:
    """A call of a function of Python's C interface, by its address."""
    address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(builder.inttoptr(I64(address), kind.as_pointer()), arguments)


def _return_none(builder: ir.IRBuilder) -> None:
    """return None"""
    none = builder.inttoptr(I64(id(None)), I8P)
    _call(builder, "Py_IncRef", ir.VoidType(), none)
    builder.ret(none)
