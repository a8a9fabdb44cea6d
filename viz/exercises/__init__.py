"""Exercises from a graph: a quiz that names the mistake behind a wrong number.

May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`, `drawing`, `mathematics`, `stepper`.
"""
