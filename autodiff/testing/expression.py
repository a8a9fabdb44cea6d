"""`Expression`: a function made of primitives, node by node, that knows its Python code and a point where it is smooth.

`strategies.expressions` draws them; a falsifying example is printed as code that can be pasted.
"""

import ast
import inspect
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from autodiff import functions
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import PRIMITIVES
from autodiff.real import as_float

LINE = 80  # a formula longer than this gets a line of its own

Step: TypeAlias = tuple[Primitive, tuple[int | float, ...]]
"""A node of an `Expression`: a primitive and its operands. An int is the position of a node, counted from the first
variable on; a float is a plain number."""


class Expression:
    """A random expression, a function of its variables, with a point where it is smooth.

    Call it with numbers or Values, in order or by name; `grad(f)(*f.point)` works. Its repr is its source.

    Attributes:
        variables: the names of its arguments.
        point: a number for each. Around it, every node is within its primitive's domain, away from kinks and at most
            1e6, and nearly straight as a function of each variable.
        steps: its nodes after the variables, operands first, the output last.

    >>> x_sin_x = Expression(["x"], [2.0], [(PRIMITIVES["sin"], (0,)), (PRIMITIVES["mul"], (0, 1))])
    >>> x_sin_x
    x * sin(x)  # at x = 2.0
    >>> from autodiff import grad
    >>> x_sin_x(0.0), grad(x_sin_x)(0.0)
    (0.0, 0.0)
    """

    __slots__ = ("__signature__", "point", "steps", "variables")

    def __init__(self, variables: Sequence[str], point: Sequence[float], steps: Sequence[Step]) -> None:
        self.variables = tuple(variables)
        self.point = tuple(point)
        self.steps = tuple(steps)
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in variables]
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output: a float for numbers, a Value if an argument that it depends on is one.

        Raises:
            TypeError: if there are too many or too few arguments, or one is no number.
            DomainError: if a node leaves its domain, as it may away from `point`.
        """
        given = self.__signature__.bind(*args, **kwargs).args
        nodes = [x if hasattr(x, "record") else as_float(x, "Expression") for x in given]
        for primitive, operands in self.steps:
            nodes.append(primitive(*[x if isinstance(x, float) else nodes[x] for x in operands]))
        return nodes[-1 if self.steps else 0]

    @property
    def source(self) -> str:
        """Python code: a formula, or, where a node is used twice or the line gets long, the definition of a function.

        It uses operators and the functions of `autodiff`, `sum` among them; a primitive of your own goes by its name.
        """
        taken = {*self.variables, *(_spelling(primitive) for primitive, _ in self.steps)}
        uses = Counter(x for _, operands in self.steps for x in operands if isinstance(x, int))
        names = _fresh_names("t", taken)
        nodes: list[ast.expr] = [ast.Name(name) for name in self.variables]
        lines = []
        for primitive, operands in self.steps:
            node = formula(primitive, [_number(x) if isinstance(x, float) else nodes[x] for x in operands])
            if uses[len(nodes)] > 1 or (uses[len(nodes)] and len(ast.unparse(node)) > LINE):
                name = next(names)
                lines.append(f"    {name} = {ast.unparse(node)}")
                node = ast.Name(name)
            nodes.append(node)
        output = ast.unparse(nodes[-1 if self.steps else 0])
        if not lines:
            return output
        name = "f" if "f" not in taken else next(_fresh_names("f", taken))
        return "\n".join([f"def {name}({', '.join(self.variables)}):", *lines, f"    return {output}"])

    def __repr__(self) -> str:
        first, *rest = self.source.splitlines()
        at = ", ".join(f"{name} = {x!r}" for name, x in zip(self.variables, self.point, strict=True))
        return "\n".join([f"{first}  # at {at}", *rest])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the source where hypothesis, or IPython, would show the call that built it."""
        printer.text(repr(self))


_OPERATORS = {"add": ast.Add(), "sub": ast.Sub(), "mul": ast.Mult(), "div": ast.Div(), "pow": ast.Pow()}


def formula(primitive: Primitive, operands: Sequence[ast.expr]) -> ast.expr:
    """A primitive of operands, as Python's syntax tree."""
    known = primitive is PRIMITIVES.get(primitive.name)
    if known and primitive.name in _OPERATORS:
        left, right = operands
        return ast.BinOp(left, _OPERATORS[primitive.name], right)
    if known and primitive.name == "neg":
        return ast.UnaryOp(ast.USub(), operands[0])
    if isinstance(primitive, WidePrimitive) and primitive.fold:
        return formula(primitive.fold, operands)
    arguments = [*operands]
    if isinstance(primitive, WidePrimitive):
        half = len(arguments) // 2 if primitive.name == "dot" else len(arguments)
        arguments = [ast.List(part) for part in (arguments[:half], arguments[half:]) if part]
    return ast.Call(ast.Name(_spelling(primitive)), arguments, [])


def _number(x: float) -> ast.expr:
    """A plain number; a negative one as it is written, with a sign before it."""
    return ast.Constant(x) if x >= 0.0 else ast.UnaryOp(ast.USub(), ast.Constant(-x))


def _spelling(primitive: Primitive) -> str:
    """The function that applies a primitive."""
    if primitive is not PRIMITIVES.get(primitive.name):
        return re.sub(r"\W", "_", primitive.name)
    is_function = primitive.name == "abs" or hasattr(functions, primitive.name)
    return primitive.name if is_function else f"PRIMITIVES[{primitive.name!r}]"


def _fresh_names(letter: str, taken: set[str]) -> Iterator[str]:
    """The names t1, t2, ... that are not taken."""
    return (name for i in itertools.count(1) if (name := f"{letter}{i}") not in taken)
