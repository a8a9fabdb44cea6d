"""The two languages as data: how each primitive of the table is written in Python and in JavaScript.

What `math` or `Math` has is called by its name there; what it lacks, or has with another convention, is a short
function written above the program that uses it. Each computes what the table does: the same formula, the same
conventions at 0, at a tie and for NaN, no overflow on the way at +-1000.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How one language is written.

    Attributes:
        name: of the language.
        functions: for a primitive, the function of the language's library.
        helpers: for a primitive, the function to write out, and others that those use.
        comment: what a comment begins with.
        indent: of the body of a function.
        constant: what stands before a name that is given once.
        variable: what stands before a name that is given again.
        end: of a statement.
        brackets: around names that are unpacked, and around several values.
        tuples: whether those brackets may be left out.
        point: what makes a float of an integer.
        infinity: the number.
        nan: the number.
        function: the template of a function with what it says of itself.
        between_paragraphs: of what it says.
        between_functions: blank lines.
        outside: what it says of numbers outside a domain.
        minus_before_power: whether -x**2 is allowed.
        powers: whether x**y with a fixed y that is no integer is like `pow`; in Python it may be a complex number.
    """

    name: str
    functions: Mapping[str, str]
    helpers: Mapping[str, str]
    comment: str
    indent: str
    constant: str
    variable: str
    end: str
    brackets: tuple[str, str]
    tuples: bool
    point: str
    infinity: str
    nan: str
    function: str
    between_paragraphs: str
    between_functions: str
    outside: str
    minus_before_power: bool
    powers: bool

    def has_operator_for_power(self, exponent: float | None) -> bool:
        """Whether x**exponent can be written with the operator; None is an exponent that varies."""
        if exponent is None or exponent - exponent != 0.0:
            return False
        return self.powers or exponent.is_integer()

    def call(self, primitive: str) -> str:
        """The function that computes a primitive."""
        return self.functions.get(primitive, primitive)

    def imports(self, primitives: Iterable[str]) -> list[str]:
        """What to import for these primitives and their helpers: a line, or none."""
        if self.name != "python":
            return []
        helpers = self.helpers_for(primitives)
        library = [name for name in (*self.functions.values(), self.infinity, self.nan) if name != "abs"]
        used = [
            name
            for name in library
            if name in primitives or any(re.search(rf"\b{name}\b", _code(helper)) for helper in helpers)
        ]
        return [f"from math import {', '.join(sorted(used))}"] if used else []

    def helpers_for(self, primitives: Iterable[str]) -> list[str]:
        """The definitions of the helpers that these primitives need, and of those that these use, in order."""
        wanted = [name for name in primitives if name in self.helpers]
        found: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name not in found:
                found.add(name)
                wanted += [other for other in self.helpers if re.search(rf"\b{other}\(", self.helpers[name])]
        return [definition for name, definition in self.helpers.items() if name in found]


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
    constant="",
    variable="",
    end="",
    brackets=("(", ")"),
    tuples=True,
    point=".0",
    infinity="inf",
    nan="nan",
    function='def {name}({arguments}):\n    """{says}"""\n{body}',
    between_paragraphs="\n\n    ",
    between_functions="\n\n\n",
    outside="Outside the domain of a function it raises ValueError, OverflowError or ZeroDivisionError.\n    ",
    minus_before_power=True,
    powers=False,
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
    constant="const ",
    variable="let ",
    end=";",
    brackets=("[", "]"),
    tuples=False,
    point="",
    infinity="Infinity",
    nan="NaN",
    function="/**\n * {says}\n */\nfunction {name}({arguments}) {{\n{body}\n}}",
    between_paragraphs="\n * ",
    between_functions="\n\n",
    outside="Outside the domain of a function it goes on with NaN or Infinity.",
    minus_before_power=False,
    powers=True,
)

DIALECTS = {dialect.name: dialect for dialect in (PYTHON, JAVASCRIPT)}


def _code(helper: str) -> str:
    """The lines of a Python helper below its docstring."""
    return helper.partition('"""\n')[2]
