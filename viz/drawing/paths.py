"""The paths of SVG, read and written."""

import math
import re

SVG = "{http://www.w3.org/2000/svg}"  # the namespace, as ElementTree writes it before a tag


def points_of(path: str) -> list[tuple[float, float]]:
    """Return the points of a path, control points of its curves included."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def tip_of(head: str, neck: tuple[float, float]) -> tuple[float, float]:
    """Return the tip of an arrow's head: its point farthest from the end of the line."""
    return max(points_of(head), key=lambda point: math.dist(point, neck))


def coordinate(x: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{x + 0.0:.2f}".rstrip("0").rstrip(".")
