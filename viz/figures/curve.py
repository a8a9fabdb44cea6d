"""Figure 1 of the article: a line beside its cost, which changes with the slope of the line."""

from collections.abc import Iterable
from itertools import chain
from statistics import StatisticsError, fmean, linear_regression
from string import ascii_uppercase
from typing import Any

from autodiff import Program, Value
from autodiff.extend import as_float
from nn import losses
from viz.figures.figure import Colors, Figure, note, number
from viz.graph.checks import check_drawable
from viz.pages.controls import number_list, slider
from viz.pages.markup import element
from viz.pages.page import Page, asset, javascript
from viz.pages.scales import axis_range, rounded_range
from viz.style.palette import Theme, theme_colors
from viz.style.text import text_width

MAX_NAMED = 6  # the largest number of points of which each has a letter, and its error in a list
CURVE_POINTS = 201  # points of a curve in a still
# Lengths in a still, in points.
AXIS_WIDTH = 340.0
FONT_SIZE = 13.0
POINT_GAP = 10.0  # distance between a point and its text
SCRIPTS = ("number.js", "point.js", "controls.js", "chart.js", "cost.js")


def cost_curve(
    points: Iterable[tuple[float, float]], *, m: float = 1.0, c: float = 0.0, theme: Theme = "light"
) -> Figure:
    """Return the line f(x) = m x + c beside its two costs as functions of m.

        absolute   C(m) = sum |f(x) - y|
        squared    C(m) = 1/2 sum (f(x) - y)^2

    On the left are the line, the points and their errors; on the right are the costs, with the current m marked. The
    page has sliders for m and c.

    Args:
        points: (x, y) pairs, at least one.
        m: the first slope.
        c: the first intercept.
        theme: "light", "dark" or "print", of the still; the page follows its reader.

    Raises:
        ValueError: if there is no point, or a number is not finite or beyond 1e100.
        TypeError: if a coordinate, m or c is not a real number.

    >>> figure = cost_curve([(1, 2), (3, 1)])
    >>> figure.save("cost.html")  # doctest: +SKIP
    PosixPath('cost.html')

    References:
        The article "A simple backprop explanation", figure 1.
    """
    pairs = [(as_float(x, "cost_curve"), as_float(y, "cost_curve")) for x, y in points]
    if not pairs:
        raise ValueError("cost_curve: expected at least one point, got none")
    slope, intercept = as_float(m, "cost_curve"), as_float(c, "cost_curve")
    check_drawable("cost_curve", slope, intercept, *chain(*pairs))
    colors = theme_colors("cost_curve", theme)
    picture = _Line(pairs, slope, intercept)
    return Figure(picture.page(), (11.0, 4.4), picture.draw, colors)


