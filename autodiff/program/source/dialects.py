"""The two languages as data: their syntax, and the few helper functions that no formula gives.

A primitive that `math` or `Math` has with the same conventions is a call. Any other is a short helper function with the
formula of the primitive, written above the program that uses it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autodiff.languages import PYTHON as PYTHON_FORMULAS
from autodiff.languages import Language
from autodiff.primitive import Primitive
from autodiff.spelling import helpers, names_in


@dataclass(frozen=True)
class Dialect:
    """The syntax of one language."""

    language: Language  # its formulas and its library
    helpers: Mapping[str, str]  # the definitions of functions that are neither in the library nor formulas
    comment: str  # the beginning of a comment
    indent: str  # of the body of a function
    const: str  # the keyword before a name that is assigned once
    let: str  # the keyword before a name that is assigned several times
    terminator: str  # the end of a statement
    brackets: tuple[str, str]  # around names that are unpacked, and around several values
    bare_tuples: bool  # whether these brackets may be left out
    float_suffix: str  # makes a float of an integer
    function: str  # the template of a function with its docstring
    between_paragraphs: str  # of the docstring
    between_functions: str  # blank lines
    domain_note: str  # the paragraph of the docstring on numbers outside a domain
    minus_before_power: bool  # whether -x**2 is allowed
    real_powers: bool  # whether x**y with a fixed y that is no integer is a real number; in Python it may be complex
    divides_by_zero: bool  # whether x / 0 is a number, as in IEEE arithmetic

    def before(self, primitives: Iterable[Primitive], numbers: Iterable[str]) -> list[str]:
        """Return what stands above a program that uses these primitives and numbers: an import, helper functions."""
        primitives = [*primitives]
        names = names_in(primitives, self.language) | {*numbers}
        own = [definition for name, definition in self.helpers.items() if name in names]
        definitions = [*own, *helpers(primitives, self.language).values()]
        if self.language is not PYTHON_FORMULAS:
            return definitions
        names |= {word for definition in own for word in re.findall(r"\w+", definition.partition('"""\n')[2])}
        used = sorted(names & self.language.library.keys() - {"abs"})
        return [f"from math import {', '.join(used)}"] * bool(used) + definitions


_MATH = {  # of JavaScript's Math the functions that are as in Python's math
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "exp", "expm1"),
    *("hypot", "log", "log10", "log1p", "log2", "sin", "sinh", "sqrt", "tan", "tanh"),
}

PYTHON = Dialect(
    language=PYTHON_FORMULAS,
    helpers={
        "logsumexp": '''\
def logsumexp(*xs):
    """log(exp(x) + exp(y) + ...), without overflow."""
    if any(x != x for x in xs):
        return nan
    *others, largest = sorted(xs)
    if largest in (inf, -inf):
        return largest
    return largest + log1p(sum(exp(x - largest) for x in others))''',
    },
    comment="#",
    indent="    ",
    const="",
    let="",
    terminator="",
    brackets=("(", ")"),
    bare_tuples=True,
    float_suffix=".0",
    function='def {name}({arguments}):\n    """{docstring}"""\n{body}',
    between_paragraphs="\n\n    ",
    between_functions="\n\n\n",
    domain_note="Outside the domain of a function it raises ValueError, OverflowError or ZeroDivisionError.\n    ",
    minus_before_power=True,
    real_powers=False,
    divides_by_zero=False,
)

JAVASCRIPT = Dialect(
    language=Language(
        "javascript",
        library={name: f"Math.{name}" for name in sorted(_MATH)},
        choice="{test} ? {yes} : {no}",
        relations={"==": "===", "!=": "!=="},
        either="{0} || {1}",
        both="{0} && {1}",
        function="// {words}\nfunction {name}({operands}) {{\n{lines}  return {result};\n}}",
        line="  const {line};\n",
        infinity="Infinity",
        nan="NaN",
        integers=True,
    ),
    helpers={
        "pow": """\
// x**y; 1**y is 1 whatever y is.
function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}""",
        "logsumexp": """\
// log(exp(x) + exp(y) + ...), without overflow.
function logsumexp(...xs) {
  if (xs.some(Number.isNaN)) return NaN;
  const [largest, ...others] = xs.sort((x, y) => y - x);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log1p(others.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}""",
    },
    comment="//",
    indent="  ",
    const="const ",
    let="let ",
    terminator=";",
    brackets=("[", "]"),
    bare_tuples=False,
    float_suffix="",
    function="/**\n * {docstring}\n */\nfunction {name}({arguments}) {{\n{body}\n}}",
    between_paragraphs="\n * ",
    between_functions="\n\n",
    domain_note="Outside the domain of a function it goes on with NaN or Infinity.",
    minus_before_power=False,
    real_powers=True,
    divides_by_zero=True,
)

DIALECTS = {dialect.language.name: dialect for dialect in (PYTHON, JAVASCRIPT)}
