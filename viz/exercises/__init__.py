"""Exercises from a graph: a quiz that names the mistake behind a wrong number, and exam sheets in many variants.

May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`, `drawing`, `mathematics`, `stepper`.
"""
