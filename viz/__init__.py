"""Drawings of what `autodiff` records: `draw(loss)` for a notebook, `save(draw(loss), "loss.svg")` for a file.

`graph` is what is drawn, as data; `layout` places it, `style` colors it, `drawing` writes it in each language. `pages`
are HTML, `mathematics` is formulas on paper; `derivation`, `stepper`, `figures`, `explorer` and `exercises` are made of
these.

Of ours it imports `autodiff`, and `figures` also `nn`. It needs the extra `viz` (graphviz, pygraphviz), and imports it
only when something is drawn.
"""

from viz.derivation.derivation import derive
from viz.drawing.graph_diagram import draw
from viz.drawing.network_diagram import network
from viz.drawing.rendering import render, save
from viz.exercises.exam_sheets import exam
from viz.exercises.quiz_page import quiz
from viz.explorer.comparison import compare
from viz.explorer.explorer import explore
from viz.figures.contour import cost_contour
from viz.figures.curve import cost_curve
from viz.figures.gradient_descent import descent
from viz.figures.live_training import playground
from viz.figures.product_counts import products
from viz.figures.training import decision_boundary, history, weights
from viz.pyodide.extension import load_ipython_extension as load_ipython_extension
from viz.stepper.network_steps import backprop
from viz.stepper.stepper import misconception, steps

# fmt: off
__all__ = [
    "backprop", "compare", "cost_contour", "cost_curve", "decision_boundary", "derive", "descent", "draw", "exam",
    "explore", "history", "misconception", "network", "playground", "products", "quiz", "render", "save", "steps",
    "weights",
]


def __dir__() -> list[str]:
    """The public names alone, for completion."""
    return __all__
