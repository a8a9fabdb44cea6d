"""Why backpropagation: how many products a gradient takes, counted on the same graph in three ways, over its depth."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from autodiff import Value
from autodiff.extend import check_positive_int
from viz.figures.figure import Colors, Still
from viz.graph.counts import Counts, count_products
from viz.style.palette import Theme, theme_colors
from viz.style.text import SUPERSCRIPTS, format_count

WAYS = {  # the color and the dashes of each, by its name
    "path by path": ("by_paths", "negative", "--"),
    "forward mode": ("forward", "positive", "-."),
    "backward sweep": ("backward", "grad", "-"),
}


def products(make: Callable[[int], Value], depths: Iterable[int] = range(1, 11), *, theme: Theme = "light") -> Still:
    """Return a plot of the products that a gradient takes, over the depth of its graph.

    There are three ways on the same graph: each path from the output to a leaf multiplied out; forward mode, once for
    each leaf; and the sweep backward, one product for each edge. The counts are exact, and nothing is computed by them.

    Args:
        make: depth -> a graph of that depth, by its output.
        depths: the depths, each at least 1.
        theme: "light", "dark" or "print".

    Returns:
        A picture, whose `alt` says the counts at the largest depth.

    Raises:
        TypeError: if `make` does not return a Value.
        ValueError: if there is no depth, one is not positive, or a graph has no product, as a leaf alone.

    >>> def squares(depth):
    ...     x = Value(1.1)
    ...     for _ in range(depth):
    ...         x = x * x
    ...     return x
    >>> products(squares)
    <Still: At depth 10: path by path 10,240 products, forward mode 20, backward …>

    References:
        Griewank & Walther, Evaluating Derivatives (2008), section 3.2, on the cost of a gradient.
    """
    if not callable(make) or not isinstance(depths, Iterable):
        got = f"{type(make).__name__} and {type(depths).__name__}"
        raise TypeError(f"products: expected a function and its depths, as in range(1, 11), got {got}")
    at = [check_positive_int("products", "each depth", depth) for depth in depths]
    if not at:
        raise ValueError("products: expected at least one depth, got none")
    counts = [_counts(make(depth), depth) for depth in at]

    def draw(canvas: Any, colors: Colors) -> None:
        axes = canvas.subplots()
        for name, (kind, color, dashes) in WAYS.items():
            heights = [math.log10(getattr(count, kind)) for count in counts]  # too large for floats without it
            axes.plot(at, heights, dashes, color=colors[color], lw=2.5, marker="o", ms=4, label=name)
            last = format_count(getattr(counts[-1], kind))
            place = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
            axes.annotate(last, (at[-1], heights[-1]), color=colors[color], **place)
        axes.set(xlabel="depth", ylabel="products", ylim=(0.0, None))
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.yaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.yaxis.set_major_formatter(lambda y, _: f"10{str(round(y)).translate(SUPERSCRIPTS)}")
        axes.legend(frameon=False, loc="upper left")

    ends = [f"{name} {format_count(getattr(counts[-1], kind))}" for name, (kind, *_) in WAYS.items()]
    ends[0] += " products"
    alt = f"At depth {at[-1]}: {', '.join(ends)}."
    return Still((7.0, 4.4), draw, theme_colors("products", theme), alt)


def _counts(output: Any, depth: int) -> Counts:
    if not isinstance(output, Value):
        raise TypeError(f"products: expected make({depth}) to return a Value, got {type(output).__name__}")
    counts = count_products(output)
    if not counts.by_paths:
        raise ValueError(f"products: expected a graph with a leaf below its output at depth {depth}, got {output!r}")
    return counts
