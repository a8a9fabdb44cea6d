"""Plots of costs, of gradient descent and of training: as stills by matplotlib, some as pages too.

A page computes its numbers with the JavaScript of a recorded graph.
May import `autodiff`, `extend`, `ingredients`, `nn`, `viz.checks`, `graph`, `style`, `pages`, `mathematics`.
"""
