"""The array program run by numpy.

For each length of a batch the instructions are written as a Python function, one numpy call a line, on views that are
made beforehand: what is left at a call are the views of its own arguments, and the arithmetic. That memory and the
function are kept for the next batch of that length; every call that runs at the same time has its own.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import SUM
from autodiff.program.arrays.instructions import (
    Apply,
    ArrayProgram,
    Block,
    Contract,
    Gather,
    Instruction,
    Mean,
    Reduce,
    View,
)
from autodiff.program.arrays.lower import lower
from autodiff.program.arrays.memory import Memory, allocate
from autodiff.program.arrays.prepare import prepare
from autodiff.program.arrays.strides import BATCH, Layout, layout, lengths, product
from autodiff.program.arrays.ufuncs import formula
from autodiff.program.ieee import evaluate
from autodiff.program.tape import Tape, is_custom

Array: TypeAlias = np.ndarray[Any, Any]
KEPT = 8  # functions for batches of several lengths, or calls at once, that a kernel keeps
NUMPY = {
    name: getattr(np, name)
    for name in (
        *("add", "subtract", "multiply", "divide", "negative", "absolute", "sign", "heaviside", "maximum", "minimum"),
        *("float_power", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
        *("sinh", "cosh", "tanh", "matmul", "einsum", "take", "copyto", "ndarray"),
    )
}


class ArrayKernel:
    """A compiled tape: writes results into arrays that it is given."""

    def __init__(self, program: ArrayProgram, dtype: str) -> None:
        self.program = program
        self.dtype = np.dtype(dtype)
        self.memory = allocate(program.instructions)
        self.free: list[tuple[int, Callable[..., None]]] = []  # (batch length, function), not in use by another thread

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        batch = len(points)
        if not batch and not self.program.mean:
            return
        run = None
        for i in range(len(self.free) - 1, -1, -1):
            try:
                length, found = self.free[i]
                if length == batch:
                    self.free.remove((length, found))
                    run = found
                    break
            except (IndexError, ValueError):  # another thread took it
                continue
        if run is None:
            run = _Writer(self.program, self.memory, self.dtype, batch).function()
        with np.errstate(all="ignore"):
            run(points, theta, values, gradient)
        self.free.append((batch, run))
        if len(self.free) > KEPT:
            del self.free[0]


def compile_arrays(tape: Tape, n_values: int, mean: bool, dtype: str = "float64", n_data: int = 0) -> ArrayKernel:
    """Compile a tape to array instructions.

    Args:
        tape: its first `n_values` outputs are values, the others derivatives.
        n_values: how many of the outputs are values.
        mean: whether the kernel writes means over the points, not results of each.
        dtype: "float64" or "float32".
        n_data: how many of the parameters, the last ones, are numbers that never change; theta has not got them.
    """
    return ArrayKernel(lower(tape, n_values, mean, n_data), dtype)


def compile_program(tape: Tape, wrt: range | None, n_values: int, mean: bool, dtype: str = "float64") -> ArrayKernel:
    """Compile a recorded tape, with its derivatives if asked for.

    Args:
        tape: as recorded; all its outputs are values.
        wrt: `tape.inputs` or `tape.parameters`, for the derivatives by these.
        n_values: how many outputs it has.
        mean: whether the kernel writes means over the points, not results of each.
        dtype: "float64" or "float32".
    """
    prepared, n_data = prepare(tape, wrt)
    return compile_arrays(prepared, n_values, mean, dtype, n_data)


class _Writer:
    """Writes the function for batches of one length."""

    def __init__(self, program: ArrayProgram, memory: Memory, dtype: "np.dtype[Any]", batch: int) -> None:
        self.program, self.memory, self.dtype, self.batch = program, memory, dtype, batch
        self.batched = np.empty(memory.batched * batch, dtype)
        self.single = np.empty(memory.single, dtype)
        self.namespace: dict[str, Any] = dict(NUMPY)
        self.header: list[str] = []  # views of the arguments
        self.lines: list[str] = []
        self.names: dict[object, str] = {}
        self.numbers: dict[Block, Array] = {}
        self.count = itertools.count()

    def function(self) -> Callable[..., None]:
        """The function, of (points, theta, values, gradient)."""
        for instruction in self.program.instructions:
            match instruction:
                case Apply():
                    self._apply(instruction)
                case Contract():
                    self._contract(instruction)
                case Reduce():
                    self._reduce(instruction)
                case Gather():
                    self._gather(instruction)
                case Mean():
                    self._mean(instruction)
        body = "\n    ".join(["pass", *self.header, *self.lines])
        text = f"def run(points, theta, values, gradient):\n    {body}\n"
        exec(compile(text, "<arrays>", "exec"), self.namespace)
        run: Callable[..., None] = self.namespace["run"]
        return run

    # --------------------------------------------------------------------------------------------------- arrays

    def _keep(self, thing: Any) -> str:
        """A name for a thing."""
        name = f"k{next(self.count)}"
        self.namespace[name] = thing
        return name

    def _array(self, where: Layout) -> str:
        """The name of a view."""
        block, shape = where.block, tuple([axis.length for axis in where.axes])
        key = (id(block), where.offset, shape, tuple([axis.stride for axis in where.axes]))
        if key not in self.names:
            size = self.dtype.itemsize
            strides = tuple([axis.stride * size for axis in where.axes])
            if block.kind in ("rows", "numbers"):
                base, first = self._base(block)
                view = np.ndarray(shape, self.dtype, base, (first + where.offset) * size, strides)
                self.names[key] = self._keep(view)
            else:
                name = self.names[key] = f"k{next(self.count)}"
                self.namespace["real"] = self.dtype
                self.header.append(f"{name} = ndarray({shape}, real, {block.kind}, {where.offset * size}, {strides})")
        return self.names[key]

    def _base(self, block: Block) -> tuple[Array, int]:
        """The memory of a block, and where in it, in numbers, it begins."""
        if block.kind == "numbers":
            if block not in self.numbers:
                self.numbers[block] = np.ascontiguousarray(block.numbers, self.dtype)
            return self.numbers[block], 0
        first = self.memory.rows[block]
        return (self.batched, first * self.batch) if block.batched else (self.single, first)

    def _broadcast(self, instruction: Instruction, names: str) -> list[str]:
        """The operands as arrays of these axes, of length 1 where they do not vary."""
        return [
            self._array(layout(instruction, operand, self.batch).ordered(names))
            if isinstance(operand, View)
            else repr(operand)
            if math.isfinite(operand)
            else self._keep(operand)
            for operand in instruction.operands
        ]

    # --------------------------------------------------------------------------------------------- instructions

    def _apply(self, instruction: Apply) -> None:
        target = layout(instruction, instruction.out, self.batch)
        out = self._array(target)
        operands = self._broadcast(instruction, target.names)
        primitive = instruction.primitive
        exponent = instruction.operands[1] if len(operands) == 2 else None
        written = formula(primitive, exponent if isinstance(exponent, float) else None)
        if written is None:
            function = self._keep(_function(primitive))
            written = f"copyto({{o}}, {function}({', '.join(operands)}), casting='same_kind')"
        self.lines.append(written.format(o=out, x=operands[0] if operands else "", y=operands[-1] if operands else ""))

    def _contract(self, instruction: Contract) -> None:
        operands = [operand for operand in instruction.operands if isinstance(operand, View)]
        x, y = [layout(instruction, operand, self.batch) for operand in operands]
        out = layout(instruction, instruction.out, self.batch)
        scale = 1.0 / self.batch if instruction.mean and self.batch else 1.0
        found = product(instruction, x, y, out)
        if found is not None:
            left = found.x.ordered(found.outer + (found.rows or "-") + found.inner)
            right = found.y.ordered(found.outer + found.inner + (found.columns or "-"))
            target = found.out.ordered(found.outer + (found.rows or "-") + (found.columns or "-"))
            sizes = [math.prod([axis.length for axis in each.axes]) for each in (left, right, target)]
            names = [self._array(left), self._array(right)]
            if instruction.mean and min(sizes[:2]) < sizes[2]:
                k = sizes[1] < sizes[0]
                names[k] = self._scaled(names[k], sizes[k], scale)
                scale = 1.0
            if len(found.inner) > 1:
                n = len(found.outer) + 1
                names[0] = f"{names[0]}.reshape({(*[axis.length for axis in left.axes[:n]], -1)})"
                shape = [axis.length for axis in (*right.axes[: n - 1], right.axes[-1])]
                names[1] = f"{names[1]}.reshape({(*shape[:-1], -1, shape[-1])})"
            self._store("matmul", f"{names[0]}, {names[1]}", self._array(target), instruction.add, scale)
            return
        summed = "pqr"[: len(instruction.terms)] + (BATCH if instruction.mean else "")
        if not summed:
            names = self._broadcast(instruction, out.names)
            self._store("multiply", ", ".join(names), self._array(out), instruction.add, scale)
            return
        letters = out.names + summed
        full = [each.repeated(letters, lengths(instruction, self.batch)) for each in (x, y)]
        names = [self._array(each) for each in full]
        self._store(
            "einsum",
            f"'{letters},{letters}->{out.names}', {names[0]}, {names[1]}",
            self._array(out),
            instruction.add,
            scale,
        )

    def _scaled(self, name: str, size: int, scale: float) -> str:
        """A copy of an array, divided by the number of points."""
        key = ("scaled", name)
        if key not in self.names:
            source = self.namespace.get(name)
            if source is None:  # a view of an argument
                made = f"k{next(self.count)}"
                self.lines.append(f"{made} = {name} * {scale!r}")
            else:
                made = self._keep(np.empty_like(source))
                self.lines.append(f"multiply({name}, {scale!r}, {made})")
            self.names[key] = made
        return self.names[key]

    def _store(self, function: str, arguments: str, out: str, add: bool, scale: float) -> None:
        """The line or lines that put a result, or add it."""
        if add:
            factor = f" * {scale!r}" if scale != 1.0 else ""
            self.lines.append(f"add({out}, {function}({arguments}){factor}, {out})")
            return
        self.lines.append(f"{function}({arguments}, out={out})")
        if scale != 1.0:
            self.lines.append(f"multiply({out}, {scale!r}, {out})")

    def _reduce(self, instruction: Reduce) -> None:
        target = layout(instruction, instruction.out, self.batch)
        terms = "pqr"[: len(instruction.terms)]
        (operand,) = [each for each in instruction.operands if isinstance(each, View)]
        x = layout(instruction, operand, self.batch).ordered(terms + target.names)
        repeated = x.repeated(terms + target.names, lengths(instruction, self.batch))
        x = x._replace(axes=repeated.axes[: len(terms)] + x.axes[len(terms) :])
        source, out = self._array(x), self._array(target)
        if instruction.primitive is SUM:
            value = f"add.reduce({source}, axis={tuple(range(len(terms)))}" if terms else source
        else:
            value = f"{self._keep(_logsumexp)}({source}, {len(terms)}"
        close = ")" * (value is not source)
        fits = [a.length for a in x.axes[len(terms) :]] == [a.length for a in target.axes]
        if instruction.add:
            self.lines.append(f"add({out}, {value}{close}, {out})")
        elif instruction.primitive is SUM and terms and fits:
            self.lines.append(f"{value}, out={out})")
        else:
            self.lines.append(f"copyto({out}, {value}{close})")

    def _gather(self, instruction: Gather) -> None:
        (view,) = [operand for operand in instruction.operands if isinstance(operand, View)]
        index = self._keep(np.maximum(instruction.index, 0))
        out = self._array(layout(instruction, instruction.out, self.batch))
        if view.block.kind == "points":
            self.lines.append(f"copyto({out}, take(points, {index}, 1).T)")
        elif view.block.kind == "theta":
            self.lines.append(f"take(theta, {index}, 0, {out}, 'clip')")
        else:
            whole = replace(instruction, loops=(view.block.n_rows,))
            source = self._array(layout(whole, view, self.batch))
            self.lines.append(f"take({source}, {index}, 0, {out}, 'clip')")
        if (instruction.index < 0).any():
            padded = self._keep(np.flatnonzero(instruction.index < 0))
            self.lines.append(f"{out}[{padded}] = {self._keep(instruction.pad)}")

    def _mean(self, instruction: Mean) -> None:
        target = layout(instruction, instruction.out, self.batch)
        (operand,) = [each for each in instruction.operands if isinstance(each, View)]
        names = "ijk"[: len(instruction.loops)] + (BATCH if operand.block.batched else "")
        source = layout(instruction, operand, self.batch).repeated(names, lengths(instruction, self.batch))
        if instruction.mean:
            weights = self.names.get("weights") or self._keep(np.full(self.batch, 1.0 / max(1, self.batch), self.dtype))
            self.names["weights"] = weights
            value = f"matmul({self._array(source)}, {weights}"
        else:
            value = self._array(source.ordered(target.names) if instruction.index is None else source)
        if instruction.index is not None:
            whole = replace(instruction, loops=(target.block.n_rows,))
            out = self._array(layout(whole, whole.out, self.batch))
            index = self._keep(instruction.index)
            self.lines.append(f"{out}[{index}] = {value}" + ")" * instruction.mean)
        elif instruction.mean:
            self.lines.append(f"{value}, out={self._array(target)})")
        else:
            self.lines.append(f"copyto({self._array(target)}, {value})")


def _function(primitive: Primitive) -> Callable[..., Array]:
    """A primitive of arrays: by the rules of IEEE arithmetic, or one of the user's, NaN where it raises."""
    if not is_custom(primitive):
        return lambda *operands: evaluate(primitive.name, operands)

    def at(*point: float) -> float:
        try:
            return primitive.forward(*map(float, point))
        except (ArithmeticError, ValueError):
            return math.nan

    return lambda *operands: np.asarray(np.vectorize(at, otypes=[float])(*operands))


def _logsumexp(x: Array, n_axes: int) -> Array:
    """`ieee`'s formula, over the first axes."""
    rows: Sequence[Array] = x.reshape(-1, *x.shape[n_axes:])  # type: ignore[assignment]
    return np.asarray(evaluate("logsumexp", rows))
