"""The picture of scalars-to-matrices.md is the graph of the article's network, with the classes of today."""

import re
import runpy
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_of_the_classes_has_the_nodes_colors_and_edges_of_the_graph(root):
    script = runpy.run_path(str(root / "docs" / "scalars_to_matrices_picture.py"))
    dot = script["colored"](script["article"]())
    drawn = {"node": set(), "edge": set()}
    for group in ET.parse(root / "docs" / "images" / "scalars-to-matrices.svg").iter(f"{SVG}g"):
        if group.get("class") == "node":
            shape = group.find(f"{SVG}path")
            drawn["node"].add((group.find(f"{SVG}title").text, group.find(f"{SVG}text").text, shape.get("fill")))
        elif group.get("class") == "edge":
            drawn["edge"].add(tuple(group.find(f"{SVG}title").text.split("->")))
    nodes = re.findall(r'^  (\d+) \[label="(.*?)"(?: fillcolor="(.*?)")?\]$', dot, re.M)
    assert drawn["node"] == {(i, label, fill or "white") for i, label, fill in nodes}
    assert drawn["edge"] == set(re.findall(r"^  (\d+) -> (\d+)$", dot, re.M))
    assert len(nodes) == 25
