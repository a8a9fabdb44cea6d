"""A module of its own, whose function a program calls."""


def squared_distance(u, v):
    d = u - v  # records sub
    return d * d  # records mul
