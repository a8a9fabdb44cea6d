"""Identifiers from labels, valid in Python and in JavaScript, each given once."""

import builtins
import itertools
import keyword
import unicodedata
from collections.abc import Iterable

from autodiff.program.recording.tape import ADJOINT, Tape, is_custom
from autodiff.spelling import NAMES, name_of

_JAVASCRIPT = """
    arguments Array await Boolean break case catch class const continue debugger default delete do document else enum
    eval export extends false finally for function globalThis if implements import in Infinity instanceof interface
    JSON let Math NaN new null Number Object package private protected public return self static String super switch
    Symbol this throw true try typeof undefined var void while window with yield
"""
RESERVED = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *NAMES, *_JAVASCRIPT.split()])
"""No line gets one of these names: keywords of both languages, and functions that the written code may call."""


def identifier(label: str) -> str:
    """Return the identifier nearest to a label, "" if no character can be kept.

    Letters of all alphabets stay. A run of other characters that identifiers cannot have becomes one underscore.

    >>> identifier("layers.0.neurons.2.weights.1"), identifier("∂θ₁"), identifier("2nd try!"), identifier("+")
    ('layers_0_neurons_2_weights_1', 'd_θ1', '_2nd_try', '')
    """
    label = unicodedata.normalize("NFKC", label.replace(ADJOINT, "d "))
    kept = "".join(c if f"_{c}".isidentifier() else " " for c in label)
    name = unicodedata.normalize("NFKC", "_".join(kept.split()))
    return name if not name or name.isidentifier() else f"_{name}"


def own_names(tape: Tape) -> list[str]:
    """Return the names of the helper functions for primitives of users."""
    return [name_of(line.primitive) for line in tape.lines if line.primitive and is_custom(line.primitive)]


class Names:
    """Identifiers, each handed out once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*RESERVED, *taken}
        self._counts: dict[str, itertools.count[int]] = {}

    def new(self, wanted: str) -> str:
        """Return the wanted name; `lambda_` for a keyword, `a_2` for a second `a`."""
        name = f"{wanted}_" if wanted in RESERVED else wanted
        if name in self._taken:
            numbers = self._counts.setdefault(name, itertools.count(2))
            name = next(other for i in numbers if (other := f"{name}_{i}") not in self._taken)
        self._taken.add(name)
        return name

    def numbered(self, letter: str, first: int = 1) -> str:
        """Return the next of v1, v2, ..., from a first one on."""
        numbers = self._counts.setdefault(f"{letter}#", itertools.count(first))
        name = next(name for i in numbers if (name := f"{letter}{i}") not in self._taken)
        self._taken.add(name)
        return name
