"""The two languages as data: the text of each primitive of the table in Python and in JavaScript.

A primitive that `math` or `Math` has with the same conventions is a call. Any other is a short helper function, written
above the program that uses it. Each helper computes what the table does: the same formula, the same conventions at 0,
at a tie and for NaN, and no overflow on the way at +-1000.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """The syntax and the library of one language.

    Attributes:
        name: of the language.
        functions: the function of the library for a primitive.
        helpers: the definitions of helper functions, by name: of primitives, and of functions that these call.
        comment: the beginning of a comment.
        indent: of the body of a function.
        const: the keyword before a name that is assigned once.
        let: the keyword before a name that is assigned several times.
        terminator: the end of a statement.
        brackets: around names that are unpacked, and around several values.
        bare_tuples: whether these brackets may be left out.
        float_suffix: makes a float of an integer.
        infinity: the number.
        nan: the number.
        function: the template of a function with its docstring.
        between_paragraphs: of the docstring.
        between_functions: blank lines.
        domain_note: the paragraph of the docstring on numbers outside a domain.
        minus_before_power: whether -x**2 is allowed.
        real_powers: whether x**y with a fixed y that is no integer is a real number; in Python it may be complex.
    """

    name: str
    functions: Mapping[str, str]
    helpers: Mapping[str, str]
    comment: str
    indent: str
    const: str
    let: str
    terminator: str
    brackets: tuple[str, str]
    bare_tuples: bool
    float_suffix: str
    infinity: str
    nan: str
    function: str
    between_paragraphs: str
    between_functions: str
    domain_note: str
    minus_before_power: bool
    real_powers: bool

    def has_operator_for_power(self, exponent: float | None) -> bool:
        """Whether x**exponent can be written with the operator; None stands for an exponent that varies."""
        return exponent is not None and math.isfinite(exponent) and (self.real_powers or exponent.is_integer())

    def call(self, primitive: str) -> str:
        """The name of the function for a primitive."""
        return self.functions.get(primitive, primitive)

    def imports(self, primitives: Iterable[str]) -> list[str]:
        """The line that imports the library for these primitives and their helpers; no line if nothing is imported."""
        if self.name != "python":
            return []
        bodies = [helper.partition('"""\n')[2] for helper in self.helpers_for(primitives)]
        library = {*self.functions.values(), self.infinity, self.nan} - {"abs"}
        used = [x for x in library if x in primitives or any(re.search(rf"\b{x}\b", body) for body in bodies)]
        return [f"from math import {', '.join(sorted(used))}"] if used else []

    def helpers_for(self, primitives: Iterable[str]) -> list[str]:
        """The definitions of the helpers that these primitives call, directly or through others, in order."""
        waiting = [name for name in primitives if name in self.helpers]
        needed: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += [other for other in self.helpers if re.search(rf"\b{other}\(", self.helpers[name])]
        return [definition for name, definition in self.helpers.items() if name in needed]


_SHARED = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]

PYTHON = Dialect(
    name="python",
    functions={name: name for name in [*_SHARED, "pow"]} | {"abs": "abs"},
    helpers={
        "sigmoid": '''\
def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    z = exp(x)
    return z / (1 + z)''',
        "softplus": '''\
def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return (0.0 if x <= 0 else x) + log1p(exp(-abs(x)))''',
        "relu": '''\
def relu(x):
    """x where it is positive, else 0; NaN stays NaN."""
    return 0.0 if x <= 0 else x''',
        "step": '''\
def step(x):
    """The slope of relu: 1 where x is positive, else 0."""
    return 1.0 if x > 0 else 0.0 if x <= 0 else nan''',
        "sign": '''\
def sign(x):
    """The slope of abs: -1, 0 or 1."""
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else nan''',
        "compare": '''\
def compare(x, y):
    """-1, 0 or 1, as x is smaller than y, equal or larger."""
    return 1.0 if x > y else -1.0 if x < y else 0.0 if x == y else nan''',
        "maximum": '''\
def maximum(x, y):
    """The larger of the two; NaN if one is NaN."""
    return x if x >= y or x != x else y''',
        "minimum": '''\
def minimum(x, y):
    """The smaller of the two; NaN if one is NaN."""
    return x if x <= y or x != x else y''',
        "reciprocal": '''\
def reciprocal(x):
    """1 / x; at 0 the slope of a vertical tangent."""
    return 1 / x if x else inf''',
        "log_or_zero": '''\
def log_or_zero(x):
    """log(x); at 0 it is 0, since x**y * log(x) is in the limit."""
    return log(x) if x > 0 else 0.0 if x == 0 else nan''',
        "pow_slope": '''\
def pow_slope(x, y):
    """The slope y * x**(y - 1) of x**y, in a form that is right at x = 0 too."""
    if y == 0:
        return 0.0
    if y < 0:
        return y * pow(x, y) / x if x else nan
    if y < 1:
        return y * reciprocal(pow(x, 1 - y))
    return y * pow(x, y - 1)''',
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
    infinity="inf",
    nan="nan",
    function='def {name}({arguments}):\n    """{docstring}"""\n{body}',
    between_paragraphs="\n\n    ",
    between_functions="\n\n\n",
    domain_note="Outside the domain of a function it raises ValueError, OverflowError or ZeroDivisionError.\n    ",
    minus_before_power=True,
    real_powers=False,
)

JAVASCRIPT = Dialect(
    name="javascript",
    functions={name: f"Math.{name}" for name in [*_SHARED, "abs", "sign"]}
    | {"maximum": "Math.max", "minimum": "Math.min"},
    helpers={
        "pow": """\
// x**y; 1**y is 1 whatever y is.
function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}""",
        "sigmoid": """\
// 1 / (1 + exp(-x)), without overflow.
function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const z = Math.exp(x);
  return z / (1 + z);
}""",
        "softplus": """\
// log(1 + exp(x)), without overflow.
function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}""",
        "relu": """\
// x where it is positive, else 0; NaN stays NaN.
function relu(x) {
  return x <= 0 ? 0 : x;
}""",
        "step": """\
// The slope of relu: 1 where x is positive, else 0.
function step(x) {
  return x > 0 ? 1 : x <= 0 ? 0 : NaN;
}""",
        "compare": """\
// -1, 0 or 1, as x is smaller than y, equal or larger.
function compare(x, y) {
  return x > y ? 1 : x < y ? -1 : x === y ? 0 : NaN;
}""",
        "reciprocal": """\
// 1 / x; at 0 the slope of a vertical tangent.
function reciprocal(x) {
  return x === 0 ? Infinity : 1 / x;
}""",
        "log_or_zero": """\
// log(x); at 0 it is 0, since x**y * log(x) is in the limit.
function log_or_zero(x) {
  return x === 0 ? 0 : Math.log(x);
}""",
        "pow_slope": """\
// The slope y * x**(y - 1) of x**y, in a form that is right at x = 0 too.
function pow_slope(x, y) {
  if (y === 0) return 0;
  if (y < 0) return x === 0 ? NaN : (y * pow(x, y)) / x;
  if (y < 1) return y * reciprocal(pow(x, 1 - y));
  return y * pow(x, y - 1);
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
    infinity="Infinity",
    nan="NaN",
    function="/**\n * {docstring}\n */\nfunction {name}({arguments}) {{\n{body}\n}}",
    between_paragraphs="\n * ",
    between_functions="\n\n",
    domain_note="Outside the domain of a function it goes on with NaN or Infinity.",
    minus_before_power=False,
    real_powers=True,
)

DIALECTS = {dialect.name: dialect for dialect in (PYTHON, JAVASCRIPT)}
