"""Pictures of graphs and networks: DOT, SVG, Mermaid, TikZ, and the files that Graphviz renders.

`graph_diagram` and `network_diagram` are `viz.draw` and `viz.network`. A `drawing` has a `content`, and attributes for
Graphviz from `placement`; `dot`, `tikz` and `mermaid` write it. A `picture` is a drawing read back as shapes, which
`svg` writes. `rendering` is the only file that calls Graphviz.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `layout`, `style`, `pages`.
"""
