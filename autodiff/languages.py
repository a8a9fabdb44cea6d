"""The formula of a primitive in every language: one small expression language, and one translator of it.

A formula is Python: numbers, operands, + - * /, comparisons, `and`, `or`, `a if c else b`, and calls of functions.
Lines before the last may name an intermediate result. Operands are called x, y, z:

    z = exp(-abs(x))
    (z if x < 0.0 else 1.0) / (1.0 + z)

A language has a library, functions under names that may differ from Python's, and a syntax, which differs in few
places: a choice between two numbers is `np.where` in numpy, because the points of a batch may need both sides. What the
library lacks is a primitive with a formula of its own, and becomes a helper function.
"""

import ast
import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

OPERANDS = "xyz"
# Python reads -x * y as (-x) * y; formulas on paper, in which -x y is -(x y), have SIGN below PRODUCT.
CHOICE_LEVEL, OR_LEVEL, AND_LEVEL, RELATION_LEVEL, SUM_LEVEL, PRODUCT_LEVEL, SIGN_LEVEL, POWER_LEVEL, ATOM_LEVEL = (
    range(9)
)
_OPERATORS: dict[type[ast.operator], tuple[str, int, int]] = {  # the sign, its level, the lowest level on its right
    ast.Add: ("+", SUM_LEVEL, SUM_LEVEL),
    ast.Sub: ("-", SUM_LEVEL, PRODUCT_LEVEL),
    ast.Mult: ("*", PRODUCT_LEVEL, SIGN_LEVEL),
    ast.Div: ("/", PRODUCT_LEVEL, SIGN_LEVEL),
}
_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


class Text(NamedTuple):
    """A formula in some language, and the level of its last operation: higher levels bind more tightly."""

    text: str
    level: int = ATOM_LEVEL

    def bracketed(self, lowest: int) -> str:
        """The text, in parentheses if its level is below `lowest`."""
        return self.text if self.level >= lowest else f"({self.text})"


@dataclass(frozen=True)
class Language:
    """The library and the syntax of a language."""

    name: str  # by which a primitive may have a formula of its own for this language
    library: Mapping[str, str]  # the functions that the language has, by the names of `math`
    choice: str = "{yes} if {test} else {no}"  # of {yes} and {no} by {test}; in brackets it is a call
    # signs that differ from Python's, or templates of {0} and {1}
    relations: Mapping[str, str] = field(default_factory=dict)
    either: str = "{0} or {1}"  # the template of `or` of {0} and {1}
    both: str = "{0} and {1}"  # the template of `and`
    # the template of a function of {operands} called {name} with {words}, {lines} and a {result}
    function: str = 'def {name}({operands}):\n    """{words}"""\n{lines}    return {result}'
    line: str = "    {line}\n"  # the template of a {line} before the result
    argument: str = "{0}"  # the template of a number that is passed to a function
    infinity: str = "inf"
    nan: str = "nan"
    integers: bool = False  # whether 1.0 is written 1

    def inline(self, formula: str, operands: Iterable[Text]) -> Text | None:
        """Return a formula of these operands, if it is a formula without choice, in which each occurs once."""
        lines, result = parsed(formula)
        names = [node.id for node in ast.walk(result) if isinstance(node, ast.Name) and node.id in OPERANDS]
        operands = [*operands]
        if lines or len(names) != len(operands) or any(isinstance(node, ast.IfExp) for node in ast.walk(result)):
            return None
        return _Translation(self, dict(zip(OPERANDS, operands, strict=False))).text(result)

    def define(self, name: str, formula: str, words: str = "", more: str = "") -> str:
        """Return the definition of a function with a formula; `more` operands are passed after its own."""
        translation = _Translation(self, {})
        lines, result = parsed(formula)
        body = "".join([self.line.format(line=f"{left} = {translation.text(right).text}") for left, right in lines])
        text = translation.text(result).text
        operands = ", ".join(OPERANDS[: n_operands(formula)])
        return self.function.format(name=name, operands=operands + more, words=words, lines=body, result=text)


