"""Functions that Python calls, written in LLVM's assembly language like those of a C extension (METH_FASTCALL).

A call through ctypes takes half a microsecond, and to ask an array for its address as much again; to check arguments
and to make results takes 2 to 9 us in Python. A small program computes for 0.1 us. So `quick` does all of that in
machine code, which takes 0.1 us.

In this text every address is a number, an i64, and an object is its address.
"""

import functools

import numpy as np

from autodiff.program.kernel import Result
from autodiff.program.llvm.closure import LENGTH, MEMORY, N_INPUTS, N_PARAMETERS
from autodiff.program.llvm.machine import METH_NOARGS, Definition
from autodiff.program.llvm.objects import DATA, FUNCTIONS, ITEMS, RANK, WORD
from autodiff.program.llvm.subroutines import NONE, Subroutine, write_subroutines
from autodiff.program.llvm.text import Module, real_of


@functools.cache
def quick(results: tuple[Result, ...], dtype: str) -> Definition:
    """Return the function `quick(points, theta, out)` -> what the method of the Program returns, or None.

    It returns None, and has changed nothing, unless the case is simple:

    - `points` is a plain array of the program's dtype, C-contiguous and aligned, with at least one point and not more
      than a limit;
    - `theta` is such an array too, or None;
    - `out` is such an array too, writeable, that shares no memory with another one, or None. Of two results it is a
      tuple of these, or None.

    Other threads of Python do not run meanwhile. All programs share it: the lengths in `results` mean nothing.
    """
    module, size = module_of(), np.dtype(dtype).itemsize
    write_subroutines(module, dtype)
    function = PythonFunction(module, "quick")
    scratch = [function.assign("alloca i64") for _ in results]  # for a number without an array
    function.require(function.assign("icmp eq i64 %n, 3"))
    points, theta, out = [function.argument(k) for k in range(3)]
    count = function.require_address(f"@count_points(i64 {function.closure}, i64 {points})")
    function.require_address(f"@kernel_address(i64 {function.closure}, i64 {count})")
    numbers = function.require_address(f"@parameters(i64 {function.closure}, i64 {theta})")
    is_batch = function.assign(f"icmp eq i32 {function.field(points, RANK, 'i32')}, 2")

    inputs, n_inputs, n_parameters, length = [
        function.field(thing, offset)
        for thing, offset in ((points, DATA), *[(function.closure, k) for k in (N_INPUTS, N_PARAMETERS, LENGTH)])
    ]
    taken = [f"i64 {inputs}, i64 {function.product(count, n_inputs, size)}"]
    taken += [f"i64 {numbers}, i64 {function.product(n_parameters, size)}"]
    n_outs, given = sum([bool(result.out) for result in results]), []
    for k, result in enumerate(results):
        axes, last = len(result.shape), length if result.shape else "0"
        shape = f"i32 {axes}, i64 {last}, i64 0"
        if result.each_point:
            rank = function.assign(f"select i1 {is_batch}, i32 {axes + 1}, i32 {axes}")
            first = function.assign(f"select i1 {is_batch}, i64 {count}, i64 {last}")
            shape = f"i32 {rank}, i64 {first}, i64 {last}"
        array = NONE
        if result.out:
            array = out if n_outs == 1 else function.assign(f"call i64 @item(i64 {out}, i64 {k})")
            function.require(function.assign(f"call i1 @is_out(i64 {array}, {shape})"))
            place = function.assign(f"call i64 @data(i64 {array})")
            numbers_of = (count if result.each_point else 1, length if result.shape else 1)
            memory = f"i64 {place}, i64 {function.product(*numbers_of, size)}"
            for other in taken:
                function.require(function.assign(f"call i1 @are_apart({memory}, {other})"))
            taken.append(memory)
        given.append((array, shape))

    arrays = [function.assign(f"call i64 @array(i64 {array}, {shape})") for array, shape in given]
    function.or_fail(arrays)
    places = []
    for array, number in zip(arrays, scratch, strict=True):
        own, data = function.assign(f"ptrtoint i64* {number} to i64"), function.assign(f"call i64 @data(i64 {array})")
        places.append(function.choose(function.equal(array, NONE), own, data))
    memory = function.field(function.closure, MEMORY)
    arguments = [function.closure, inputs, numbers, *places, *["0"] * (2 - len(places)), memory, count]
    function.do(f"call void @kernel({', '.join([f'i64 {argument}' for argument in arguments])})")
    objects = [
        function.assign(f"call i64 @deliver(i64 {array}, i64 {place}, {shape})")
        for array, place, (_, shape) in zip(arrays, places, given, strict=True)
    ]
    function.do(f"ret i64 {function.pair(objects) if len(objects) == 2 else objects[0]}")
    function.begin("refuse")
    function.end_with_none()
    return Definition(str(module), "quick")


