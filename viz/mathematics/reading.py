"""Formulas as one types them: several results by name, "q = x + y; f = q*z", and signs of mathematics, σ(√x · w²)."""

import keyword
import re
from collections.abc import Mapping

from autodiff import PRIMITIVES, ExpressionError, Value, parse

_SIGNS = str.maketrans({"·": "*", "⋅": "*", "×": "*", "÷": "/", "−": "-"})
_FUNCTIONS = {"ln": "log"} | {record.symbol: name for name, record in PRIMITIVES.items() if record.symbol == "σ"}
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RESULT = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.S)
NAMES = (*"fghuvwz", "output")  # of a result without a name, the first that is free


def in_python(formula: str) -> str:
    """Return a formula with signs of mathematics as Python.

    >>> in_python("σ(w·x − √2) + ln(x)²")
    'sigmoid(w*x - sqrt(2)) + log(x)**2'
    """
    formula = re.sub(r"√\s*\(", "sqrt(", formula.translate(_SIGNS))
    formula = re.sub(r"√\s*([\w.]+)", r"sqrt(\1)", formula)
    formula = re.sub(r"\b(ln|σ)\s*\(", lambda match: f"{_FUNCTIONS[match[1]]}(", formula)
    return re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+|⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: f"**{match[0].translate(_LOWERED)}", formula)


def read(text: str, variables: Mapping[str, Value]) -> Value:
    """Return the last result of a text; each result has its name as its label, and those after it may use it.

    Raises:
        ExpressionError: if a formula is not arithmetic.
        ValueError: if two results, or a result and a variable, have one name.
    """
    known = dict(variables)
    *before, last = text.rstrip("; \n").split(";")
    for part in before:
        match = _RESULT.fullmatch(part)
        if match is None:
            raise ExpressionError(f'expected results by name, as in "q = x + y; f = q*z", got {part.strip()!r}')
        _result(match[1], match[2], known)
    match = _RESULT.fullmatch(last)
    name = next(name for name in NAMES if name not in known)
    return _result(match[1], match[2], known) if match else _result(name, last, known)


def _result(name: str, formula: str, known: dict[str, Value]) -> Value:
    """The node of a formula, which is added to the known ones by its name."""
    if keyword.iskeyword(name):
        raise ExpressionError(f"{name} is a word of Python and no name; call it {name}_")
    if name in known:
        raise ValueError(f"expected a name for each result that no other has, got {name} twice")
    node = parse(in_python(formula), **known)
    node.label = node.label or name
    known[name] = node
    return node
