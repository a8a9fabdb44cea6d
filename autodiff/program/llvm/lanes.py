"""`Lanes`: LLVM instructions written as formulas. An operator on `Lanes` writes one instruction for all points at once.

A vector `<8 x double>` holds eight points, one in each lane. A formula on `Lanes` therefore reads as in numpy:
`where(x < 0.0, 0.0, x)` is relu, and writes a comparison and a selection. Python computes nothing here.
"""

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

from autodiff.program.llvm.text import UNLIKELY, Function, Vector, constant, lanes_literal, vector

T = TypeVar("T")


N = TypeVar("N", bound="Numbers")


def _operator(instruction: str) -> "Callable[[N, N | float], N]":
    """The operator that writes an instruction."""
    return lambda x, y: x.operate(instruction, y)


def _reflected(instruction: str) -> "Callable[[N, float], N]":
    return lambda x, y: type(x)(x.function, x.kind, constant(x.kind, y)).operate(instruction, x)


def _relation(relation: str) -> "Callable[[Lanes, Lanes | float], Mask]":
    return lambda x, y: x.compare(relation, y)


class Numbers:
    """Numbers of a type, one for each lane. A plain number in a formula stands in every lane."""

    __slots__ = ("function", "kind", "name")

    def __init__(self, function: Function, kind: Vector, name: str) -> None:
        self.function = function  # where instructions are written
        self.kind = kind  # the type of the vector
        self.name = name  # of the value, or a literal

    def operate(self: N, instruction: str, other: "N | float") -> N:
        """Write an instruction with two operands."""
        operand = other.name if isinstance(other, Numbers) else constant(self.kind, other)
        result = self.function.assign(f"{instruction} {self.kind.text} {self.name}, {operand}")
        return type(self)(self.function, self.kind, result)

    def cast(self, instruction: str, element: str) -> str:
        """Convert each lane to another type; return the name of the result."""
        to = vector(element, self.kind.count)
        return self.function.assign(f"{instruction} {self.kind.text} {self.name} to {to.text}")


class Lanes(Numbers):
    """Floating-point numbers, one for each lane."""

    __slots__ = ()

    def lift(self, other: "Lanes | float") -> "Lanes":
        """`other` as lanes of this type."""
        return other if isinstance(other, Lanes) else Lanes(self.function, self.kind, constant(self.kind, other))

    __add__ = _operator("fadd")
    __sub__ = _operator("fsub")
    __mul__ = _operator("fmul")
    __truediv__ = _operator("fdiv")
    __radd__ = _reflected("fadd")
    __rsub__ = _reflected("fsub")
    __rmul__ = _reflected("fmul")
    __rtruediv__ = _reflected("fdiv")
    __lt__ = _relation("olt")
    __le__ = _relation("ole")
    __gt__ = _relation("ogt")
    __ge__ = _relation("oge")

    def __neg__(self) -> "Lanes":
        return Lanes(self.function, self.kind, self.function.assign(f"fneg {self.kind.text} {self.name}"))

    def __abs__(self) -> "Lanes":
        return intrinsic("fabs", self)

    def equals(self, other: "Lanes | float") -> "Mask":
        """The lanes where the two are equal."""
        return self.compare("oeq", other)

    def compare(self, relation: str, other: "Lanes | float") -> "Mask":
        """The lanes where the relation holds: one of LLVM's, "o..." if it never holds for NaN."""
        return Mask(self, self.operate(f"fcmp {relation}", other).name)

    def bits(self) -> "Bits":
        """The 64 bits of each double, as an integer: sign, 11 of exponent + 1023, 52 of mantissa."""
        return Bits(self.function, vector("i64", self.kind.count), self.cast("bitcast", "i64"))

    def lane(self, index: int) -> str:
        """The name of the number in one lane."""
        if self.kind.count == 1:
            return self.name
        return self.function.assign(f"extractelement {self.kind.text} {self.name}, i32 {index}")


