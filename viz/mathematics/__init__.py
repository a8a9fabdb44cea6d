"""Formulas on paper: as plain text, as LaTeX, and as MathML.

Names, numbers and brackets; which formula is written is decided elsewhere.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`.
"""
