"""Elementary functions as functions of a module, one for each primitive and type: the code around them stays short.

Inlined they run as fast, or a twentieth faster, and take longer to compile. Measured: a network 64-30-10, 40 % longer;
3,000 operations without a pattern, of which half are functions, three times as long.
"""

import functools
from collections.abc import Callable, Sequence

from autodiff.primitive import Primitive
from autodiff.primitives import COS, POW, SIGMOID, SIN, TANH, TANH_SLOPE
from autodiff.program.llvm import lowering, vectormath
from autodiff.program.llvm.cost import COSTLY, REDUCTIONS
from autodiff.program.llvm.lanes import Lanes, by_call
from autodiff.program.llvm.trigonometric import Angle
from autodiff.program.recording.tape import Tape, is_custom

MANY_FUNCTIONS = 32  # in straight code: if written again for each operand, they take longer to compile than all else


def groups(tape: Tape) -> dict[int, tuple[int, ...]]:
    """Return the lines with costly functions, each with all such lines of its operands."""
    together: dict[tuple[int, ...], list[int]] = {}
    for i, (primitive, operands, _, _) in enumerate(tape.lines):
        if primitive is None or primitive.cost < COSTLY or primitive in REDUCTIONS:
            continue
        if not (primitive is POW and tape.is_constant(operands[1])):
            together.setdefault(operands, []).append(i)
    return {i: tuple(lines) for lines in together.values() for i in lines}


def apply(primitive: Primitive, operands: Sequence[object], lanes: Sequence[Lanes]) -> Lanes:
    """Write a primitive of numbers in `lanes`; an operand that is a float stands in all of them."""
    if primitive is POW and isinstance(operands[1], float) and operands[1] in lowering.POWERS:
        return lowering.power(lanes[0], operands[1])
    if primitive.cost < COSTLY or primitive in REDUCTIONS:
        return lowering.apply(primitive, lanes)
    (result,) = in_one_call([primitive], lanes)
    return result


def together(
    primitives: Sequence[Primitive], operands: Sequence[Lanes], *, is_call: bool = False
) -> dict[Primitive, Callable[[], Lanes]]:
    """Return what writes each of several primitives of the same operands, which share what they can.

    LLVM computes once what is the same in two of them, such as the exponential of tanh and of its slope.
    """
    if is_call:
        results = dict(zip(primitives, in_one_call(primitives, operands), strict=True))
        return {each: functools.partial(results.__getitem__, each) for each in primitives}
    angle = Angle(operands[0]) if {SIN, COS} <= {*primitives} else None
    waves = {SIN: angle.sin, COS: angle.cos} if angle else {}
    return {each: waves.get(each) or functools.partial(lowering.apply, each, operands) for each in primitives}


def in_one_call(primitives: Sequence[Primitive], operands: Sequence[Lanes]) -> list[Lanes]:
    """Write one call for several primitives of the same operands."""
    names = [f"own_{id(each):x}" if is_custom(each) else each.name for each in primitives]

    def formula(*xs: Lanes) -> list[Lanes]:
        return [write() for write in together(primitives, xs).values()]

    return by_call("_".join(names), formula, operands, len(names))


def pair(primitive: Primitive, x: Lanes) -> list[Lanes]:
    """Write sigmoid(x) and sigmoid(-x), or tanh(x) and its slope: they have an exponential in common."""
    if primitive is TANH:
        return in_one_call([TANH, TANH_SLOPE], [x])
    if x.kind.element == "double":
        return by_call("sigmoids", vectormath.sigmoids, [x], 2)
    return [in_one_call([SIGMOID], [each])[0] for each in (x, -x)]
