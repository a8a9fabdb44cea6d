"""HTML pages in one file that work offline, and what they are made of.

Markup, controls, scales, and a graph's arithmetic as JavaScript.
May import `autodiff`, `extend`, `viz.checks`, `style`.
"""
