"""The graph that a drawing shows, as plain data: nodes, edges, boxes, levels of detail.

It knows no position, no color and no output format.
May import `autodiff`, `extend`, `viz.checks`, `style`.
"""