class Bits(Numbers):
    """64-bit integers, one for each lane. Sums wrap around; `>>` fills with zeros."""

    __slots__ = ()

    __add__ = _operator("add")
    __sub__ = _operator("sub")
    __rsub__ = _reflected("sub")
    __and__ = _operator("and")
    __or__ = _operator("or")
    __xor__ = _operator("xor")
    __lshift__ = _operator("shl")
    __rshift__ = _operator("lshr")

    def equals(self, other: int) -> "Mask":
        """The lanes that hold this integer."""
        return Mask(self.floats(), self.operate("icmp eq", other).name)

    def floats(self) -> Lanes:
        """The doubles that have these bits."""
        return Lanes(self.function, vector("double", self.kind.count), self.cast("bitcast", "double"))


class Mask:
    """Yes or no for each lane of `lanes`."""

    __slots__ = ("lanes", "name")

    def __init__(self, lanes: Lanes, name: str) -> None:
        self.lanes = lanes  # any lanes of the function and the type that the mask selects from
        self.name = name  # of the value, a vector of i1

    @property
    def kind(self) -> Vector:
        """The type of the mask."""
        return vector("i1", self.lanes.kind.count)

    def __and__(self, other: "Mask") -> "Mask":
        return Mask(self.lanes, self.lanes.function.assign(f"and {self.kind} {self.name}, {other.name}"))

    def __or__(self, other: "Mask") -> "Mask":
        return Mask(self.lanes, self.lanes.function.assign(f"or {self.kind} {self.name}, {other.name}"))

    def __invert__(self) -> "Mask":
        return Mask(self.lanes, self.lanes.function.assign(f"xor {self.kind} {self.name}, {constant(self.kind, -1)}"))


def where(mask: Mask, yes: Lanes | float, no: Lanes | float) -> Lanes:
    """`yes` in the lanes of the mask, `no` in the others: `numpy.where`. A selection, not a branch."""
    function, kind = mask.lanes.function, mask.lanes.kind
    first, second = [side.name if isinstance(side, Lanes) else constant(kind, side) for side in (yes, no)]
    result = function.assign(f"select {mask.kind.text} {mask.name}, {kind.text} {first}, {kind.text} {second}")
    return Lanes(function, kind, result)


def where_rarely(mask: Mask, yes: Callable[[], Lanes], no: Lanes) -> Lanes:
    """`where`, with a branch around `yes` that is taken when no lane needs it."""
    function, count = no.function, mask.kind.count
    bits = function.assign(f"bitcast {mask.kind} {mask.name} to i{count}")
    some = function.assign(f"icmp ne i{count} {bits}, 0")
    before, rare, after = function.block, function.label("rare"), function.label("after")
    function.do(f"br i1 {some}, label %{rare}, label %{after}, {UNLIKELY}")
    function.begin(rare)
    mixed, end_of_rare = where(mask, yes(), no), function.block
    function.do(f"br label %{after}")
    function.begin(after)
    phi = function.phi(no.kind)
    phi.add(no.name, before)
    phi.add(mixed.name, end_of_rare)
    return Lanes(function, no.kind, phi.name)


def intrinsic(name: str, *operands: Lanes) -> Lanes:
    """An instruction that LLVM spells as a function, such as `fabs`, `sqrt` and `copysign`."""
    kind = operands[0].kind
    return call(f"llvm.{name}.{kind.overload}", *operands)


def call(name: str, *operands: Lanes) -> Lanes:
    """Call a function whose operands and result are of one type."""
    function, kind = operands[0].function, operands[0].kind.text
    if name not in function.module.declared:
        function.module.declare(name, kind, ", ".join([kind] * len(operands)))
    arguments = ", ".join([f"{kind} {operand.name}" for operand in operands])
    return Lanes(function, operands[0].kind, function.assign(f"call {kind} @{name}({arguments})"))


def fma(x: Lanes, y: Lanes | float, z: Lanes | float) -> Lanes:
    """x * y + z: one instruction with one rounding where the processor has it, and two elsewhere."""
    return intrinsic("fmuladd", x, x.lift(y), x.lift(z))


def plus(total: Lanes, factors: Sequence[Lanes]) -> Lanes:
    """The total with a number added, or the product of two."""
    return fma(factors[0], factors[1], total) if len(factors) == 2 else total + factors[0]


