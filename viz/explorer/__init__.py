"""A graph with sliders: all its numbers follow them, by the Program's own JavaScript.

May import `autodiff`, `extend`, `viz.checks`, `graph`, `style`, `pages`, `drawing`.
"""
