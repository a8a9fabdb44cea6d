"""Plots of costs, of gradient descent and of training: as stills by matplotlib, some as pages too.

A page computes its numbers with the JavaScript of a recorded graph.
May import `autodiff`, `extend`, `ingredients`, `nn`, `data`, `viz.checks`, `graph`, `style`, `pages`, `drawing`,
`mathematics`, `stepper`.
"""
