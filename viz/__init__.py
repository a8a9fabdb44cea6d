"""Drawings of what `autodiff` records: `draw(loss)` for a notebook, `save(draw(loss), "loss.svg")` for a file.

Needs the extra `viz` (graphviz, pygraphviz), and imports it only when something is drawn.
"""

from viz.contour import cost_contour
from viz.cost import cost_curve
from viz.derivation.derivation import derive
from viz.descent import descent
from viz.drawing.graph_diagram import draw
from viz.drawing.network_diagram import network
from viz.drawing.rendering import render, save
from viz.explore import explore
from viz.plots import decision_boundary, history, weights
from viz.stepper.stepper import misconception, steps

__all__ = [
    "cost_contour",
    "cost_curve",
    "decision_boundary",
    "derive",
    "descent",
    "draw",
    "explore",
    "history",
    "misconception",
    "network",
    "render",
    "save",
    "steps",
    "weights",
]