def spread(function: Function, kind: Vector, number: str) -> Lanes:
    """The same number, whose name is `number`, in all lanes."""
    if kind.count == 1:
        return Lanes(function, kind, number)
    one = function.assign(f"insertelement {kind} undef, {kind.element} {number}, i32 0")
    zeros = f"<{kind.count} x i32> zeroinitializer"
    return Lanes(function, kind, function.assign(f"shufflevector {kind} {one}, {kind} undef, {zeros}"))


def first_lanes(function: Function, kind: Vector, count: str) -> Mask:
    """The first `count` lanes."""
    integers = vector("i64", kind.count)
    order = lanes_literal(integers, range(kind.count))
    valid = function.assign(f"icmp slt {integers} {order}, {spread(function, integers, count).name}")
    return Mask(Lanes(function, kind, "undef"), valid)


def polynomial(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """c0 + x (c1 + c2 x + ...), with the bracket in groups of four terms, which run abreast, by Horner's rule in x**4.

    c0 is added last: it is the largest term here, so that only one rounding counts.
    """
    square, rest = x * x, coefficients[1:]
    pairs = [fma(x, pair[1], pair[0]) if len(pair) == 2 else x.lift(*pair) for pair in _in_twos(rest)]
    groups = [fma(square, group[1], group[0]) if len(group) == 2 else group[0] for group in _in_twos(pairs)]
    total, fourth = groups.pop(), square * square
    while groups:
        total = fma(fourth, total, groups.pop())
    return fma(x, total, coefficients[0])


def _in_twos(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[k : k + 2] for k in range(0, len(items), 2)]


def in_double(formula: Callable[..., Lanes]) -> Callable[..., Lanes]:
    """Turn a formula for doubles into one for either type: floats are widened before and narrowed after."""

    @functools.wraps(formula)
    def either(*operands: Lanes) -> Lanes:
        function, kind = operands[0].function, operands[0].kind
        if kind.element == "double":
            return formula(*operands)
        wide = vector("double", kind.count)
        result = formula(*[Lanes(function, wide, operand.cast("fpext", "double")) for operand in operands])
        return Lanes(function, kind, result.cast("fptrunc", "float"))

    return either


def by_call(
    name: str, formula: Callable[..., Sequence[Lanes]], operands: Sequence[Lanes], n_results: int
) -> list[Lanes]:
    """Write the call of a function with this formula; first the function itself, if the module does not have it yet."""
    f, kind = operands[0].function, operands[0].kind
    name, module = f"{name}.{kind.overload}", f.module
    result = "{ " + ", ".join([kind.text] * n_results) + " }"
    if name not in module.declared:
        module.declared[name] = ""  # it is defined here
        xs = [f"%x{k}" for k in range(len(operands))]
        inside = Function(module, name, [f"{kind} {x}" for x in xs], result, linkage="internal", attributes="noinline")
        together = "undef"
        for k, each in enumerate(formula(*[Lanes(inside, kind, x) for x in xs])):
            together = inside.assign(f"insertvalue {result} {together}, {kind} {each.name}, {k}")
        inside.end(f"{result} {together}")
    arguments = ", ".join([f"{kind} {operand.name}" for operand in operands])
    together = f.assign(f"call {result} @{name}({arguments})")
    return [Lanes(f, kind, f.assign(f"extractvalue {result} {together}, {k}")) for k in range(n_results)]


def lane_by_lane(name: str, *operands: Lanes) -> Lanes:
    """Call the C library's function of this name for one lane of doubles after the other: slow, right everywhere.

    The calls are in a function of their own, so that the code around them stays short.
    """
    if operands[0].kind.count == 1:
        return call(name, *operands)

    def each_lane(*xs: Lanes) -> list[Lanes]:
        f, kind, result = xs[0].function, xs[0].kind, "undef"
        for lane in range(kind.count):
            number = call(name, *[Lanes(f, vector("double", 1), x.lane(lane)) for x in xs])
            result = f.assign(f"insertelement {kind} {result}, double {number.name}, i32 {lane}")
        return [Lanes(f, kind, result)]

    (result,) = by_call(f"{name}_in_c", each_lane, operands, 1)
    return result
