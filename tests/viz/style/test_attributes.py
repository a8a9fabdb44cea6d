"""The attributes of DOT: which nodes have a dark border, and which a heavy one."""

import pytest

from viz.style.attributes import node_attributes
from viz.style.palette import DARK, LIGHT


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("kind", "is_output", "border", "width"),
    [
        ("leaf", False, "ink", None),
        ("parameter", False, "ink", None),
        ("operation", False, "line", None),
        ("part", False, "line", None),
        ("leaf", True, "ink", "2.5"),
        ("operation", True, "ink", "2.5"),
        ("part", True, "ink", "2.5"),
    ],
)
def test_leaves_and_the_output_have_a_dark_border_and_the_output_a_heavy_one(kind, is_output, border, width, colors):
    attributes = node_attributes(kind, is_output, colors)
    fill = {"leaf": "leaf", "operation": "operation"}.get(kind, "parameter")
    assert (attributes["color"], attributes["fillcolor"]) == (colors[border], colors[fill])
    assert attributes.get("penwidth") == width
