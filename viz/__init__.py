"""Drawings of what `autodiff` records: `draw(loss)` for a notebook, `save(draw(loss), "loss.svg")` for a file.

Needs the extra `viz` (graphviz, pygraphviz), and imports it only when something is drawn.
"""

from viz.drawing import draw
from viz.render import render, save

__all__ = ["draw", "render", "save"]
