"""Pictures of graphs and networks: DOT, SVG, Mermaid, TikZ, and the files that Graphviz renders.

`graph_diagram` and `network_diagram` are `viz.draw` and `viz.network`. A `drawing` has a `content`. `placement` gives
it places, and `texts` lines of text; `dot`, `tikz` and `mermaid` write it. A `picture` is the content as shapes, which
`svg` writes; `network_picture` is one of circles. `rendering` is the only file that calls Graphviz.
May import `autodiff`, `extend`, `viz.checks`, `graph`, `layout`, `style`, `pages`.
"""
