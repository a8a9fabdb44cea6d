"""HTML pages in one file that work offline, and what they are made of.

Markup, controls, scales, help, and what a notebook shows of them.
May import `autodiff`, `extend`, `viz.checks`, `style`.
"""
