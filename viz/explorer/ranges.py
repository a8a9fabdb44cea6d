"""Which leaves have a slider on a page, and from where to where."""

import re
from collections.abc import Mapping
from typing import TypeAlias
from unicodedata import normalize

from autodiff import Value
from autodiff.extend import check_range
from viz.graph.description import Node
from viz.pages.controls import default_range

Sliders: TypeAlias = Mapping[Value, tuple[float, float]]


def ranges_of(who: str, nodes: Mapping[Value, Node], sliders: Sliders | None) -> dict[Value, tuple[float, float]]:
    """Return the ends of the slider of each leaf that has one; `who` is the function that reports an error."""
    if sliders is not None and not isinstance(sliders, Mapping):
        raise TypeError(
            f"{who}: expected sliders as leaves with their ranges, got {type(sliders).__name__}; use {{x: (-3, 3)}}"
        )
    if sliders is None:
        named = [value for value, node in nodes.items() if node.kind in ("leaf", "parameter") and node.label]
        ranges = {leaf: default_range(leaf.data) for leaf in sorted(named, key=lambda leaf: _order(nodes[leaf]))}
    else:
        ranges = {}
        for leaf, ends in sliders.items():
            if not isinstance(leaf, Value):
                raise TypeError(f"{who}: expected Values as the keys of sliders, got {type(leaf).__name__}")
            if leaf not in nodes or not leaf.is_leaf:
                raise ValueError(f"{who}: expected sliders for leaves that the output was computed from, got {leaf!r}")
            if not nodes[leaf].label:
                raise ValueError(f"{who}: {leaf!r} has a slider and no name; give it a label, or pass names")
            low, high = ranges[leaf] = check_range(who, ends)
            if not 1e-300 < high - low < 1e300:
                raise ValueError(f"{who}: expected a range between 1e-300 and 1e300 wide, got {low:g} to {high:g}")
            if not low <= leaf.data <= high:
                raise ValueError(f"{who}: expected {nodes[leaf].label} from {low:g} to {high:g}, got {leaf.data!r}")
    if not ranges:
        raise ValueError(f"{who}: there is no leaf to move; label one, as in Value(2.0, 'x'), or pass names=locals()")
    return ranges


def _order(node: Node) -> tuple[bool, list[str | int]]:
    """The key that sorts sliders: inputs before parameters, x2 before x10, W⁽¹⁾₁₂ before W⁽²⁾₁₁."""
    plain = normalize("NFKC", node.name)
    return node.kind == "parameter", [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", plain)]
