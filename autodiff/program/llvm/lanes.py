"""`Lanes`: LLVM IR written as formulas. An operator on `Lanes` emits one instruction that works on every point at once.

A vector `<8 x double>` holds eight points, one in each lane, and so a formula written here reads as in numpy:
`where(x < 0.0, 0.0, x)` is relu, and emits a comparison and a selection. Nothing is computed in Python.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

DOUBLE = ir.DoubleType()
INT64 = ir.IntType(64)


def constant(kind: Any, number: float) -> Any:
    """`number` in every lane of a vector of this type."""
    return _constant(kind, repr(number))  # repr tells 0.0 from -0.0


@functools.lru_cache(maxsize=1024)  # a program has few different constants, and writes each many times
def _constant(kind: Any, number: str) -> Any:
    value = int(number) if isinstance(kind.element, ir.IntType) else float(number)
    return ir.Constant(kind, [value] * kind.count)


class Lanes:
    """Floating-point numbers, one a lane. A plain number beside it stands in every lane."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def lift(self, other: "Lanes | float") -> "Lanes":
        """`other`, as lanes of this type."""
        return other if isinstance(other, Lanes) else Lanes(self.builder, constant(self.value.type, other))

    def __add__(self, other: "Lanes | float") -> "Lanes":
        return Lanes(self.builder, self.builder.fadd(self.value, self.lift(other).value))

    def __sub__(self, other: "Lanes | float") -> "Lanes":
        return Lanes(self.builder, self.builder.fsub(self.value, self.lift(other).value))

    def __mul__(self, other: "Lanes | float") -> "Lanes":
        return Lanes(self.builder, self.builder.fmul(self.value, self.lift(other).value))

    def __truediv__(self, other: "Lanes | float") -> "Lanes":
        return Lanes(self.builder, self.builder.fdiv(self.value, self.lift(other).value))

    def __radd__(self, other: float) -> "Lanes":
        return self.lift(other) + self

    def __rsub__(self, other: float) -> "Lanes":
        return self.lift(other) - self

    def __rmul__(self, other: float) -> "Lanes":
        return self.lift(other) * self

    def __rtruediv__(self, other: float) -> "Lanes":
        return self.lift(other) / self

    def __neg__(self) -> "Lanes":
        return Lanes(self.builder, self.builder.fneg(self.value))

    def __abs__(self) -> "Lanes":
        return intrinsic("fabs", self)

    def __lt__(self, other: "Lanes | float") -> "Mask":
        return self.compare("<", other)

    def __le__(self, other: "Lanes | float") -> "Mask":
        return self.compare("<=", other)

    def __gt__(self, other: "Lanes | float") -> "Mask":
        return self.compare(">", other)

    def __ge__(self, other: "Lanes | float") -> "Mask":
        return self.compare(">=", other)

    def equals(self, other: "Lanes | float") -> "Mask":
        """The lanes where the two are equal."""
        return self.compare("==", other)

    def is_nan(self) -> "Mask":
        """The lanes that hold NaN."""
        return Mask(self, self.builder.fcmp_unordered("uno", self.value, self.value))

    def compare(self, relation: str, other: "Lanes | float") -> "Mask":
        """The lanes where the relation holds; it never holds for NaN."""
        return Mask(self, self.builder.fcmp_ordered(relation, self.value, self.lift(other).value))

    def bits(self) -> "Bits":
        """The 64 bits of each double, as an integer: sign, 11 of exponent + 1023, 52 of mantissa."""
        return Bits(self.builder, self.builder.bitcast(self.value, ir.VectorType(INT64, self.value.type.count)))


