"""Names of nodes in a text: short ones, and no two that any notation writes alike."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, count

from viz.mathematics.notation import SUBSCRIPTS, Latex, MathML, short


class Namer:
    """Gives each node a name that is not written like the name of another, nor like a label of another.

    Args:
        labels: the labels in use.

    >>> namer = Namer(["x1", "x_1", "v1"])
    >>> namer.of("x1"), namer.of("x_1"), namer.new("f"), namer.new("f")
    ('x1', 'x_1_2', 'f', 'v₂')
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = set[str]().union(*map(_spellings, {*map(short, labels)}))
        self._used: set[str] = set()
        self._numbered: dict[str, Iterator[str]] = {}
        self._letters = (f"v{i}".translate(SUBSCRIPTS) for i in count(1))

    def of(self, label: str) -> str:
        """Return the label on one line, short, and with a number if the name is in use."""
        name = short(label)
        if self._used.isdisjoint(spellings := _spellings(name)):
            self._used |= spellings
            return name
        ends = (f"_{i}" for i in count(2))
        return self._first(self._numbered.setdefault(name, (short(name, 30 - len(end)) + end for end in ends)))

    def new(self, *wanted: str) -> str:
        """Return the first that is free of some names and v₁, v₂, v₃, ..."""
        return self._first(chain(wanted, self._letters))

    def _first(self, names: Iterable[str]) -> str:
        """The first name that is neither in use nor a label."""
        for name in names:
            spellings = _spellings(name)
            if self._used.isdisjoint(spellings) and self._labels.isdisjoint(spellings):
                break
        self._used |= spellings
        return name


@lru_cache(maxsize=65_536)
def _spellings(name: str) -> frozenset[str]:
    """The name as every notation writes it, and in brackets."""
    return frozenset({name, f"({name})", Latex().name(name), MathML().name(name)})
