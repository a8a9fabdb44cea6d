"""Find the parts of a graph that are alike: the neurons of a layer, the pixels of an image, the errors of all outputs.

Two parts are alike if they apply the same operation at the same depth, and their sources and users are alike. This is
color refinement (Weisfeiler & Leman, 1968), which colors each node by the colors of its neighbors; since the depth is
known, two rounds suffice here.
"""

from collections.abc import Mapping, Sequence

from viz.graph.description import Naming
from viz.graph.parts import Part

ROUNDS = 2


def shortened(n: int, max_shown: int) -> list[int | None]:
    """Return the indices of n things to show, at most `max_shown`; None stands for all that are left out.

    >>> shortened(4, 5)
    [0, 1, 2, 3]
    >>> shortened(100, 5)
    [0, 1, 2, None, 99]
    """
    return [*range(n)] if n <= max_shown else [*range(max_shown - 2), None, n - 1]


def alike(parts: Sequence[Part], naming: Naming) -> list[list[Part]]:
    """Return lists of parts that are alike, in the order of `parts`; each part is in one list."""
    colors = _numbered({part: _features(part, naming) for part in parts})
    for _ in range(ROUNDS):
        colors = _numbered({part: (colors[part], *_neighbors(part, colors)) for part in parts})
    by_color: dict[int, list[Part]] = {}
    for part in parts:
        by_color.setdefault(colors[part], []).append(part)
    return [*by_color.values()]


def _features(part: Part, naming: Naming) -> tuple[object, ...]:
    """The features of a part by itself, without its neighbors."""
    operations = {naming.common_symbol(node) if node.primitive else node.is_constant for node in part.results}
    return part.depth, part.cluster, len(part.path), part.count, part.hidden, frozenset(operations), not part.users


def _neighbors(part: Part, colors: Mapping[Part, int]) -> list[tuple[int, ...]]:
    """The colors of its sources and those of its users, each sorted."""
    return [tuple(sorted(colors[neighbor] for neighbor in side)) for side in (part.sources, part.users)]


def _numbered(colors: Mapping[Part, object]) -> dict[Part, int]:
    """The colors as numbers, in the order in which they occur."""
    numbers: dict[object, int] = {}
    return {part: numbers.setdefault(color, len(numbers)) for part, color in colors.items()}