class _Line:
    """The line, its costs, and the ranges of all axes and sliders."""

    def __init__(self, points: list[tuple[float, float]], m: float, c: float) -> None:
        self.points, self.m, self.c = points, m, c
        self.letters = [*ascii_uppercase[: len(points)]] if len(points) <= MAX_NAMED else [""] * len(points)
        xs, ys = zip(*points, strict=True)
        width = max(*xs, 0.0) - min(*xs, 0.0) or 1.0
        self.xs = (min(*xs, 0.0) - 0.15 * width, max(*xs, 0.0) + 0.4 * width)
        best = sum(x * (y - c) for x, y in points) / (sum(x * x for x in xs) or 1.0)  # the best slope for this c
        slope, intercept = _fit(points)
        half = 1.5 * max(abs(m - best), abs(slope - best), abs(best), 1.0)
        self.ms = rounded_range(best - half, best + half)
        high = 1.5 * max(abs(c), abs(intercept), max(ys) - min(ys), 1.0)
        self.cs = rounded_range(-high, high)
        self.slope, self.intercept = Value(m, "m"), Value(c, "c")
        predictions = [self.slope * x + self.intercept for x in xs]
        ends = [self.slope * x + self.intercept for x in self.xs]
        costs = [losses.absolute_error(predictions, [*ys]), losses.squared_error(predictions, [*ys])]
        errors = [f - y for f, y in zip(predictions, ys, strict=True)]
        self.outputs = [*costs, *ends, *predictions, *errors]
        low, high = axis_range([*ys, *[node.data for node in (*ends, *predictions)], 0.0])
        room = 0.15 * (high - low)  # for the letters above and below the points
        self.ys = low - room, high + room
        self.costs = (0.0, 1.08 * max(self._cost(end) for end in self.ms))

    def _cost(self, m: float) -> float:
        residuals = [m * x + self.c - y for x, y in self.points]
        return max(sum(map(abs, residuals)), 0.5 * sum(r * r for r in residuals)) or 1.0

    def page(self) -> Page:
        errors = [(f"error-{i}", f"error {letter} =", "error") for i, letter in enumerate(self.letters) if letter]
        title = "The cost of f(x) = mx + c"
        left = element("svg", id="line", class_="chart", role="img", aria_label="the line, the points and their errors")
        right = element("svg", id="costs", class_="chart", role="img", aria_label="both costs as functions of m")
        return Page(
            title,
            element("h1", title),
            element("div", element("figure", left), element("figure", right), class_="charts"),
            element("div", slider("m", *self.ms, self.m), slider("c", *self.cs, self.c), class_="controls"),
            number_list(
                *errors,
                ("absolute", "absolute cost Σ|f(x) − y| =", "absolute"),
                ("squared", "squared cost ½ Σ(f(x) − y)² =", "squared"),
            ),
            css=asset("figure.css"),
            js="\n".join([javascript(self.outputs, [self.slope, self.intercept]), *map(asset, SCRIPTS)]),
            data={
                "points": self.points,
                "letters": self.letters,
                "xs": self.xs,
                "ys": self.ys,
                "ms": self.ms,
                "costs": self.costs,
            },
        )

    def _side(self, x: float, text: str, preferred: int) -> int:
        """The side of x for a text, -1 or 1: the preferred one if the text fits."""
        room = {-1: x - self.xs[0], 1: self.xs[1] - x}
        return preferred if room[preferred] >= min(self._length(text), room[-preferred]) else -preferred

    def _length(self, text: str) -> float:
        """The length of a text beside a point, in units of x."""
        return float((text_width(text, FONT_SIZE) + POINT_GAP) / AXIS_WIDTH * (self.xs[1] - self.xs[0]))

    def draw(self, canvas: Any, colors: Colors) -> None:
        left, right = canvas.subplots(1, 2)
        self._draw_line(left, colors)
        self._draw_costs(right, colors)

    def _draw_line(self, left: Any, colors: Colors) -> None:
        left.plot(self.xs, [node.data for node in self.outputs[2:4]], color=colors["focus"], lw=2.5)
        _, _, _, _, *rest = [node.data for node in self.outputs]
        n = len(self.points)
        for letter, (x, y), f, error in zip(self.letters, self.points, rest[:n], rest[n:], strict=True):
            left.plot([x, x], [y, f], color=colors["grad"], lw=2.5, ls=(0, (2, 1.2)))
            left.plot([x], [y], "o", color=colors["ink"], ms=9)
            if letter:
                if abs(error) > 0.06 * (self.ys[1] - self.ys[0]):
                    text = f"error {letter} = {number(error)}"
                    if any(0.0 < abs(x - other) < self._length(text) for other, _ in self.points):
                        text = number(error)
                    free = -1 if (error < 0.0) == (self.m > 0.0) else 1  # the side without the line
                    side = self._side(x, text, free)
                    height = (y + f) / 2 if side == free else y
                    note(left, text, (x, height), (10 * side, 0), colors["grad"])
                note(left, letter, (x, y), (0, 14 if y >= f else -14), colors["ink"])
        title = f"m = {number(self.m)}, c = {number(self.c)}"
        left.set(xlim=self.xs, ylim=self.ys, xlabel="x", ylabel="f(x)", title=title)

    def _draw_costs(self, right: Any, colors: Colors) -> None:
        import numpy as np

        through_points = [(y - self.c) / x for x, y in self.points if x]  # there the absolute cost has a corner
        corners = [m for m in through_points if self.ms[0] <= m <= self.ms[1]]
        ms = np.union1d(np.linspace(*self.ms, CURVE_POINTS), corners)
        program = Program(self.outputs[:2], [self.slope, self.intercept], backend="python")
        curves = program(np.column_stack([ms, np.full_like(ms, self.c)])).T
        for name, curve, color, dashes in zip(
            ("absolute", "squared"), curves, ("partial", "focus"), ("--", "-"), strict=True
        ):
            cost = self.outputs[name == "squared"].data
            right.plot(ms, curve, dashes, color=colors[color], lw=2.5, label=f"{name} cost: {number(cost)}")
            right.plot([self.m], [cost], "o", color=colors[color], ms=9)
        right.axvline(self.m, color=colors["ink"], lw=1.2, ls="--")
        right.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        right.set(xlim=self.ms, ylim=self.costs, xlabel="m", ylabel="cost")


def _fit(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The slope and the intercept by least squares."""
    xs, ys = zip(*points, strict=True)
    try:
        return linear_regression(xs, ys)
    except StatisticsError:  # all points have one x
        return 0.0, fmean(ys)
