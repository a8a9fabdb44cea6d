"""The array program as a function for JAX, which compiles it for accelerators, differentiates it and shards it."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.errors import MissingDependencyError
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import (
    ABS,
    ADD,
    DIV,
    IDENTITY,
    LARGEST,
    LOGSUMEXP,
    MUL,
    NEG,
    POW,
    SHARE,
    STOP_GRADIENT,
    SUB,
    SUM,
    WHERE,
)
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
from autodiff.program.ieee import NUMPY
from autodiff.spelling import function

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
        raise MissingDependencyError("Program.to_jax", "jax", "jax") from None
    if custom := prepared.tape.custom_primitives():
        raise ValueError(f"to_jax: {custom[0]!r} is not in the table, so JAX has no formula for it")
    n_inputs, n_parameters = prepared.tape.n_inputs, prepared.n_parameters
    program = array_program(prepared, False)

    def f(points: Array, theta: Array) -> Array:
        points, theta = jnp.asarray(points), jnp.asarray(theta)
        if points.ndim not in (1, 2) or points.shape[-1] != n_inputs:
            raise ValueError(
                f"to_jax: expected points of shape ({n_inputs},) or (batch, {n_inputs}), got {points.shape}"
            )
        if theta.shape != (n_parameters,):
            raise ValueError(f"to_jax: expected theta of shape ({n_parameters},), got {theta.shape}")
        batch = len(points) if points.ndim == 2 else 1
        rows = _Evaluation(program, points.reshape(batch, n_inputs), theta).values().T
        rows = rows if points.ndim == 2 else rows[0]
        return rows[..., 0] if single else rows

    return f


class _Evaluation:
    """The instructions, applied to one batch of points."""

    def __init__(self, program: ArrayProgram, points: Array, theta: Array) -> None:
        import jax.numpy as jnp

        self.jnp, self.program = jnp, program
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
        wide = isinstance(instruction.primitive, WidePrimitive)
        operands = [
            operand if isinstance(operand, float) and not wide else self._aligned(instruction, operand)
            for operand in instruction.operands
        ]
        if all(isinstance(operand, float) for operand in operands):
            operands = [self._aligned(instruction, operand) for operand in instruction.operands]
        if instruction.primitive is SUM:
            return sum(operands, self.jnp.zeros((), self.dtype))
        if instruction.primitive is LOGSUMEXP:
            return _logsumexp(operands)
        if wide:  # a fold: JAX shares a tie equally too
            rows = self.jnp.stack(self.jnp.broadcast_arrays(*operands))
            return rows.max(axis=0) if instruction.primitive is LARGEST else rows.min(axis=0)
        return _applied(instruction.primitive, *operands)

    def _contracted(self, instruction: Contract) -> tuple[Array, str]:
        """A sum of products, and its axes."""
        terms = TERMS[: len(instruction.terms)]
        names = []
        for view in instruction.views:
            names.append("".join([axis.name for axis in instruction.axes(view)]) + BATCH * view.block.batched)
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
        return x.sum(axis=axes) if instruction.primitive is SUM else _logsumexp_over(axes)(x)

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
        cut = slices(view, instruction.axes(view))
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


class _Number:
    """An array of JAX as the partials of the table compute with it: by operators and by primitives."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def record(self, primitive: Primitive, *operands: Any) -> "_Number":
        """The application of a primitive; so do Values record it."""
        return _Number(_applied(primitive, *[x.array if isinstance(x, _Number) else float(x) for x in operands]))

    def __neg__(self) -> "_Number":
        return self.record(NEG, self)

    def __abs__(self) -> "_Number":
        return self.record(ABS, self)


def _add_operators() -> None:
    for name, primitive in (("add", ADD), ("sub", SUB), ("mul", MUL), ("truediv", DIV), ("pow", POW)):
        setattr(_Number, f"__{name}__", lambda x, y, primitive=primitive: x.record(primitive, x, y))
        setattr(_Number, f"__r{name}__", lambda x, y, primitive=primitive: x.record(primitive, y, x))


