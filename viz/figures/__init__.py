"""Plots of costs, of gradient descent and of training: as stills by matplotlib, some as pages too.

A page computes its numbers with the JavaScript of a recorded graph.
May import: `autodiff`, `nn`, `viz.checks`, `viz.graph`, `viz.style`, `viz.pages`.
"""
