"""The position of every node and the path of every edge, in points.

A graph without boxes is laid out in `tracks`, folded into rows; a network in `boxes`.
May import `graph`.
"""
