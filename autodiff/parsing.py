"""From a formula in text to a graph: `parse("2*x**2*y**3", x=2, y=3)`.

Python's own grammar reads it. Only arithmetic, the functions of the table, and the numbers pi, e, inf and nan are
evaluated.
"""

import ast
import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import NoReturn

from autodiff import functions
from autodiff.errors import DomainError, ExpressionError
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import ADD, DIV, LARGEST, MAXIMUM, MINIMUM, MUL, NEG, POW, PRIMITIVES, SMALLEST, SUB
from autodiff.value import Value

_LINE_END = "\r\n?|\n"
_BINARY = {ast.Add: ADD, ast.Sub: SUB, ast.Mult: MUL, ast.Div: DIV, ast.Pow: POW}
_WHAT_IS_READ = "only numbers, names, + - * / ** and functions of the table are read"
_WRITTEN = {  # functions by other names, and those that the table leaves to arithmetic
    "ln": "log(x)",
    "min": "minimum(x, y)",
    "max": "maximum(x, y)",
    "cot": "1/tan(x)",
    "sec": "1/cos(x)",
    "csc": "1/sin(x)",
    "sqr": "x**2",
    "pow": "x**y",
}
_OF_MANY: dict[Primitive, Primitive] = {MAXIMUM: LARGEST, MINIMUM: SMALLEST}
# Python writes warnings of a word at the end of a number, and of some texts in quotes, before it refuses the formula.
_WARNED_OF = re.compile(r"""\b\d\w*(?:\.\w*)?(?:and|else|for|if|in|is|not|or)|(?:\b\w+)?['"]""")
_LONGEST = 1000  # characters of a message
_CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}


def parse(formula: str, /, **variables: Value | float) -> Value:
    """Return the graph of a formula, with a labelled leaf for each variable.

    Args:
        formula: Python arithmetic: numbers, names, + - * / **, parentheses, and the functions of the table, such as
            `exp(-x)` or `maximum(x, y)`. A variable may hide one of the names pi, e, inf and nan.
        **variables: numbers, each of which becomes a Value labelled with the name, or Values, used as they are.

    Returns:
        The output node. To differentiate with respect to a variable, pass it as a Value.

    Raises:
        ExpressionError: if the formula holds anything else; the message points at the character.
        DomainError: if an operation leaves its domain.
        TypeError: if the formula is not a str or a variable not a real number.
        ValueError: if two of the names are one to Python, which reads µ (micro) and μ (mu) alike.

    >>> x, y = Value(1.0, "x"), Value(2.0, "y")
    >>> f = parse("2*x**2*y**3", x=x, y=y)
    >>> f.backward()
    >>> f.data, x.grad, y.grad
    (16.0, 32.0, 24.0)
    >>> parse("2*x + z", x=1)
    Traceback (most recent call last):
        ...
    autodiff.errors.ExpressionError: parse: unknown name 'z'; pass z=... (given: x)
        2*x + z
              ^
    """
    if not isinstance(formula, str):
        raise TypeError(f"parse: expected a formula as str, got {type(formula).__name__}; write it in quotes")
    values: dict[str, Value] = {}
    for name, number in variables.items():
        normal = unicodedata.normalize("NFKC", name)  # as Python reads the names in a formula
        if normal in values:
            raise ValueError(f"parse: expected each variable once, got {normal!r} twice, as {name!r} too")
        values[normal] = number if isinstance(number, Value) else Value(number, name)
    return _Reader(formula, values).read()


