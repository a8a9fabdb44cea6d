"""Pictures of graphs and networks: DOT, SVG, Mermaid, TikZ, and the files that Graphviz renders.

`rendering` is the only file that calls Graphviz.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `layout`, `style`, `pages`.
"""
