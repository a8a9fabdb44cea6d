"""The position of every node and the path of every edge, in points.

For graphs with boxes and for large graphs; Graphviz lays out the others.
May import `graph`.
"""
