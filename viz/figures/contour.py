"""The cost over two weights, as a map with lines of equal cost, and the path of gradient descent on it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Program, Value
from autodiff.extend import as_float, check_range
from viz.figures.figure import Colors, Figure, note, number
from viz.figures.path import DescentFigure, Function, check_rate, range_around
from viz.graph.checks import check_drawable
from viz.pages.markup import element
from viz.pages.page import Page
from viz.pages.scales import rounded_range
from viz.style.palette import Theme, theme_colors

ALIKE = 6.0  # ranges whose lengths differ by more have scales of their own
N_LEVELS = 10  # number of lines of equal cost
SAMPLES = 31  # points along each axis, from whose costs the levels are chosen
GRID_POINTS = 201  # points along each axis of a still
SHADE = 0.022  # what a level is darker than the one below, as a share of the ink; figure.css has it too


def cost_contour(
    cost: Callable[[Value, Value], Any],
    start: tuple[float, float],
    *,
    learning_rate: float = 0.1,
    steps: int = 30,
    ranges: tuple[tuple[float, float], tuple[float, float]] | None = None,
    theme: Theme = "light",
) -> Figure:
    """Return lines of equal cost over two weights, and gradient descent on both at once:

        m = m - eta dC/dm,        c = c - eta dC/dc

    The areas inside the lines grow as 1, 4, 9, ..., so that the lines of a round bowl are evenly spaced. The page has
    sliders for the start, the learning rate and the step. It replays the graph recorded at the start: branches of
    `cost` on its arguments stay as they were there.

    Args:
        cost: a function of two Values that returns a Value; the axes have the names of its arguments.
        start: the two weights at the start.
        learning_rate: eta > 0.
        steps: the number of steps; the still shows them all.
        ranges: the range of each axis; None for one that shows the path, as much on
            its other side, and minima near by.
        theme: "light", "dark" or "print", of the still; the page follows its reader.

    The errors are those of `descent`.

    >>> def cost(m, c):
    ...     return 0.5 * (m + c - 2) ** 2 + 0.5 * (3 * m + c - 1) ** 2
    >>> figure = cost_contour(cost, (1.0, 0.0))
    >>> figure.save("contour.html")  # doctest: +SKIP
    PosixPath('contour.html')
    """
    rate = check_rate("cost_contour", learning_rate, steps)
    if not isinstance(start, Sequence) or len(start) != 2:
        raise TypeError(f"cost_contour: expected start to be two numbers, got {start!r}")
    m, c = (as_float(x, "cost_contour") for x in start)
    colors = theme_colors("cost_contour", theme)
    picture = _Map(Function("cost_contour", cost, 2), (m, c), rate, steps, ranges)
    return Figure(picture.page(), (7.0, 6.0), picture.draw, colors)


class _Map(DescentFigure):
    """The cost, the path, the ranges of the axes, and the levels."""

    def __init__(
        self, f: Function, start: tuple[float, float], rate: float, steps: int, ranges: Sequence[Any] | None
    ) -> None:
        super().__init__(f, start, rate, steps)
        if ranges is None:
            paths = [[place.at[i] for place in self.path] for i in (0, 1)]
            self.xs, self.ys = self._with_minima(range_around(paths[0]), range_around(paths[1]))
        else:
            self.xs, self.ys = (check_range("cost_contour", ends) for ends in ranges)
        check_drawable("cost_contour", *self.xs, *self.ys)
        xs, ys = ([low + (high - low) * i / (SAMPLES - 1) for i in range(SAMPLES)] for low, high in (self.xs, self.ys))
        self.levels = levels([f.value(x, y) for x in xs for y in ys])

    def _with_minima(self, xs: tuple[float, float], ys: tuple[float, float]) -> Sequence[tuple[float, float]]:
        """The ranges, extended to show the minima of the cost in a window of three times their size or more."""
        axes = []
        for (low, high), x in zip((xs, ys), self.start, strict=True):
            far = 1.5 * max(1.0, abs(x))
            first, last = min(2 * low - high, -far), max(2 * high - low, far)
            axes.append([first + (last - first) * i / (SAMPLES - 1) for i in range(SAMPLES)])
        costs = [[self.f.value(x, y) for y in axes[1]] for x in axes[0]]
        extended = [list(ends) for ends in (xs, ys)]
        for i in range(1, SAMPLES - 1):
            for j in range(1, SAMPLES - 1):
                around = [costs[i + a][j + b] for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
                if not costs[i][j] < min(around):
                    continue
                for ends, axis, k in ((extended[0], axes[0], i), (extended[1], axes[1], j)):
                    margin = 3 * (axis[1] - axis[0])
                    ends[:] = min(ends[0], axis[k] - margin), max(ends[1], axis[k] + margin)
        lengths = [high - low for low, high in extended]
        if max(lengths) < ALIKE * min(lengths):  # the axes will have one scale: no map is a narrow strip
            missing = [max(max(lengths) / 2 - length, 0.0) / 2 for length in lengths]
            extended = [[low - m, high + m] for (low, high), m in zip(extended, missing, strict=True)]
        return [rounded_range(*ends) for ends in extended]

    def page(self) -> Page:
        m, c = self.f.arguments
        return self.descent_page(
            element("svg", id="chart", class_="chart map", role="img", aria_label="lines of equal cost and the path"),
            [
                ("at-0", f"{m} =", "data"),
                ("at-1", f"{c} =", "data"),
                ("value", f"{self.name} =", "data"),
                ("slope-0", f"∂{self.f.name}/∂{m} =", "grad"),
                ("slope-1", f"∂{self.f.name}/∂{c} =", "grad"),
            ],
            [self.xs, self.ys],
            self._curvature(),
            ["isolines.js", "contour.js"],
            {"xs": self.xs, "ys": self.ys, "names": [m, c], "levels": self.levels},
        )

    def _curvature(self) -> float:
        """The Frobenius norm of the Hessian at the end of the path, as an estimate of the largest second derivative."""
        x = self.path[-1].at
        total = 0.0
        for i in (0, 1):
            h = 1e-4 * max(1.0, abs(x[i]))
            up, down = (self.f.place([x_j + s * h * (i == j) for j, x_j in enumerate(x)]).gradient for s in (1, -1))
            total += sum(((a - b) / (2 * h)) ** 2 for a, b in zip(up, down, strict=True))
        return math.sqrt(total)

    def draw(self, canvas: Any, colors: Colors) -> None:
        import numpy as np

        axes = canvas.subplots()
        x, y = np.meshgrid(np.linspace(*self.xs, GRID_POINTS), np.linspace(*self.ys, GRID_POINTS))
        program = Program(self.outputs[0], self.leaves, backend="python")
        z = program(np.stack([x, y], axis=-1).reshape(-1, 2)).reshape(x.shape)
        if len(self.levels) > 1:
            shades = [_mixed(colors["paper"], colors["ink"], SHADE * i) for i in range(len(self.levels) + 1)]
            shown = np.ma.masked_invalid(z)
            axes.contourf(x, y, shown, levels=self.levels, colors=shades, extend="both")
        lines = axes.contour(x, y, z, levels=self.levels, colors=colors["line"], linewidths=1.2)
        axes.clabel(lines, lines.levels[1::3], fmt="%.3g", fontsize=10)
        places = np.array([place.at for place in self.path])
        axes.plot(*places.T, "o-", color=colors["focus"], lw=2, ms=5)
        axes.plot(*places[0], "o", color=colors["focus"], ms=10)
        side = 1 if len(places) > 1 and places[1][0] < places[0][0] else -1  # the side without the path
        is_near = places[0][0] - self.xs[0] < 0.2 * (self.xs[1] - self.xs[0])  # the numbers of the axis
        note(axes, "start", tuple(places[0]), (12, 14) if is_near else (12 * side, 0), colors["focus"])
        m, c = self.f.arguments
        axes.set(xlim=self.xs, ylim=self.ys, xlabel=m, ylabel=c)
        lengths = [high - low for low, high in (self.xs, self.ys)]
        if max(lengths) < ALIKE * min(lengths):
            axes.set_aspect("equal")  # so that a step is perpendicular to the line of its cost
        reached = f"{m} = {number(places[-1][0])}, {c} = {number(places[-1][1])}"
        axes.set_title(f"η = {number(self.rate)}; after {len(self.path) - 1} steps {reached}", fontsize=13)


def _mixed(ground: str, color: str, share: float) -> str:
    """A color over a ground, of which it covers a share."""
    pairs = [(int(ground[i : i + 2], 16), int(color[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(one + share * (other - one)):02x}" for one, other in pairs)


def levels(costs: Sequence[float]) -> list[float]:
    """Return the costs of the lines, chosen so that the areas inside them grow as 1, 4, 9, ...

    >>> levels([float(x * x) for x in range(-1050, 1051)])[:3]  # of x, 10, 38 and 86: as 1, 4 and 9
    [100.0, 1444.0, 7396.0]
    """
    finite = sorted(filter(math.isfinite, costs))
    shares = [(i / (N_LEVELS + 0.5)) ** 2 for i in range(1, N_LEVELS + 1)]
    return sorted({finite[int(share * len(finite))] for share in shares}) if finite else []
