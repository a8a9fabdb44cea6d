"""The symbol of an operation: ×, σ; with a plain number in it, which then has no node: 2 ×, 1 +, x², √x, 1/x, 2ˣ.

An operand stands in a symbol by its label if that is short, else as a dot: (·)².
"""

import re
from collections.abc import Mapping, Set

from autodiff import Value
from autodiff.extend import primitives
from viz.graph.names import isolated
from viz.style.text import SUPERSCRIPTS, format_number

DIGITS = 4  # of a number in a symbol
MAX_LABEL = 5  # characters of an operand in a symbol
_FOLDING = (primitives.ADD, primitives.SUB, primitives.MUL, primitives.MUL_OR_ZERO, primitives.DIV, primitives.POW)
_NAME = re.compile(r"[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*")
_RAISED = str.maketrans("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ") | SUPERSCRIPTS


def visible(node: Value) -> Value:
    """Return the node; for the stand-in that a transform puts on top of its input, the input."""
    while node.primitive is primitives.IDENTITY:
        (node,) = node.operands
    return node


def written_inside(node: Value, labels: Mapping[Value, str]) -> int | None:
    """Return the place of the operand that is written into the symbol: a number without a label; else None."""
    if node.primitive not in _FOLDING:
        return None
    places = [i for i, x in enumerate(map(visible, node.operands)) if x.is_constant and not labels.get(x)]
    return places[0] if len(places) == 1 else None


def symbol_of(node: Value, labels: Mapping[Value, str], parameters: Set[Value] = frozenset()) -> str:
    """Return the symbol of a node, "" for a leaf."""
    primitive = node.primitive
    if primitive is None:
        return ""
    if primitive is primitives.DOT:
        return "w·x" if any(visible(x) in parameters for x in node.operands) else "Σ·"
    place = written_inside(node, labels)
    operand = labels.get(visible(node.operands[1 - (place or 0)]), "") if place is not None else ""
    if primitive in (primitives.ABS, primitives.SQRT, primitives.RECIPROCAL):
        operand = labels.get(visible(node.operands[0]), "")
    is_name = len(operand) <= MAX_LABEL and bool(_NAME.fullmatch(operand))
    operand = isolated(operand)
    if primitive in (primitives.ABS, primitives.SQRT, primitives.RECIPROCAL):
        before, after = primitive.symbol.replace("√", "√x").split("x")
        return f"{before}{operand if is_name else '' if before == '√' else '·'}{after}"
    if place is None:
        return primitive.symbol
    number = node.operands[place].data
    if primitive is primitives.POW:
        return _power(number, operand if is_name else "(·)", is_exponent=place == 1)
    if primitive is primitives.DIV and place == 0:
        return f"{format_number(number, DIGITS)}/{operand if is_name else '(·)'}"
    sign = primitive.symbol
    if number < 0 and sign in "+−" and place == 1:
        sign, number = "−" if sign == "+" else "+", -number
    text = format_number(number, DIGITS)
    text = f"({text})" if number < 0 and place == 1 else text
    return f"{sign} {text}" if place else f"{text} {sign}"


def _power(number: float, operand: str, *, is_exponent: bool) -> str:
    """A power with a fixed exponent or a fixed base."""
    text = format_number(number, DIGITS)
    if is_exponent and number in (0.5, -1.0):
        return f"√{operand}" if number == 0.5 else f"1/{operand}"
    base, exponent = (operand, text.replace("−", "-")) if is_exponent else (text, operand)
    raised = exponent.translate(_RAISED)
    can_be_raised = not set(raised) & set(exponent)
    return f"{base}{raised}" if can_be_raised else f"{base}^{text if is_exponent else operand}"
