"""The subroutines of `quick`: each checks, reads or makes one thing.

An address is a number, an i64; it is 0 for nothing, or for a refusal. A shape is three numbers: how many axes there
are, the length of the first and that of the second.
"""

import numpy as np

from autodiff.observers import observers
from autodiff.program.llvm import closure, objects
from autodiff.program.llvm.flow import branch, loop, put
from autodiff.program.llvm.text import Function, Module, bytes_of, real_of

NONE = str(id(None))
SHAPE = ("i32 %rank", "i64 %first", "i64 %second")


def write_subroutines(module: Module, dtype: str) -> None:
    """Write all of them, for numbers that are "float64" or "float32"."""
    real, address = real_of(dtype), id(np.dtype(dtype))
    write_kernel_call(module)
    _write_arrays(module, address)
    _write_points(module)
    _write_parameters(module, real)
    _write_outs(module)
    _write_results(module, address, real)


class Subroutine(Function):
    """A function that reads objects, each by its address. Where it refuses, it returns 0."""

    def __init__(
        self, module: Module, name: str, *parameters: str, result: str = "i64", linkage: str = "internal"
    ) -> None:
        super().__init__(module, name, parameters, result, linkage=linkage)
        self.kind = result

    def place(self, thing: str | int, offset: int, kind: str = "i64") -> str:
        """Write the pointer to a field of an object."""
        address = self.assign(f"add i64 {thing}, {offset}")
        return self.assign(f"inttoptr i64 {address} to {kind}*")

    def field(self, thing: str | int, offset: int, kind: str = "i64") -> str:
        """Write the load of a field of an object."""
        return self.assign(f"load {kind}, {kind}* {self.place(thing, offset, kind)}")

    def equal(self, one: str, other: str | int, kind: str = "i64") -> str:
        """Write whether two numbers are equal."""
        return self.assign(f"icmp eq {kind} {one}, {other}")

    def choose(self, condition: str, yes: str | int, no: str | int) -> str:
        """Write a choice of two numbers."""
        return self.assign(f"select i1 {condition}, i64 {yes}, i64 {no}")

    def python_float(self, number: str, real: str) -> str:
        """Write the new object of Python for a number."""
        if real == "float":
            number = self.assign(f"fpext float {number} to double")
        return self.assign(f"call i64 @PyFloat_FromDouble(double {number})")

    def require(self, condition: str) -> None:
        """Write a jump to "refuse" where the condition is false."""
        after = self.label("after")
        self.do(f"br i1 {condition}, label %{after}, label %refuse")
        self.begin(after)

    def answer_if(self, condition: str, result: str) -> None:
        """Write a return of the result where the condition holds."""
        answer, after = self.label("answer"), self.label("after")
        self.do(f"br i1 {condition}, label %{answer}, label %{after}")
        self.begin(answer)
        self.do(f"ret {self.kind} {result}")
        self.begin(after)

    def answer(self, result: str | int) -> None:
        """Return the result, and 0 where something that is required is missing."""
        self.do(f"ret {self.kind} {result}")
        self.begin("refuse")
        self.end(f"{self.kind} 0")


def write_kernel_call(module: Module) -> None:
    """`kernel_address`: of the kernel for so many points, 0 if it is not compiled; `kernel` calls it."""
    f = Subroutine(module, "kernel_address", "i64 %closure", "i64 %n_points")
    single, batch = [objects.WORD * variant for variant in (closure.SINGLE, closure.BATCH)]
    offset = f.choose(f.equal("%n_points", 1), single, batch)
    entry = f.assign(f"add i64 {f.field('%closure', closure.KERNELS)}, {offset}")
    f.answer(f.field(entry, 0))

    names = ("points", "theta", "values", "gradient", "memory", "n_points")
    arguments = [f"i64 %{name}" for name in names]
    f = Subroutine(module, "kernel", "i64 %closure", *arguments, result="void")
    address = f.assign("call i64 @kernel_address(i64 %closure, i64 %n_points)")
    kernel = f.assign(f"inttoptr i64 {address} to void ({', '.join(['i64'] * len(names))})*")
    f.do(f"call void {kernel}({', '.join(arguments)})")
    f.end()


def _write_arrays(module: Module, dtype: int) -> None:
    """`is_usable`: whether an object is a plain array of the dtype, with these flags; `is_array`: and of this shape.

    `data`: where an array has its numbers, 0 for None; `are_apart`: whether two pieces of memory share no byte.
    """
    f = Subroutine(module, "is_usable", "i64 %object", "i32 %flags", result="i1")
    f.require(f.equal(f.field("%object", objects.TYPE), id(np.ndarray)))
    f.require(f.equal(f.field("%object", objects.DTYPE), dtype))
    flags = f.assign(f"and i32 {f.field('%object', objects.FLAGS, 'i32')}, %flags")
    f.answer(f.equal(flags, "%flags", "i32"))

    f = Subroutine(module, "is_array", "i64 %object", "i32 %flags", *SHAPE, result="i1")
    f.require(f.assign("call i1 @is_usable(i64 %object, i32 %flags)"))
    f.require(f.equal(f.field("%object", objects.RANK, "i32"), "%rank", "i32"))
    lengths = f.field("%object", objects.LENGTHS)
    for axis, length in enumerate(("%first", "%second")):
        f.answer_if(f.equal("%rank", axis, "i32"), "1")
        f.require(f.equal(f.field(lengths, objects.WORD * axis), length))
    f.answer(1)

    f = Subroutine(module, "data", "i64 %object")
    f.require(f.assign(f"icmp ne i64 %object, {NONE}"))
    f.answer(f.field("%object", objects.DATA))

    f = Subroutine(module, "are_apart", *[f"i64 %{name}" for name in ("one", "n_one", "other", "n_other")], result="i1")
    f.answer_if(f.equal("%one", 0), "1")  # it is new
    f.answer_if(f.assign(f"icmp ule i64 {f.assign('add i64 %one, %n_one')}, %other"), "1")
    f.answer(f.assign(f"icmp ule i64 {f.assign('add i64 %other, %n_other')}, %one"))


