"""What is alike in a graph: the neurons of a layer, the pixels of an image, the errors of all outputs.

Two parts are alike if they do the same at the same depth, on what is alike, for what is alike. That is colour
refinement, which tells nodes apart by the colours of their neighbours; the depth and two rounds of it are enough here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from viz.graph.parts import Part

Colours: TypeAlias = Mapping[Part, int]
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
    colours = _numbered({part: _look(part) for part in parts})
    for _ in range(ROUNDS):
        colours = _numbered(
            {part: (colours[part], _bag(part.sources, colours), _bag(part.users, colours)) for part in parts}
        )
    found: dict[int, list[Part]] = {}
    for part in parts:
        found.setdefault(colours[part], []).append(part)
    return [*found.values()]


def _look(part: Part) -> tuple[object, ...]:
    """What a part is in itself."""
    operations = {node.primitive.symbol if node.primitive else node.is_constant for node in part.results}
    return part.depth, part.cluster, len(part.path), part.count, part.hidden, frozenset(operations), not part.users


def _bag(parts: Iterable[Part], colours: Colours) -> tuple[int, ...]:
    return tuple(sorted(colours[part] for part in parts))


def _numbered(colours: Mapping[Part, object]) -> dict[Part, int]:
    numbers: dict[object, int] = {}
    return {part: numbers.setdefault(colour, len(numbers)) for part, colour in colours.items()}
