"""`Shown`: all that a drawing needs to know, whatever language it is written in."""

from collections.abc import Mapping
from dataclasses import dataclass

from viz.graph.description import Graph


@dataclass(frozen=True)
class Shown:
    """A graph, and the options of `viz.draw` that say how it is shown."""

    graph: Graph
    rankdir: str
    show: frozenset[str]
    digits: int
    colors: Mapping[str, str]