class Bits:
    """64-bit integers, one a lane. Sums wrap around; `>>` fills with zeros."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def emit(self, instruction: str, other: "Bits | int") -> "Bits":
        """One instruction on integers."""
        operand = other.value if isinstance(other, Bits) else constant(self.value.type, other)
        return Bits(self.builder, getattr(self.builder, instruction)(self.value, operand))

    def __add__(self, other: "Bits | int") -> "Bits":
        return self.emit("add", other)

    def __sub__(self, other: "Bits | int") -> "Bits":
        return self.emit("sub", other)

    def __rsub__(self, other: int) -> "Bits":
        return Bits(self.builder, constant(self.value.type, other)) - self

    def __and__(self, other: "Bits | int") -> "Bits":
        return self.emit("and_", other)

    def __or__(self, other: "Bits | int") -> "Bits":
        return self.emit("or_", other)

    def __xor__(self, other: "Bits | int") -> "Bits":
        return self.emit("xor", other)

    def __lshift__(self, count: int) -> "Bits":
        return self.emit("shl", count)

    def __rshift__(self, count: int) -> "Bits":
        return self.emit("lshr", count)

    def equals(self, other: int) -> "Mask":
        """The lanes that hold this integer."""
        return Mask(self.floats(), self.builder.icmp_unsigned("==", self.value, constant(self.value.type, other)))

    def floats(self) -> Lanes:
        """The doubles that have these bits."""
        return Lanes(self.builder, self.builder.bitcast(self.value, ir.VectorType(DOUBLE, self.value.type.count)))


class Mask:
    """Yes or no for each lane of `lanes`."""

    __slots__ = ("lanes", "value")

    def __init__(self, lanes: Lanes, value: Any) -> None:
        self.lanes = lanes
        self.value = value

    def __and__(self, other: "Mask") -> "Mask":
        return Mask(self.lanes, self.lanes.builder.and_(self.value, other.value))

    def __invert__(self) -> "Mask":
        return Mask(self.lanes, self.lanes.builder.not_(self.value))


def where(mask: Mask, yes: Lanes | float, no: Lanes | float) -> Lanes:
    """`yes` in the lanes of the mask, `no` in the others: `numpy.where`. A selection, not a branch."""
    lift, builder = mask.lanes.lift, mask.lanes.builder
    return Lanes(builder, builder.select(mask.value, lift(yes).value, lift(no).value))


def where_rarely(mask: Mask, yes: Callable[[], Lanes], no: Lanes) -> Lanes:
    """`where`, with a branch around `yes` that is taken when no lane needs it."""
    builder = mask.lanes.builder
    bits = ir.IntType(mask.value.type.count)
    some = builder.icmp_unsigned("!=", builder.bitcast(mask.value, bits), ir.Constant(bits, 0))
    before = builder.block
    with builder.if_then(some, likely=False):
        mixed = where(mask, yes(), no)
        rare = builder.block
    result = builder.phi(no.value.type)
    result.add_incoming(no.value, before)
    result.add_incoming(mixed.value, rare)
    return Lanes(builder, result)


def intrinsic(name: str, *operands: Lanes) -> Lanes:
    """An instruction that LLVM spells as a function, such as `fabs`, `sqrt` and `copysign`."""
    builder, kind = operands[0].builder, operands[0].value.type
    overload = f"llvm.{name}.v{kind.count}{'f64' if kind.element == DOUBLE else 'f32'}"
    function = _declared(builder.module, overload, kind, len(operands))
    return Lanes(builder, builder.call(function, [operand.value for operand in operands]))


def fma(x: Lanes, y: Lanes | float, z: Lanes | float) -> Lanes:
    """x * y + z: one instruction with one rounding where the processor has it, and two elsewhere."""
    return intrinsic("fmuladd", x, x.lift(y), x.lift(z))


def polynomial(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """c0 + x (c1 + c2 x + ...), with the bracket by Horner's rule in x**2: its even and odd powers run abreast.

    c0 is added last: where it is the largest term, as it is here, only one rounding counts.
    """
    square, rest = x * x, coefficients[1:]
    even, odd = _horner(square, rest[0::2]), _horner(square, rest[1::2])
    return fma(x, fma(x, odd, even), coefficients[0])


def _horner(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """c0 + x (c1 + x (c2 + ...))."""
    total = x.lift(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = fma(x, total, c)
    return total


def in_double(formula: Callable[..., Lanes]) -> Callable[..., Lanes]:
    """The formula, which is for doubles, on lanes of either type: floats are widened before and narrowed after."""

    @functools.wraps(formula)
    def either(*operands: Lanes) -> Lanes:
        builder, kind = operands[0].builder, operands[0].value.type
        wide = ir.VectorType(DOUBLE, kind.count)
        if kind == wide:
            return formula(*operands)
        result = formula(*[Lanes(builder, builder.fpext(operand.value, wide)) for operand in operands])
        return Lanes(builder, builder.fptrunc(result.value, kind))

    return either


def lane_by_lane(name: str, *operands: Lanes) -> Lanes:
    """The C library's function of this name, called for one lane of doubles after the other: slow, right everywhere.

    The calls are in a function of their own, one for each module, so that the code around them stays short.
    """
    builder, kind = operands[0].builder, operands[0].value.type
    scalar = _declared(builder.module, name, DOUBLE, len(operands))
    calls = _declared(builder.module, f"{name}.{kind.count}", kind, len(operands))
    if calls.is_declaration:
        calls.linkage = "internal"
        calls.attributes.add("noinline")
        inside = ir.IRBuilder(calls.append_basic_block())
        result = ir.Constant(kind, ir.Undefined)
        for lane in range(kind.count):
            at = ir.Constant(ir.IntType(32), lane)
            number = inside.call(scalar, [inside.extract_element(x, at) for x in calls.args])
            result = inside.insert_element(result, number, at)
        inside.ret(result)
    return Lanes(builder, builder.call(calls, [operand.value for operand in operands]))


def _declared(module: Any, name: str, kind: Any, count: int) -> Any:
    """The module's function of this name, with `count` operands and a result of one type."""
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(kind, [kind] * count), name)
