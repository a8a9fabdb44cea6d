"""The array program as a function for JAX, which compiles it for accelerators, differentiates it and shards it."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autodiff.errors import MissingDependencyError
from autodiff.primitives import POW, SUM
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
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import PreparedTape
from autodiff.program.arrays.slicing import slices

Array: TypeAlias = Any
MAX_PRODUCT_EXPONENT = 64  # powers up to this are products, and so have a value at negative numbers


def to_jax(prepared: PreparedTape, single: bool) -> Callable[[Array, Array], Array]:
    """Return f(points, theta), pure, for `jax.jit`, `jax.grad` and `jax.vmap`.

    Args:
        prepared: the program, without derivatives: JAX takes its own.
        single: whether to return a number for each point, not an array of `n_values`.

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
    if custom := prepared.tape.custom_primitives():
        raise ValueError(f"to_jax: {custom[0]!r} is not in the table, so JAX has no formula for it")
    n_inputs, n_parameters = prepared.tape.n_inputs, prepared.n_parameters
    program = array_program(prepared, False)
    formulas = _formulas()

    def f(points: Array, theta: Array) -> Array:
        points, theta = jnp.asarray(points), jnp.asarray(theta)
        if points.ndim not in (1, 2) or points.shape[-1] != n_inputs:
            raise ValueError(
                f"to_jax: expected points of shape ({n_inputs},) or (batch, {n_inputs}), got {points.shape}"
            )
        if theta.shape != (n_parameters,):
            raise ValueError(f"to_jax: expected theta of shape ({n_parameters},), got {theta.shape}")
        batch = len(points) if points.ndim == 2 else 1
        rows = _Evaluation(program, formulas, points.reshape(batch, n_inputs), theta).values().T
        rows = rows if points.ndim == 2 else rows[0]
        return rows[..., 0] if single else rows

    return f


class _Evaluation:
    """The instructions, applied to one batch of points."""

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
                    self._put(instruction, self._applied(instruction), "")
                case Contract():
                    self._put(instruction, *self._contracted(instruction))
                case Reduce():
                    self._put(instruction, self._reduced(instruction), "")
                case Gather():
                    (view,) = instruction.views
                    self._put(instruction, self._gathered(instruction, view.block), "i" + BATCH * view.block.batched)
                case Mean():
                    (view,) = instruction.views
                    self._put(instruction, self._aligned(instruction, view), "")
        return self.rows[self.program.values]

    def _applied(self, instruction: Apply) -> Array:
        """A primitive, element by element."""
        operands = [self._aligned(instruction, operand) for operand in instruction.operands]
        exponent = instruction.operands[-1] if instruction.primitive is POW else None
        if isinstance(exponent, float) and exponent.is_integer() and abs(exponent) <= MAX_PRODUCT_EXPONENT:
            return self.lax.integer_pow(operands[0], int(exponent))
        return self.formulas[instruction.primitive.name](*operands)

    def _contracted(self, instruction: Contract) -> tuple[Array, str]:
        """A sum of products, and its axes."""
        terms = TERMS[: len(instruction.terms)]
        names = []
        for view in instruction.views:
            varying = [name for name, stride in zip(instruction.lengths, view.strides, strict=True) if stride]
            names.append("".join(varying) + BATCH * view.block.batched)
        arrays = [self._read(instruction, view) for view in instruction.views]
        for name in terms:
            if name not in "".join(names):  # equal terms
                arrays[0] = arrays[0] * instruction.lengths[name]
        kept = "".join([a for a in (*instruction.lengths, BATCH) if a in "".join(names) and a not in terms])
        return self.jnp.einsum(f"{','.join(names)}->{kept}", *arrays), kept

    def _reduced(self, instruction: Reduce) -> Array:
        """A wide primitive over the terms."""
        (operand,) = instruction.operands
        x = self._aligned(instruction, operand, terms=True)
        n = len(instruction.loops)
        x = self.jnp.broadcast_to(x, (*x.shape[:n], *instruction.terms, x.shape[-1]))
        axes = tuple(range(n, n + len(instruction.terms)))
        return x.sum(axis=axes) if instruction.primitive is SUM else self.formulas["logsumexp"](x, axes)

    def _gathered(self, instruction: Gather, block: Block) -> Array:
        """Rows by their numbers."""
        rows = self._block(block)[np.maximum(instruction.index, 0)]
        is_row = instruction.index.reshape(-1, *[1] * (rows.ndim - 1)) >= 0
        return rows if is_row.all() else self.jnp.where(is_row, rows, instruction.pad)

    def _block(self, block: Block) -> Array:
        """All rows of a block."""
        if block not in self.rows:
            if block.numbers is not None:
                return self.jnp.asarray(block.numbers, self.dtype)
            shape = (block.n_rows, self.batch) if block.batched else (block.n_rows,)
            self.rows[block] = self.jnp.zeros(shape, self.dtype)
        return self.rows[block]

    def _read(self, instruction: Instruction, view: View) -> Array:
        """A view with the axes of the loops along which it varies, and of the batch."""
        loops = (instruction.loops + instruction.terms)[: len(view.strides)]
        cut = slices(view, loops)
        rows = self._block(view.block)
        tail = rows.shape[1:]
        if cut.row_indices is not None:
            return rows[cut.row_indices]
        rows = rows[cut.start : cut.stop : cut.step]
        if cut.shape:
            rows = rows.reshape(cut.shape + tail)
        if cut.parts:
            rows = rows[cut.parts]
        return rows.transpose((*cut.order, *([len(cut.order)] if tail else [])))

    def _aligned(self, instruction: Instruction, operand: View | float, *, terms: bool = False) -> Array:
        """An operand with an axis for each loop and for the batch; axes along which it does not vary have length 1."""
        if isinstance(operand, float):
            return self.jnp.asarray(operand, self.dtype)
        array = self._read(instruction, operand)
        n = len(instruction.loops) + (len(instruction.terms) if terms else 0)
        sizes = iter(array.shape)
        shape = [next(sizes) if stride else 1 for stride in operand.strides[:n]]
        return array.reshape(*shape, array.shape[-1] if operand.block.batched else 1)

    def _put(self, instruction: Instruction, value: Array, names: str) -> None:
        """Write a result into its rows; `names` are its axes, "" if it has all."""
        block, loops, jnp = instruction.out.block, instruction.loops, self.jnp
        if names:
            sizes = iter(value.shape)
            value = value.reshape([next(sizes) if name in names else 1 for name in LOOPS[: len(loops)] + BATCH])
        shape = (*loops, self.batch if block.batched else 1)
        value = jnp.broadcast_to(value, shape).reshape(-1, shape[-1])
        if not block.batched:
            value = value[:, 0]
        index = instruction.index if isinstance(instruction, Mean) else None
        rows = (instruction.out.row_numbers(loops) if index is None else index).ravel()
        whole = len(rows) == block.n_rows and bool((rows == np.arange(block.n_rows)).all())
        if instruction.add:
            value = value + self._block(block)[rows] if not whole else value + self._block(block)
        self.rows[block] = value if whole else self._block(block).at[rows].set(value)


def _formulas() -> "dict[str, Any]":
    """The table of primitives in JAX. At kinks JAX has the derivatives of docs/conventions.md."""
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
    """The logsumexp of an array over some axes, or of several arrays."""
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp

    if len(xs) == 2 and isinstance(xs[1], tuple):
        return logsumexp(xs[0], axis=xs[1])
    return logsumexp(jnp.stack(jnp.broadcast_arrays(*xs)), axis=0)
