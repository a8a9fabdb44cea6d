"""The path of gradient descent on a function, the range that shows it, and the page that follows it step by step."""

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autodiff import DomainError, Value, grad, gradients, topological_order
from autodiff.extend import adjoints, as_float, as_value, check_positive_int, is_real
from viz.graph.checks import check_drawable
from viz.mathematics.formula import literal, named, write
from viz.mathematics.notation import Plain
from viz.pages.controls import number_list, slider, step_buttons
from viz.pages.markup import Html, element
from viz.pages.page import Page, asset, javascript
from viz.pages.scales import round_up, rounded_range

MAX_FORMULA = 60  # characters of a formula in a title
FAR = 4.0  # a path is shown up to this multiple of |start|, or of 1 for a smaller start


class Place(NamedTuple):
    """A place on the path: the point, the value of the function, and its gradient."""

    at: tuple[float, ...]
    value: float
    gradient: tuple[float, ...]


class Function:
    """A function `f` of n Values that returns one, with the names of its arguments; `who` is the caller, for errors."""

    def __init__(self, who: str, f: Callable[..., Any], n: int) -> None:
        if not callable(f):
            raise TypeError(f"{who}: expected a function, got {type(f).__name__}")
        self.who, self._f = who, f
        name = getattr(f, "__name__", "")
        self.name = name if name.isidentifier() else "f"
        try:
            arguments = [*inspect.signature(f).parameters][:n]
        except (TypeError, ValueError):  # it has no signature
            arguments = []
        self.arguments = arguments if len(arguments) == n else ["x", "y"][:n]

    def record(self, at: Sequence[float]) -> tuple[Value, list[Value]]:
        """Return the graph of the function at a point, and its leaves."""
        leaves = [Value(x, name) for x, name in zip(at, self.arguments, strict=True)]
        output = self._f(*leaves)
        if not isinstance(output, Value) and not is_real(output):
            got = type(output).__name__
            raise TypeError(f"{self.who}: expected the function to return one number or Value, got {got}")
        return as_value(output), leaves

    def refuse_math(self, at: Sequence[float]) -> None:
        """Raise a TypeError if it converts an argument to a float, as `math.exp` does: its slope would be 0."""
        grad(self._f, [*range(len(at))])(*at)

    def value(self, *at: float) -> float:
        """Return the value of the function; nan outside its domain."""
        try:
            return self.record(at)[0].data
        except DomainError:
            return math.nan

    def place(self, at: Sequence[float]) -> Place:
        """Return the value and the gradient at a point; nan outside the domain."""
        try:
            output, leaves = self.record(at)
            return Place(tuple(at), output.data, tuple(adjoints(output, leaves)))
        except DomainError:
            return Place(tuple(at), math.nan, (math.nan,) * len(at))

    def descend(self, start: Sequence[float], learning_rate: float, steps: int) -> list[Place]:
        """Return the path of gradient descent, x = x - eta df/dx: the start and at most `steps` places after it."""
        path = [self.place(start)]
        while len(path) <= steps and all(map(math.isfinite, (*path[-1].at, *path[-1].gradient))):
            x, _, slope = path[-1]
            path.append(self.place([x_i - learning_rate * slope_i for x_i, slope_i in zip(x, slope, strict=True)]))
        return path

    def curvature(self, x: float) -> float:
        """Return the second derivative of a function of one argument by a difference of its first; it may be nan."""
        h = 1e-4 * max(1.0, abs(x))
        return (self.place([x + h]).gradient[0] - self.place([x - h]).gradient[0]) / (2 * h)