_add_operators()


def _applied(primitive: Primitive, *operands: Any) -> Array:
    """A narrow primitive of arrays and floats, with the derivatives of the table."""
    places = tuple([i for i, x in enumerate(operands) if not isinstance(x, float)])
    fixed = tuple([(i, x) for i, x in enumerate(operands) if isinstance(x, float)])
    exponent = dict(fixed).get(1, 0.5)
    if primitive is POW and exponent.is_integer() and abs(exponent) <= MAX_PRODUCT_EXPONENT:
        from jax import lax

        return lax.integer_pow(operands[0], int(exponent))
    return _formula(primitive, places, fixed)(*[operands[i] for i in places])


@functools.lru_cache(maxsize=1024)
def _formula(
    primitive: Primitive, places: tuple[int, ...], fixed: tuple[tuple[int, float], ...]
) -> Callable[..., Array]:
    """A primitive as a function of the operands at some places; the others are fixed numbers."""
    import jax
    import jax.numpy as jnp

    formula = function(primitive, NUMPY, {"np": jnp})

    def all_operands(arrays: Sequence[Any]) -> list[Any]:
        by_place = {**dict(zip(places, arrays, strict=True)), **dict(fixed)}
        return [by_place[i] for i in range(len(by_place))]

    def value(*arrays: Array) -> Array:
        return formula(*all_operands(arrays))

    if primitive is STOP_GRADIENT:
        return lambda x: jax.lax.stop_gradient(x)
    if primitive is WHERE:
        return lambda *arrays: _where(*all_operands(arrays))
    if primitive in (IDENTITY, ADD, SUB, MUL, NEG):  # JAX has the same derivatives, and compiles them faster
        return value
    with_slopes: Any = jax.custom_jvp(value)

    def push_forward(arrays: Sequence[Array], tangents: Sequence[Any]) -> tuple[Array, Array]:
        out = with_slopes(*arrays)
        numbers = all_operands([_Number(x) for x in arrays])
        total = jnp.zeros_like(out)
        for i, tangent in zip(places, tangents, strict=True):
            if not isinstance(tangent, jax.custom_derivatives.SymbolicZero):
                slope = primitive.partials[i](_Number(out), *numbers)
                total = total + (slope.array if isinstance(slope, _Number) else slope) * tangent
        return out, total

    with_slopes.defjvp(push_forward, symbolic_zeros=True)
    result: Callable[..., Array] = with_slopes
    return result


def _where(condition: Any, x: Any, y: Any) -> Array:
    """The choice of JAX, whose derivative leaves the other side out; NaN where the condition is NaN."""
    import jax
    import jax.numpy as jnp

    condition = jax.lax.stop_gradient(jnp.asarray(condition))
    choice = jnp.where(jnp.abs(condition) > 0.0, x, jnp.where(condition == 0.0, y, x + y))
    return choice * jnp.where(jnp.isnan(condition), jnp.nan, 1.0)


def _logsumexp(xs: Sequence[Array]) -> Array:
    """The logsumexp of several arrays."""
    import jax.numpy as jnp

    return _logsumexp_over((0,))(jnp.stack(jnp.broadcast_arrays(*xs)))


@functools.lru_cache(maxsize=64)
def _logsumexp_over(axes: tuple[int, ...]) -> Callable[[Array], Array]:
    """The logsumexp over some axes, with the shares of the table as its derivatives."""
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp

    with_shares: Any = jax.custom_jvp(lambda x: logsumexp(x, axis=axes))

    def push_forward(arrays: Sequence[Array], tangents: Sequence[Array]) -> tuple[Array, Array]:
        (x,), (tangent,) = arrays, tangents
        out = with_shares(x)
        if out.size == x.size:
            return out, tangent.reshape(out.shape)
        shares = _applied(SHARE, x, jnp.expand_dims(out, axes))
        return out, (shares / shares.sum(axis=axes, keepdims=True) * tangent).sum(axis=axes)

    with_shares.defjvp(push_forward)
    result: Callable[[Array], Array] = with_shares
    return result
