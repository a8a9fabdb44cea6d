"""The paths of SVG, read and written."""

import re

SVG = "{http://www.w3.org/2000/svg}"  # the namespace, as ElementTree writes it before a tag


def points_of(path: str) -> list[tuple[float, float]]:
    """Return the points of a path, control points of its curves included."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def coordinate(x: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{x + 0.0:.2f}".rstrip("0").rstrip(".")