class _Translation:
    """Writes the parts of a formula in one language."""

    def __init__(self, language: Language, operands: Mapping[str, Text]) -> None:
        self.language, self.operands = language, operands

    def text(self, node: ast.expr) -> Text:
        """A part of the formula."""
        language = self.language
        match node:
            case ast.Constant(value=float() as number):
                text = repr(number)
                return Text(text.removesuffix(".0") if language.integers else text)
            case ast.Name(id=name):
                numbers = {"inf": language.infinity, "nan": language.nan}
                return self.operands.get(name) or Text(numbers.get(name, name))
            case ast.Attribute():
                return Text(ast.unparse(node))
            case ast.UnaryOp(op=ast.USub()):
                return Text(f"-{self.text(node.operand).bracketed(SIGN_LEVEL)}", SIGN_LEVEL)
            case ast.BinOp() if type(node.op) in _OPERATORS:
                sign, level, lowest = _OPERATORS[type(node.op)]
                left, right = self.text(node.left).bracketed(level), self.text(node.right).bracketed(lowest)
                return Text(f"{left} {sign} {right}", level)
            case ast.Compare(ops=[relation], comparators=[right_side]):
                sign = _RELATIONS[type(relation)]
                sign = language.relations.get(sign, sign)
                template = sign if "{" in sign else f"{{0}} {sign} {{1}}"
                sides = [self.text(side).bracketed(SUM_LEVEL) for side in (node.left, right_side)]
                return Text(template.format(*sides), RELATION_LEVEL)
            case ast.BoolOp(values=[first, second]):
                template, level = (
                    (language.both, AND_LEVEL) if isinstance(node.op, ast.And) else (language.either, OR_LEVEL)
                )
                sides = [self.text(side).bracketed(level) for side in (first, second)]
                return Text(template.format(*sides), level)
            case ast.IfExp():
                is_call = language.choice.endswith(")")
                lowest = CHOICE_LEVEL if is_call else OR_LEVEL
                yes, test = [self.text(part).bracketed(lowest) for part in (node.body, node.test)]
                text = language.choice.format(yes=yes, test=test, no=self.text(node.orelse).text)
                return Text(text, ATOM_LEVEL if is_call else CHOICE_LEVEL)
            case ast.Call(func=function, args=arguments, keywords=[]):
                name = ast.unparse(function)
                texts = [self.text(x).text for x in arguments]
                is_number = [
                    isinstance(x.operand if isinstance(x, ast.UnaryOp) else x, ast.Constant) for x in arguments
                ]
                texts = [language.argument.format(t) if n else t for t, n in zip(texts, is_number, strict=True)]
                return Text(f"{language.library.get(name, name)}({', '.join(texts)})")
        raise ValueError(f"formula: expected arithmetic, comparisons and functions, got {ast.unparse(node)!r}")


@functools.cache
def parsed(formula: str) -> tuple[tuple[tuple[str, ast.expr], ...], ast.expr]:
    """Return the (name, part) pairs of the lines before the last, and the result.

    Raises:
        ValueError: if it is not a formula.
    """
    try:
        *lines, last = ast.parse(formula).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"formula: expected an expression of x, y, z, got {formula!r}") from error
    named = [(line.targets[0].id, line.value) for line in lines if _names_a_part(line)]  # type: ignore[attr-defined]
    if len(named) < len(lines) or not isinstance(last, ast.Expr):
        raise ValueError(f"formula: expected lines such as z = exp(x) and then an expression, got {formula!r}")
    return tuple(named), last.value


def _names_a_part(line: ast.stmt) -> bool:
    return isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)


def n_operands(formula: str) -> int:
    """Return how many operands a formula has."""
    lines, result = parsed(formula)
    named = {name for name, _ in lines}
    used = {
        node.id
        for part in (*[part for _, part in lines], result)
        for node in ast.walk(part)
        if isinstance(node, ast.Name)
    }
    return max([OPERANDS.index(name) + 1 for name in (used - named) & set(OPERANDS)], default=0)


@functools.cache
def called(formula: str) -> frozenset[str]:
    """Return the names that a formula uses, but for its operands and parts: functions, inf and nan."""
    parts = re.findall(r"^(\w+) = ", formula, flags=re.MULTILINE)
    return frozenset(re.findall(r"(?<![\w.])[a-z]\w*", formula)) - {*OPERANDS, *parts, "if", "else", "and", "or"}


MATH = {name: name for name in dir(math) if not name.startswith("_")} | {"abs": "abs"}
PYTHON = Language("python", MATH)


def function_of(formula: str, functions: Mapping[str, Callable[..., Any]]) -> Callable[..., float]:
    """Return a formula as a function of floats, which may call other functions beside those of `math`."""
    namespace: dict[str, Any] = {**vars(math), **functions}
    exec(PYTHON.define("forward", formula), namespace)
    forward: Callable[..., float] = namespace["forward"]
    return forward
