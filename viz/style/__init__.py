"""Colors, themes, Graphviz attributes, and the width of a text.

A color has the name of its meaning, such as "grad".
May import `extend`.
"""
