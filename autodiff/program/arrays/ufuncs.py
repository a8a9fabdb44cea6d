"""The in-place numpy code of each primitive: one or several calls.

`{o}` is the result, `{x}` and `{y}` are the operands. The result may lie in the memory of an operand, so only the first
call reads operands. A formula that is one call of numpy writes in place; a primitive may have other calls among its
spellings, and `ieee` computes the rest. The results are those of `ieee` unless a call overflows: where exp(-x) is inf,
the sigmoid 1 / (1 + exp(-x)) is 0 and not exp(x). Then `ieee` computes it (see `kernel`).
"""

import ast
import functools

import numpy as np

from autodiff.languages import parsed
from autodiff.primitive import Primitive
from autodiff.primitives import IDENTITY, MUL, POW
from autodiff.program.ieee import UFUNCS
from autodiff.program.recording.tape import is_custom, lacks_code

_OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
POWERS = {
    2.0: "multiply({x}, {x}, {o})",
    3.0: "copyto({o}, {x} * {x} * {x})",
    4.0: "multiply({x}, {x}, {o}); multiply({o}, {o}, {o})",
    -1.0: "divide(1.0, {x}, {o})",
}
ADDED = {IDENTITY: "add({o}, {x}, {o})", MUL: "add({o}, multiply({x}, {y}), {o})"}
"""The calls that add the result of a primitive."""
NAMESPACE = {name: getattr(np, name) for name in dir(np) if isinstance(getattr(np, name), np.ufunc)}
"""The functions that the calls use."""


def calls(primitive: Primitive, exponent: float | None = None) -> str | None:
    """Return the calls for a primitive; None if there is no code in place.

    Args:
        primitive: any.
        exponent: the second operand, if it is a number.
    """
    if primitive is POW:
        power = None if exponent is None else POWERS.get(exponent)
        return power or "float_power({x}, {y}, {o}, casting='same_kind')"
    return None if lacks_code(primitive) else _calls(primitive)


@functools.cache
def _calls(primitive: Primitive) -> str | None:
    """The calls for a primitive with code."""
    if "in place" in primitive.spellings:
        return primitive.spellings["in place"]
    if primitive.name in UFUNCS and not is_custom(primitive):
        return f"{UFUNCS[primitive.name]}({', '.join(['{x}', '{y}'][: len(primitive.partials)])}, out={{o}})"
    lines, result = parsed(primitive.formula_in("numpy") or "x")
    match result:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=arguments) if not lines:
            operands = arguments
        case ast.BinOp(left=left, op=operator, right=right) if not lines:
            name, operands = _OPERATORS[type(operator)], [left, right]
        case ast.UnaryOp(operand=operand) if not lines:
            name, operands = "negative", [operand]
        case _:
            return None
    if not all(isinstance(operand, ast.Name | ast.Constant) for operand in operands):
        return None
    texts = [f"{{{ast.unparse(each)}}}" if isinstance(each, ast.Name) else ast.unparse(each) for each in operands]
    return f"{name}({', '.join(texts)}, out={{o}})"
