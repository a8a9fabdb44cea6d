"""The chain rule of a recorded graph, written out.

Path by path for one variable, layer by layer for a network.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`, `drawing`, `mathematics`, `stepper`.
"""