class DescentFigure:
    """A figure of gradient descent on a function: the graph at the start, the path, and the page."""

    def __init__(self, f: Function, start: Sequence[float], rate: float, steps: int) -> None:
        check_drawable(f.who, *start)
        self.f, self.start, self.rate, self.steps = f, start, rate, steps
        output, self.leaves = f.record(start)
        f.refuse_math(start)
        self.outputs = [output, *gradients(output, self.leaves)]
        self.path = f.descend(start, rate, steps)
        self.name = f"{f.name}({', '.join(f.arguments)})"

    def descent_page(
        self,
        chart: Html,
        rows: Sequence[tuple[str, str, str]],
        ranges: Sequence[tuple[float, float]],
        curvature: float,
        scripts: Sequence[str],
        data: dict[str, Any],
    ) -> Page:
        """Return the page: the chart that `scripts` draw from `data`, and beside it numbers, buttons and sliders.

        The sliders for the start have the given ranges, extended to the start if it lies outside.
        """
        formula = formula_of(self.outputs[0], self.leaves)
        title = f"Gradient descent on {self.name}" + (f" = {formula}" if formula else "")
        starts = [
            slider(f"start {name}", min(low, x), max(high, x), x)
            for name, (low, high), x in zip(self.f.arguments, ranges, self.start, strict=True)
        ]
        rate = slider("rate η", 0.0, highest_rate(self.rate, curvature), self.rate)
        step = slider("step", 0, self.steps, 0, whole=True)
        controls = element("div", *starts, rate, step, class_="controls")
        beside = element("div", number_list(*rows), element("p", id="says", role="status"), step_buttons(), controls)
        scripts = ["number.js", "point.js", "controls.js", "chart.js", "deck.js", "walk.js", *scripts]
        return Page(
            title,
            element("h1", title),
            element("div", element("figure", chart), beside, class_="charts stage"),
            css=asset("figure.css"),
            js="\n".join([javascript(self.outputs, self.leaves), *map(asset, scripts)]),
            data=data,
        )


def formula_of(output: Value, leaves: Sequence[Value]) -> str:
    """Return a node as a formula of some leaves, or "" if it is longer than a title.

    >>> x = Value(3.0, "x")
    >>> formula_of(x**2 + 1.0, [x])
    'x² + 1'
    """
    notation = Plain(4)
    formulas = {leaf: named(leaf.label, notation) for leaf in leaves}
    for node in topological_order(output):
        if node.primitive is None:
            formulas.setdefault(node, literal(node.data, notation))
        else:
            formulas[node] = write(node.primitive, [formulas[x] for x in node.operands], notation)
            if len(formulas[node].text) > MAX_FORMULA:
                return ""
    return formulas[output].text


def range_around(path: Sequence[float]) -> tuple[float, float]:
    """Return a range that shows the path of a coordinate, and as much on the other side of its end.

    >>> range_around([3.0, 1.5, 0.75, 0.0])
    (-4.0, 4.0)
    """
    far = FAR * max(1.0, abs(path[0]))
    shown = [path[0]]
    for x in path[1:]:
        if not abs(x - path[0]) <= far:
            break
        shown.append(x)
    converges = len(path) == 1 or (len(shown) == len(path) and abs(path[-1] - path[-2]) < abs(path[1] - path[0]))
    middle = shown[-1] if converges else (min(shown) + max(shown)) / 2
    half = 1.3 * max(abs(x - middle) for x in shown) or max(1.0, abs(middle))
    return rounded_range(middle - half, middle + half)


def highest_rate(learning_rate: float, curvature: float) -> float:
    """Return the right end of a slider for the learning rate: above 2 / f'', from which on descent diverges."""
    diverging = 2.5 / curvature if curvature > 0.0 else 0.0
    return round_up(min(max(2.0 * learning_rate, diverging), 50.0 * learning_rate))


def check_rate(who: str, learning_rate: float, steps: int) -> float:
    """Return the learning rate as a float; raise unless it is > 0 and `steps` a positive int."""
    rate = as_float(learning_rate, who)
    if not 0.0 < rate < math.inf:
        raise ValueError(f"{who}: expected learning_rate > 0, got {rate!r}; the minus sign is in the formula")
    check_positive_int(who, "steps", steps)
    return rate
