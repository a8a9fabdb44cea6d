"""Formulas on paper: as plain text, as LaTeX, and as MathML.

Names, numbers and brackets; which formula is written is decided elsewhere.
May import: `autodiff`, `viz.checks`, `viz.style`, `viz.pages`.
"""