@functools.cache
def prepared(dtype: str) -> Definition:
    """Return the function `prepared()` -> the first value, which calls the kernel with arrays that it knows.

    The numbers of its closure are the address of the kernel, and what it is called with.
    """
    module, real = module_of(), real_of(dtype)
    function = PythonFunction(module, "prepared")
    kernel, *arguments = [function.field(function.closure, WORD * k) for k in range(7)]
    kernel = function.assign(f"inttoptr i64 {kernel} to void ({', '.join(['i64'] * 6)})*")
    function.do(f"call void {kernel}({', '.join([f'i64 {argument}' for argument in arguments])})")
    function.end(f"i64 {function.python_float(function.field(arguments[2], 0, real), real)}")
    return Definition(str(module), "prepared", METH_NOARGS)


def module_of() -> Module:
    """A module with the functions of C."""
    module = Module()
    for name, (result, parameters) in FUNCTIONS.items():
        module.declare(name, result, parameters)
    return module


class PythonFunction(Subroutine):
    """A function that Python calls: PyObject *name(PyObject *self, PyObject **arguments, Py_ssize_t n)."""

    def __init__(self, module: Module, name: str) -> None:
        super().__init__(module, name, "i64 %self", "i64* %arguments", "i64 %n", linkage="")
        self.closure = self.field("%self", DATA)  # the address of what it knows of the program

    def argument(self, k: int | str) -> str:
        """Write the load of an argument."""
        place = self.assign(f"getelementptr i64, i64* %arguments, i64 {k}")
        return self.assign(f"load i64, i64* {place}")

    def require_address(self, call: str) -> str:
        """Write a call, and a jump to "refuse" where its result is 0."""
        address = self.assign(f"call i64 {call}")
        self.require(self.assign(f"icmp ne i64 {address}, 0"))
        return address

    def or_fail(self, objects: list[str]) -> None:
        """Write a return of NULL, an error, where one of these new objects is NULL, for which there was no memory."""
        after, fail = self.label("after"), self.label("fail")
        are_made = "1"
        for thing in objects:
            is_made = self.assign(f"icmp ne i64 {thing}, 0")
            are_made = self.assign(f"and i1 {are_made}, {is_made}")
        self.do(f"br i1 {are_made}, label %{after}, label %{fail}")
        self.begin(fail)
        for thing in objects:
            self.do(f"call void @Py_DecRef(i64 {thing})")
        self.do("ret i64 0")
        self.begin(after)

    def pair(self, objects: list[str]) -> str:
        """Write the tuple of two new objects."""
        pair = self.assign("call i64 @PyTuple_New(i64 2)")
        self.or_fail([*objects, pair])
        for k, thing in enumerate(objects):
            self.do(f"store i64 {thing}, i64* {self.place(pair, ITEMS + WORD * k)}")
        return pair

    def product(self, first: str | int, *factors: str | int) -> str:
        """Write a product."""
        product = str(first)
        for factor in factors:
            product = self.assign(f"mul i64 {product}, {factor}")
        return product

    def end_with_none(self) -> None:
        """Return None."""
        self.do(f"call void @Py_IncRef(i64 {NONE})")
        self.end(f"i64 {NONE}")
