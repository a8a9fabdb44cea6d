"""Pictures of graphs and networks: DOT, SVG, Mermaid, TikZ, and the files that Graphviz renders.

`rendering` is the only file that calls Graphviz.
May import: `autodiff`, `viz.checks`, `viz.graph`, `viz.layout`, `viz.style`, `viz.pages`.
"""
