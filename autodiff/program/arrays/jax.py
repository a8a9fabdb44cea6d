"""The array program as a function for JAX, which compiles it for accelerators, differentiates it and shards it."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autodiff.errors import MissingDependencyError
from autodiff.primitives import POW, SUM
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
from autodiff.program.arrays.slicing import reading
from autodiff.program.tape import Tape

Array: TypeAlias = Any
LOOPS, TERMS = "ijk", "pqr"
MULTIPLIED = 64  # exponents up to this are products, and so have a value at negative numbers


def to_jax(tape: Tape, n_values: int, single: bool, n_data: int = 0) -> Callable[[Array, Array], Array]:
    """Return f(points, theta), pure, for `jax.jit`, `jax.grad` and `jax.vmap`.

    Args:
        tape: the program, without derivatives: JAX takes its own.
        n_values: how many outputs.
        single: whether to return a number for each point, not an array of `n_values`.
        n_data: how many of the parameters, the last ones, are numbers that never change.

    Returns:
        A function of points (n_inputs,) or (batch, n_inputs) and theta (n_parameters,), arrays of one dtype, to () or
        (batch,), or with `n_values` behind. Shapes are those of `Program.__call__`.

    Raises:
        MissingDependencyError: if JAX is not installed.
        ValueError: if a primitive is not in the table.
    """
    try:
        import jax.numpy as jnp
    except ImportError:
        raise MissingDependencyError("Program.to_jax", "jax", "peers") from None
    if own := tape.custom_primitives():
        raise ValueError(f"to_jax: {own[0]!r} is not in the table, so JAX has no formula for it")
    program = lower(tape, n_values, False, n_data)
    formulas = _formulas()

    def f(points: Array, theta: Array) -> Array:
        points, theta = jnp.asarray(points), jnp.asarray(theta)
        if points.ndim not in (1, 2) or points.shape[-1] != tape.n_inputs:
            n = tape.n_inputs
            raise ValueError(f"to_jax: expected points of shape ({n},) or (batch, {n}), got {points.shape}")
        if theta.shape != (tape.n_parameters - n_data,):
            raise ValueError(f"to_jax: expected theta of shape ({tape.n_parameters - n_data},), got {theta.shape}")
        batch = len(points) if points.ndim == 2 else 1
        rows = _Run(program, formulas, points.reshape(batch, tape.n_inputs), theta).values().T
        rows = rows if points.ndim == 2 else rows[0]
        return rows[..., 0] if single else rows

    return f


class _Run:
    """One evaluation."""

    def __init__(self, program: ArrayProgram, formulas: "dict[str, Any]", points: Array, theta: Array) -> None:
        import jax.numpy as jnp
        from jax import lax

        self.lax = lax
        self.jnp, self.program, self.formulas = jnp, program, formulas
        self.dtype, self.batch = jnp.result_type(points, theta, jnp.float32), len(points)
        self.rows: dict[Block, Array] = {
            program.points: points.T.astype(self.dtype),
            program.theta: theta.astype(self.dtype),
        }

    def values(self) -> Array:
        """The results, (n_values, batch)."""
        for instruction in self.program.instructions:
            match instruction:
                case Apply():
                    operands = [self._aligned(instruction, operand) for operand in instruction.operands]
                    exponent = instruction.operands[-1] if instruction.primitive is POW else None
                    if isinstance(exponent, float) and exponent.is_integer() and abs(exponent) <= MULTIPLIED:
                        value = self.lax.integer_pow(operands[0], int(exponent))
                    else:
                        value = self.formulas[instruction.primitive.name](*operands)
                    self._put(instruction, value, "")
                case Contract():
                    views = [view for view in instruction.operands if isinstance(view, View)]
                    names, letters = [], _names(instruction)
                    for view in views:
                        used = [name for name, stride in zip(letters, view.strides, strict=True) if stride]
                        names.append("".join(used) + "b" * view.block.batched)
                    absent = "".join([name for name in TERMS[: len(instruction.terms)] if name not in "".join(names)])
                    arrays = [self._read(instruction, view) for view in views]
                    for name in absent:  # equal terms, added as often as there are
                        arrays[0] = arrays[0] * instruction.terms[TERMS.index(name)]
                    kept = "".join([name for name in (*letters, "b") if name in "".join(names) and name not in TERMS])
                    product = self.jnp.einsum(f"{','.join(names)}->{kept}", *arrays)
                    self._put(instruction, product, kept)
                case Reduce():
                    (operand,) = instruction.operands
                    x = self._aligned(instruction, operand, terms=True)
                    axes = tuple(range(len(instruction.loops), len(instruction.loops) + len(instruction.terms)))
                    shape = list(x.shape)
                    for axis, length in zip(axes, instruction.terms, strict=True):
                        shape[axis] = length
                    x = self.jnp.broadcast_to(x, shape)
                    value = x.sum(axis=axes) if instruction.primitive is SUM else self.formulas["logsumexp"](x, axes)
                    self._put(instruction, value, "")
                case Gather():
                    (view,) = [each for each in instruction.operands if isinstance(each, View)]
                    self._put(instruction, self._gathered(instruction, view.block), "ib" if view.block.batched else "i")
                case Mean():
                    (view,) = [each for each in instruction.operands if isinstance(each, View)]
                    self._put(instruction, self._aligned(instruction, view), "")
        return self.rows[self.program.values]

    def _block(self, block: Block) -> Array:
        """All rows of a block."""
        if block not in self.rows:
            if block.numbers is not None:
                return self.jnp.asarray(block.numbers, self.dtype)
            shape = (block.n_rows, self.batch) if block.batched else (block.n_rows,)
            self.rows[block] = self.jnp.zeros(shape, self.dtype)
        return self.rows[block]

    def _gathered(self, instruction: Gather, block: Block) -> Array:
        """Rows by their numbers."""
        rows = self._block(block)[np.maximum(instruction.index, 0)]
        there = instruction.index.reshape(-1, *[1] * (rows.ndim - 1)) >= 0
        return rows if there.all() else self.jnp.where(there, rows, instruction.pad)

    def _read(self, instruction: Instruction, view: View) -> Array:
        """A view: its loops, without those that it does not vary along, and the batch."""
        lengths = instruction.loops + instruction.terms
        found = reading(view, lengths[: len(view.strides)])
        rows = self._block(view.block)
        tail = rows.shape[1:]
        if found.by_number is not None:
            return rows[found.by_number]
        rows = rows[found.start : found.stop : found.step]
        if found.shape:
            rows = rows.reshape(found.shape + tail)
        if found.parts:
            rows = rows[found.parts]
        axes = (*found.order, *([len(found.order)] if tail else []))
        return rows.transpose(axes)

    def _aligned(self, instruction: Instruction, operand: View | float, *, terms: bool = False) -> Array:
        """An operand with an axis for each loop and for the batch, of length 1 where it does not vary."""
        if isinstance(operand, float):
            return self.jnp.asarray(operand, self.dtype)
        array = self._read(instruction, operand)
        n = len(instruction.loops) + (len(instruction.terms) if terms else 0)
        sizes = iter(array.shape)
        shape = [next(sizes) if stride else 1 for stride in operand.strides[:n]]
        return array.reshape(*shape, array.shape[-1] if operand.block.batched else 1)

    def _put(self, instruction: Instruction, value: Array, names: str) -> None:
        """Write a result to where it goes; `names` are its axes, "" if it has all."""
        block, jnp = instruction.out.block, self.jnp
        if names:
            sizes = iter(value.shape)
            letters = LOOPS[: len(instruction.loops)] + "b"
            value = value.reshape([next(sizes) if name in names else 1 for name in letters])
        shape = (*instruction.loops, self.batch if block.batched else 1)
        value = jnp.broadcast_to(value, shape).reshape(-1, shape[-1])
        if not block.batched:
            value = value[:, 0]
        index = getattr(instruction, "index", None)
        rows = instruction.out.offset + sum(
            [
                np.arange(n).reshape([-1 if a == axis else 1 for a in range(len(instruction.loops))]) * stride
                for axis, (n, stride) in enumerate(zip(instruction.loops, instruction.out.strides, strict=True))
            ],
            start=np.zeros(instruction.loops, dtype=np.int64),
        )
        rows = np.asarray(index if index is not None and isinstance(instruction, Mean) else rows).ravel()
        whole = len(rows) == block.n_rows and bool((rows == np.arange(block.n_rows)).all())
        if instruction.add:
            value = value + self._block(block)[rows] if not whole else value + self._block(block)
        self.rows[block] = value if whole else self._block(block).at[rows].set(value)


def _names(instruction: Instruction) -> str:
    """The letters of the loops and terms."""
    return LOOPS[: len(instruction.loops)] + TERMS[: len(instruction.terms)]


def _formulas() -> "dict[str, Any]":
    """The table of primitives in JAX; at kinks JAX's derivatives are those of docs/conventions.md."""
    import jax
    import jax.numpy as jnp

    def slope(x: Array, y: Array) -> Array:
        return jnp.where(y == 0.0, 0.0, y * jnp.power(x, y - 1.0))

    same = {name: getattr(jnp, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh")}
    same |= {name: getattr(jnp, name) for name in ("cosh", "tanh", "abs", "sign", "maximum", "minimum")}
    return {
        **same,
        "identity": lambda x: x,
        "add": jnp.add,
        "sub": jnp.subtract,
        "mul": jnp.multiply,
        "div": jnp.divide,
        "neg": jnp.negative,
        "pow": jnp.power,
        "pow_slope": slope,
        "reciprocal": lambda x: 1.0 / (x + 0.0),
        "log_or_zero": lambda x: jnp.where(x == 0.0, 0.0, jnp.log(jnp.where(x == 0.0, 1.0, x))),
        "asin": jnp.arcsin,
        "acos": jnp.arccos,
        "atan": jnp.arctan,
        "sigmoid": jax.nn.sigmoid,
        "softplus": jax.nn.softplus,
        "relu": jax.nn.relu,
        "step": lambda x: jnp.where(x > 0.0, 1.0, jnp.where(x <= 0.0, 0.0, x)),
        "compare": lambda x, y: jnp.sign(x - y),
        "sum": lambda *xs: sum(xs, jnp.zeros(())),
        "logsumexp": _logsumexp,
    }


def _logsumexp(*xs: Any) -> Array:
    """Of an array over some axes, or of several arrays."""
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp

    if len(xs) == 2 and isinstance(xs[1], tuple):
        return logsumexp(xs[0], axis=xs[1])
    return logsumexp(jnp.stack(jnp.broadcast_arrays(*xs)), axis=0)
