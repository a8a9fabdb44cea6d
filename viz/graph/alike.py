"""What is alike in a graph: the neurons of a layer, the pixels of an image, the errors of all outputs.

Two parts are alike if they do the same at the same depth, on what is alike, for what is alike. That is color
refinement, which tells nodes apart by the colors of their neighbors; the depth and two rounds of it are enough here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from viz.graph.parts import Part

Colors: TypeAlias = Mapping[Part, int]
ROUNDS = 2


def shortened(n: int, most: int) -> list[int | None]:
    """Return which of n things are shown, where `most` have room; None stands for all that are left out.

    >>> shortened(4, 5)
    [0, 1, 2, 3]
    >>> shortened(100, 5)
    [0, 1, 2, None, 99]
    """
    return [*range(n)] if n <= most else [*range(most - 2), None, n - 1]


def series(parts: Sequence[Part]) -> list[list[Part]]:
    """Return the parts that are alike, in their order; each part is in one list."""
    colors = _numbered({part: _look(part) for part in parts})
    for _ in range(ROUNDS):
        colors = _numbered(
            {part: (colors[part], _bag(part.sources, colors), _bag(part.users, colors)) for part in parts}
        )
    found: dict[int, list[Part]] = {}
    for part in parts:
        found.setdefault(colors[part], []).append(part)
    return [*found.values()]


def _look(part: Part) -> tuple[object, ...]:
    """What a part is in itself."""
    operations = {node.primitive.symbol if node.primitive else node.is_constant for node in part.results}
    return part.depth, part.cluster, len(part.path), part.count, part.hidden, frozenset(operations), not part.users


def _bag(parts: Iterable[Part], colors: Colors) -> tuple[int, ...]:
    return tuple(sorted(colors[part] for part in parts))


def _numbered(colors: Mapping[Part, object]) -> dict[Part, int]:
    numbers: dict[object, int] = {}
    return {part: numbers.setdefault(color, len(numbers)) for part, color in colors.items()}
