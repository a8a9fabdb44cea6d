"""Figure 2 of the article: gradient descent on a curve, with the slope at each place and the step from it."""

from collections.abc import Callable
from typing import Any

from autodiff import Program, Value
from autodiff.extend import as_float, check_range
from viz.figures.figure import Colors, Figure, note, number
from viz.figures.path import DescentFigure, Function, check_rate, range_around
from viz.graph.checks import check_drawable
from viz.pages.markup import element
from viz.pages.page import Page
from viz.pages.scales import axis_range
from viz.style.palette import Theme, theme_colors

SAMPLES = 101  # points of a curve from which its height is estimated
CURVE_POINTS = 401  # points of a curve in a still


def descent(
    f: Callable[[Value], Any],
    start: float,
    *,
    learning_rate: float = 0.1,
    steps: int = 30,
    x_range: tuple[float, float] | None = None,
    theme: Theme = "light",
) -> Figure:
    """Return gradient descent on a curve: x = x - eta df/dx, step by step.

    The figure shows the curve, its tangent at the current x, the step along the slope, and the path so far. The page
    has sliders for the start, the learning rate (it diverges if that is large) and the step. It replays the graph
    recorded at the start: branches of `f` on its argument stay as they were there.

    Args:
        f: a function of one Value that returns a Value.
        start: x at the start.
        learning_rate: eta > 0.
        steps: the number of steps; the still shows them all.
        x_range: the range of x; None for one that shows the path and as much on its other side.
        theme: "light", "dark" or "print", of the still; the page follows its reader.

    Raises:
        TypeError: if `f` is not a function of one number that returns one, or a number is not real.
        ValueError: if the learning rate or `steps` is not positive, or the range is empty, or a number beyond 1e100.
        DomainError: if `f` has no value at the start.

    >>> figure = descent(lambda x: x**2, start=3.0, learning_rate=0.1)
    >>> figure.save("descent.html")  # doctest: +SKIP
    PosixPath('descent.html')

    References:
        The article "A simple backprop explanation", figure 2.
    """
    rate = check_rate("descent", learning_rate, steps)
    colors = theme_colors("descent", theme)
    picture = _Curve(Function("descent", f, 1), as_float(start, "descent"), rate, steps, x_range)
    return Figure(picture.page(), (7.5, 5.0), picture.draw, colors)


class _Curve(DescentFigure):
    """The curve, the path, and the ranges of the axes."""

    def __init__(self, f: Function, start: float, rate: float, steps: int, x_range: tuple[float, float] | None) -> None:
        super().__init__(f, [start], rate, steps)
        if x_range is None:
            self.xs = range_around([place.at[0] for place in self.path])
        else:
            self.xs = check_range("descent", x_range)
        check_drawable("descent", *self.xs)
        low, high = self.xs
        self.ys = axis_range([f.value(low + (high - low) * i / (SAMPLES - 1)) for i in range(SAMPLES)])

    def page(self) -> Page:
        x = self.f.arguments[0]
        return self.descent_page(
            element("svg", id="chart", class_="chart", role="img", aria_label="the curve and the path on it"),
            [
                ("at", f"{x} =", "data"),
                ("value", f"{self.name} =", "data"),
                ("slope", f"slope d{self.f.name}/d{x} =", "grad"),
                ("step", "step −η · slope =", "step"),
            ],
            [self.xs],
            self.f.curvature(self.path[-1].at[0]),
            ["descent.js"],
            {"xs": self.xs, "ys": self.ys, "names": [x, self.name]},
        )

    def draw(self, canvas: Any, colors: Colors) -> None:
        import numpy as np

        axes = canvas.subplots()
        xs = np.linspace(*self.xs, CURVE_POINTS)
        curve = Program(self.outputs[0], self.leaves, backend="python")(xs[:, None])
        axes.plot(xs, curve, color=colors["ink"], lw=2)
        axes.plot([p.at[0] for p in self.path], [p.value for p in self.path], "o-", color=colors["focus"], lw=1.2, ms=6)
        at, value, (slope,) = self.path[0]
        reach = 0.16 * (self.xs[1] - self.xs[0])
        ends = (at[0] - reach, at[0] + reach)
        axes.plot(ends, [value + slope * (x - at[0]) for x in ends], color=colors["grad"], lw=2.5)
        note(axes, f"slope {number(slope)}", (at[0], value), (14 if slope > 0.0 else -14, -14), colors["grad"])
        x, name = self.f.arguments[0], self.name
        last = self.path[-1]
        axes.set(xlim=self.xs, ylim=self.ys, xlabel=x, ylabel=name)
        reached = f"after {len(self.path) - 1} steps {x} = {number(last.at[0])}"
        axes.set_title(f"η = {number(self.rate)}; {reached}", fontsize=13)