def _write_points(module: Module) -> None:
    """`count_points`: how many points there are in an object; 0 if it is no array of points, or has too many."""
    f = Subroutine(module, "count_points", "i64 %closure", "i64 %points")
    f.require(f.assign(f"call i1 @is_usable(i64 %points, i32 {objects.READABLE})"))
    rank, lengths = f.field("%points", objects.RANK, "i32"), f.field("%points", objects.LENGTHS)
    is_point, is_batch = f.equal(rank, 1, "i32"), f.equal(rank, 2, "i32")
    f.require(f.assign(f"or i1 {is_point}, {is_batch}"))
    last = f.assign(f"add i64 {lengths}, {f.choose(is_batch, objects.WORD, 0)}")
    f.require(f.equal(f.field(last, 0), f.field("%closure", closure.N_INPUTS)))
    count = f.choose(is_batch, f.field(lengths, 0), 1)
    f.require(f.assign(f"icmp ule i64 {count}, {f.field('%closure', closure.LIMIT)}"))
    f.answer(count)


def _write_parameters(module: Module, real: str) -> None:
    """`parameters`: where the numbers of theta are; 0 if it is no such array.

    Without theta they are read from the Values, unless somebody observes such reads. A float32 that is not finite may
    come from a larger number, of which numpy warns: it is refused too.
    """
    f = Subroutine(module, "parameters", "i64 %closure", "i64 %theta")
    n, places, numbers = [f.field("%closure", field) for field in (closure.N_PARAMETERS, closure.PLACES, closure.THETA)]

    def check() -> None:
        f.require(f.assign(f"call i1 @is_array(i64 %theta, i32 {objects.READABLE}, i32 1, i64 {n}, i64 0)"))

    def read(k: str) -> None:
        place = f.field(f.assign(f"add i64 {places}, {f.assign(f'mul i64 {k}, {objects.WORD}')}"), 0)
        _, are_objects = objects.place_of_data()
        if are_objects:
            place = f.field(place, 0)
            f.require(f.equal(f.field(place, objects.TYPE), id(float)))
        number = f.field(place, objects.NUMBER if are_objects else 0, "double")
        if real == "float":
            number = f.assign(f"fptrunc double {number} to float")
            f.require(f.assign(f"fcmp ord float {f.assign(f'fmul float {number}, 0.0')}, 0.0"))
        target = f.assign(f"add i64 {numbers}, {f.assign(f'mul i64 {k}, {bytes_of(real)}')}")
        f.do(f"store {real} {number}, {real}* {f.place(target, 0, real)}")

    def read_all() -> None:
        f.require(f.equal(f.field(id(observers), objects.SIZE), 0))
        loop(f, n, read)

    is_none = f.equal("%theta", NONE)
    branch(f, is_none, read_all, check)
    f.answer(f.choose(is_none, numbers, f.assign("call i64 @data(i64 %theta)")))


def _write_outs(module: Module) -> None:
    """`item`: an item of the tuple `out`, 0 if it is no pair; `is_out`: whether an object may be `out` of a result."""
    f = Subroutine(module, "item", "i64 %out", "i64 %k")
    f.answer_if(f.equal("%out", NONE), NONE)
    f.require(f.equal(f.field("%out", objects.TYPE), id(tuple)))
    f.require(f.equal(f.field("%out", objects.SIZE), 2))
    first = f.assign(f"add i64 %out, {f.assign(f'mul i64 %k, {objects.WORD}')}")
    f.answer(f.field(first, objects.ITEMS))

    f = Subroutine(module, "is_out", "i64 %out", *SHAPE, result="i1")
    f.answer_if(f.equal("%out", NONE), "1")
    f.require(f.assign("icmp ne i64 %out, 0"))
    f.answer(f.assign(f"call i1 @is_array(i64 %out, i32 {objects.WRITEABLE}, {', '.join(SHAPE)})"))


def _write_results(module: Module, dtype: int, real: str) -> None:
    """`array`: the array of a result, given or new, None for a number alone; `deliver`: what is returned."""
    f = Subroutine(module, "array", "i64 %out", *SHAPE)
    lengths = f.assign("alloca i64, i64 2")
    is_number, is_none = f.equal("%rank", 0, "i32"), f.equal("%out", NONE)
    is_new = f.assign(f"and i1 {is_none}, {f.assign(f'xor i1 {is_number}, 1')}")
    f.do(f"call void @Py_IncRef(i64 {f.choose(is_new, dtype, '%out')})")  # PyArray_Empty takes the reference
    f.answer_if(f.assign(f"xor i1 {is_new}, 1"), "%out")
    for axis, length in enumerate(("%first", "%second")):
        put(f, "i64", lengths, axis, length)
    shape = f.assign(f"ptrtoint i64* {lengths} to i64")
    f.answer(f.assign(f"call i64 @PyArray_Empty(i32 %rank, i64 {shape}, i64 {dtype}, i32 0)"))

    f = Subroutine(module, "deliver", "i64 %array", "i64 %place", *SHAPE)
    f.answer_if(f.assign("icmp ne i32 %rank, 0"), "%array")
    f.do("call void @Py_DecRef(i64 %array)")
    f.answer(f.python_float(f.field("%place", 0, real), real))