class _Reader:
    """Reads one formula."""

    def __init__(self, formula: str, variables: Mapping[str, Value]) -> None:
        self.formula = formula.strip()
        self.lines = re.split(_LINE_END, self.formula)
        self.variables = variables

    def read(self) -> Value:
        if warned_of := _WARNED_OF.search(self.formula):
            before = re.split(_LINE_END, self.formula[: warned_of.start()])
            self.fail(_WHAT_IS_READ, len(before) - 1, len(before[-1]))
        try:
            tree = ast.parse(self.formula, mode="eval")
            out = self.node(tree.body)
            return out if isinstance(out, Value) else Value(out)
        except SyntaxError as error:
            self.fail(self.reason(error), (error.lineno or 1) - 1, (error.offset or 0) - 1)
        except (RecursionError, MemoryError):
            self.fail("the formula is nested too deeply; build it in parts", 0, 0)
        except ValueError as error:  # a null byte, or a number of more digits than Python reads
            if isinstance(error, ArithmeticError | ExpressionError):
                raise
            self.fail(f"this is not a formula ({error})", 0, 0)

    def reason(self, error: SyntaxError) -> str:
        """What Python's grammar says, or what it means: a word of Python is no name, and 2x is written 2*x."""
        words = [word for word in re.findall(r"\w+", self.formula) if keyword.iskeyword(word)]
        if words:
            return f"this is not a formula: {words[0]} is a word of Python and no name; call it {words[0]}_"
        product = re.search(r"(?<![\w.])([\d.]+)([^\W\d_]\w*)", self.formula)
        if product and error.msg.startswith("invalid decimal"):
            return f"this is not a formula: a product needs a sign; write {product[1]}*{product[2]}"
        for name, argument in re.findall(r"\b([^\W\d]\w*)\s+([\w.]+)", self.formula):
            if name in PRIMITIVES:
                return f"this is not a formula: a function needs parentheses; write {name}({argument})"
        return f"this is not a formula ({error.msg})"

    def node(self, tree: ast.expr) -> Value | float:
        """The Value of a subtree, or a float if it has no variables."""
        match tree:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as number):
                try:
                    return float(number)
                except OverflowError:
                    self.fail_at(tree, "this integer does not fit a float; write it as 1e400 is written")
            case ast.Name(id=name):
                if name in self.variables:
                    return self.variables[name]
                if name in _CONSTANTS:
                    return _CONSTANTS[name]
                names = ", ".join(self.variables) or "none"
                self.fail_at(tree, f"unknown name {name!r}; pass {name}=... (given: {names})")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return NEG(self.node(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.node(operand)
            case ast.BinOp():
                return self.chain(tree)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(tree, name, arguments)
        self.fail_at(tree, _WHAT_IS_READ)

    def chain(self, tree: ast.expr) -> Value | float:
        """A chain of operators, such as a sum of many terms, in a loop: Python nests them to the left."""
        chain: list[ast.BinOp] = []
        while isinstance(tree, ast.BinOp) and type(tree.op) in _BINARY:
            chain.append(tree)
            tree = tree.left
        if isinstance(tree, ast.BinOp):
            self.fail_at(tree, "^ is not a power here; write **" if isinstance(tree.op, ast.BitXor) else _WHAT_IS_READ)
        out = self.node(tree)
        for part in reversed(chain):
            out = self.apply(_BINARY[type(part.op)], [out, self.node(part.right)], [part.left, part.right])
        return out

    def apply(self, primitive: Primitive, operands: list[Value | float], trees: list[ast.expr]) -> Value | float:
        """A primitive of operands; an error calls these as the formula does: "x != 0" for 1/x."""
        try:
            return primitive(*operands)
        except DomainError:
            placeholders = ["x", "y"] if len(trees) <= 2 else [f"x{i}" for i in range(len(trees))]
            texts = dict(zip(placeholders, map(ast.unparse, trees), strict=False))
            varying = {name for name, tree in zip(texts, trees, strict=False) if _has_names(tree)}
            needed = {*re.findall(r"\b[xy]\b", primitive.requires)}
            if not varying or not needed <= varying:
                raise
            requires = re.sub(r"\b[xy]\b", lambda match: texts[match[0]], primitive.requires)
            pairs = zip(texts.items(), operands, strict=False)
            got = [f"{text} = {float(operand)!r}" for (name, text), operand in pairs if name in varying]
            advice = "check or clamp the operand first"
            raise DomainError(f"{primitive.name}: expected {requires}, got {', '.join(got)}; {advice}") from None

    def call(self, tree: ast.expr, name: str, arguments: list[ast.expr]) -> Value | float:
        """The Value of a call of a function of the table."""
        primitive = PRIMITIVES.get(name)
        if primitive is None or name == "dot":  # dot takes two lists, and the formula has no way to write one
            known = sorted({"abs", *filter(PRIMITIVES.get, vars(functions))} - {"dot"})
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            if name in _WRITTEN:
                hint = f"write {_WRITTEN[name]}"
            elif name in self.variables:
                hint = f"a product needs a sign; write {name}*(...)"
            self.fail_at(tree, f"unknown function {name!r}; {hint}")
        if len(arguments) > 2:
            primitive = _OF_MANY.get(primitive, primitive)
        wide = isinstance(primitive, WidePrimitive)
        if not arguments if wide else len(arguments) != len(primitive.partials):
            expected = "at least 1" if wide else len(primitive.partials)
            plural = "s" if expected == 2 else ""
            self.fail_at(tree, f"{name}: expected {expected} argument{plural}, got {len(arguments)}")
        return self.apply(primitive, [self.node(argument) for argument in arguments], arguments)

    def fail_at(self, tree: ast.expr, message: str) -> NoReturn:
        before = self.lines[tree.lineno - 1].encode()[: tree.col_offset]  # ast counts bytes
        column = len(before.decode())
        self.fail(message, tree.lineno - 1, column)

    def fail(self, message: str, line: int, column: int) -> NoReturn:
        """Raise, pointing at a character of the formula."""
        if len(message) > _LONGEST:  # a name, or digits
            message = f"{message[:_LONGEST]}…"
        text = self.lines[min(line, len(self.lines) - 1)]
        if column < 0:  # Python gives no column for a formula that ends too early
            column = len(text)
        start = max(0, column - 50)
        pointer = f"    {text[start : start + 100]}\n    {' ' * (column - start)}^"
        raise ExpressionError(f"parse: {message}\n{pointer}") from None


def _has_names(tree: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) for part in ast.walk(tree))
