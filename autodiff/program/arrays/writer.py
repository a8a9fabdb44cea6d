"""The numpy function of an array program, for batches of one length: one call a line, into memory made beforehand.

A call of the function makes views of its own arguments, and computes; everything else is done here.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from autodiff.primitives import SIGMOID, SUM
from autodiff.program.arrays.instructions import (
    BATCH,
    LOOPS,
    TERMS,
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
from autodiff.program.arrays.memory import Memory
from autodiff.program.arrays.strides import StridedArray, lengths, product, strided_array
from autodiff.program.arrays.ufuncs import ADDED, NAMESPACE, calls
from autodiff.program.ieee import apply, evaluate

Array: TypeAlias = np.ndarray[Any, Any]
NUMPY = {**NAMESPACE, **{name: getattr(np, name) for name in ("einsum", "take", "copyto", "ndarray")}}


class FunctionWriter:
    """Writes the function of one array program for one length of batches; if `exact`, with sigmoids as in `ieee`."""

    def __init__(
        self, program: ArrayProgram, memory: Memory, dtype: "np.dtype[Any]", batch: int, exact: bool = False
    ) -> None:
        self.program, self.memory, self.dtype, self.batch, self.exact = program, memory, dtype, batch, exact
        self.batched = np.empty(memory.batched * batch, dtype)
        self.single = np.empty(memory.single, dtype)
        self.namespace: dict[str, Any] = {**NUMPY, "apply": apply}
        self.header: list[str] = []  # views of the arguments
        self.lines: list[str] = []
        self.names: dict[object, str] = {}
        self.numbers: dict[Block, Array] = {}
        self.count = itertools.count()

    def function(self) -> Callable[..., None]:
        """Return the function, of (points, theta, values, gradient)."""
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
        """Name an object of the function."""
        name = f"k{next(self.count)}"
        self.namespace[name] = thing
        return name

    def _array(self, array: StridedArray) -> str:
        """The name of an array."""
        block, shape = array.block, tuple([axis.length for axis in array.axes])
        key = (id(block), array.offset, shape, tuple([axis.stride for axis in array.axes]))
        if key not in self.names:
            size = self.dtype.itemsize
            strides = tuple([axis.stride * size for axis in array.axes])
            if block.kind in ("rows", "numbers"):
                base, first = self._base(block)
                view = np.ndarray(shape, self.dtype, base, (first + array.offset) * size, strides)
                self.names[key] = self._keep(view)
            else:
                name = self.names[key] = f"k{next(self.count)}"
                self.namespace["real"] = self.dtype
                self.header.append(f"{name} = ndarray({shape}, real, {block.kind}, {array.offset * size}, {strides})")
        return self.names[key]

    def _base(self, block: Block) -> tuple[Array, int]:
        """The memory of a block, and its beginning there, in numbers."""
        if block.kind == "numbers":
            if block not in self.numbers:
                self.numbers[block] = np.ascontiguousarray(block.numbers, self.dtype)
            return self.numbers[block], 0
        first = self.memory.rows[block]
        return (self.batched, first * self.batch) if block.batched else (self.single, first)

    def _strided(self, instruction: Instruction, view: View) -> StridedArray:
        return strided_array(instruction, view, self.batch)

    def _broadcast(self, instruction: Instruction, names: str) -> list[str]:
        """The operands as arrays of these axes; axes along which they do not vary have length 1."""
        return [
            self._array(self._strided(instruction, operand).ordered(names))
            if isinstance(operand, View)
            else repr(operand)
            if math.isfinite(operand)
            else self._keep(operand)
            for operand in instruction.operands
        ]

    # --------------------------------------------------------------------------------------------- instructions

    def _apply(self, instruction: Apply) -> None:
        target = self._strided(instruction, instruction.out)
        out = self._array(target)
        operands = self._broadcast(instruction, target.names)
        primitive = instruction.primitive
        exponent = instruction.operands[1] if len(operands) == 2 else None
        template = calls(primitive, exponent if isinstance(exponent, float) else None)
        template = ADDED[primitive] if instruction.add else template
        if template is None or (self.exact and primitive is SIGMOID):
            template = f"copyto({{o}}, apply({self._keep(primitive)}, [{', '.join(operands)}]), casting='same_kind')"
        self.lines.append(template.format(o=out, x=operands[0] if operands else "", y=operands[-1] if operands else ""))

    def _contract(self, instruction: Contract) -> None:
        x, y = [self._strided(instruction, view) for view in instruction.views]
        out = self._strided(instruction, instruction.out)
        scale = 1.0 / self.batch if instruction.mean and self.batch else 1.0
        summed = TERMS[: len(instruction.terms)] + BATCH * instruction.mean
        if self._matmul(instruction, x, y, out, scale):
            return
        letters = out.names + summed
        names = [self._array(each.repeated(letters, lengths(instruction, self.batch))) for each in (x, y)]
        arguments = f"'{letters},{letters}->{out.names}', {names[0]}, {names[1]}"
        self._store("einsum", arguments, self._array(out), instruction.add, scale)

    def _matmul(self, instruction: Contract, x: StridedArray, y: StridedArray, out: StridedArray, scale: float) -> bool:
        """Write a contraction as a matrix product; return whether it is one."""
        matrices = product(instruction, x, y, out)
        if matrices is None:
            return False
        outer, rows, columns, inner = matrices.outer, matrices.rows or "-", matrices.columns or "-", matrices.inner
        left = x.ordered(outer + rows + inner)
        right = y.ordered(outer + inner + columns)
        target = out.ordered(outer + rows + columns)
        sizes = [math.prod([axis.length for axis in each.axes]) for each in (left, right, target)]
        names = [self._array(left), self._array(right)]
        if instruction.mean and min(sizes[:2]) < sizes[2]:
            k = sizes[1] < sizes[0]
            names[k] = self._scaled(names[k], scale)
            scale = 1.0
        if len(inner) > 1:
            n = len(outer) + 1
            names[0] = f"{names[0]}.reshape({(*[axis.length for axis in left.axes[:n]], -1)})"
            shape = [axis.length for axis in (*right.axes[: n - 1], right.axes[-1])]
            names[1] = f"{names[1]}.reshape({(*shape[:-1], -1, shape[-1])})"
        self._store("matmul", f"{names[0]}, {names[1]}", self._array(target), instruction.add, scale)
        return True

    def _scaled(self, name: str, scale: float) -> str:
        """A copy of an array, times `scale`."""
        key = ("scaled", name)
        if key not in self.names:
            source = self.namespace.get(name)
            if source is None:  # a view of an argument
                copy = f"k{next(self.count)}"
                self.lines.append(f"{copy} = {name} * {scale!r}")
            else:
                copy = self._keep(np.empty_like(source))
                self.lines.append(f"multiply({name}, {scale!r}, {copy})")
            self.names[key] = copy
        return self.names[key]

    def _store(self, function: str, arguments: str, out: str, add: bool, scale: float) -> None:
        """Write the lines that store a result, or add it."""
        if add:
            factor = f" * {scale!r}" if scale != 1.0 else ""
            self.lines.append(f"add({out}, {function}({arguments}){factor}, {out})")
            return
        self.lines.append(f"{function}({arguments}, out={out})")
        if scale != 1.0:
            self.lines.append(f"multiply({out}, {scale!r}, {out})")

    def _reduce(self, instruction: Reduce) -> None:
        target = self._strided(instruction, instruction.out)
        terms = TERMS[: len(instruction.terms)]
        (view,) = instruction.views
        x = self._strided(instruction, view).ordered(terms + target.names)
        repeated = x.repeated(terms + target.names, lengths(instruction, self.batch))
        x = x._replace(axes=repeated.axes[: len(terms)] + x.axes[len(terms) :])
        source, out = self._array(x), self._array(target)
        if instruction.primitive is SUM:
            value = f"add.reduce({source}, axis={tuple(range(len(terms)))}"
        else:
            value = f"{self._keep(_logsumexp)}({source}, {len(terms)}"
        fits = [axis.length for axis in x.axes[len(terms) :]] == [axis.length for axis in target.axes]
        if instruction.add:
            self.lines.append(f"add({out}, {value}), {out})")
        elif instruction.primitive is SUM and fits:
            self.lines.append(f"{value}, out={out})")
        else:
            self.lines.append(f"copyto({out}, {value}))")

    def _gather(self, instruction: Gather) -> None:
        (view,) = instruction.views
        index = self._keep(np.maximum(instruction.index, 0))
        out = self._array(self._strided(instruction, instruction.out))
        if view.block.kind == "points":
            self.lines.append(f"copyto({out}, take(points, {index}, 1).T)")
        else:
            all_rows = replace(instruction, loops=(view.block.n_rows,))
            source = self._array(self._strided(all_rows, view))
            self.lines.append(f"take({source}, {index}, 0, {out}, 'clip')")
        if (instruction.index < 0).any():
            padded = self._keep(np.flatnonzero(instruction.index < 0))
            self.lines.append(f"{out}[{padded}] = {self._keep(instruction.pad)}")

    def _mean(self, instruction: Mean) -> None:
        target = self._strided(instruction, instruction.out)
        (view,) = instruction.views
        names = LOOPS[: len(instruction.loops)] + BATCH * view.block.batched
        source = self._strided(instruction, view).repeated(names, lengths(instruction, self.batch))
        if instruction.mean:
            weights = self.names.get("weights") or self._keep(np.full(self.batch, 1.0 / max(1, self.batch), self.dtype))
            self.names["weights"] = weights
            value = f"matmul({self._array(source)}, {weights}"
        else:
            value = self._array(source)
        if instruction.index is not None:
            all_rows = replace(instruction, loops=(target.block.n_rows,))
            out = self._array(self._strided(all_rows, instruction.out))
            index = self._keep(instruction.index)
            self.lines.append(f"{out}[{index}] = {value}" + ")" * instruction.mean)
        else:
            self.lines.append(f"{value}, out={self._array(target)})")


def _logsumexp(x: Array, n_axes: int) -> Array:
    """The logsumexp of `ieee`, over the first axes."""
    rows: Sequence[Array] = x.reshape(-1, *x.shape[n_axes:])  # type: ignore[assignment]
    return np.asarray(evaluate("logsumexp", rows))
