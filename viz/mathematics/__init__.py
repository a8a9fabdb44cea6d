"""Formulas on paper: as plain text, as LaTeX, and as MathML. `reading` takes them as one types them.

Names, numbers and brackets; which formula is written is decided elsewhere.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`.
"""
