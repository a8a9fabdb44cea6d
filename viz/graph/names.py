"""The names of nodes: one for each, given once for a graph, and shown by every view of it.

A node is called by its label, and without one v₁, v₂, ... in topological order; the output f, a leaf x. No two names
are written alike in any notation of mathematics: v1 and v₁ are one symbol on paper.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, count
from unicodedata import bidirectional

from autodiff import Value
from viz.style.text import SUPERSCRIPTS

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NORMAL = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789" * 2)
_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
""".split()  # noqa: SIM905  # easier to read than a list
GREEK = dict(zip(_GREEK, "αβγδεζηθικλμνξπρστυφχψω", strict=True))
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LETTER = rf"([^\W\d_]|\\?(?:{'|'.join(_GREEK)}))"
_ELEMENT = re.compile(rf"{_LETTER}(?:⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾|(\d+)(?=\[))(?:([₀₁₂₃₄₅₆₇₈₉]+)|\[([\d,]+)\])?")
_INDEXED = re.compile(rf"{_LETTER}(?:_?([\d₀₁₂₃₄₅₆₇₈₉]*)|[_(\[]([^\W_]+)[)\]]?|_\{{([^\W_]+(?:,[^\W_]+)*)\}})")


def subscript(number: int) -> str:
    """Return a number in subscript digits."""
    return str(number).translate(SUBSCRIPTS)


def of_layer(letter: str, layer: int, *place: int) -> str:
    """Return the name of a matrix or vector of a layer, or of its element: W⁽¹⁾, W⁽¹⁾₁₂, W⁽¹⁾[10,2].

    >>> of_layer("W", 1), of_layer("W", 1, 1, 2), of_layer("W", 1, 10, 2)
    ('W⁽¹⁾', 'W⁽¹⁾₁₂', 'W⁽¹⁾[10,2]')
    """
    is_short = len(place) < 2 or max(place) < 10
    index = "".join(map(subscript, place)) if is_short else f"[{','.join(map(str, place))}]"
    return f"{letter}⁽{str(layer).translate(SUPERSCRIPTS)}⁾{index}"


def parts_of(label: str) -> tuple[str, str, str]:
    r"""Return the letter, the layer and the index of a name in mathematics, or three times "" for other labels.

    >>> parts_of("W⁽¹⁾₁₂"), parts_of("s(A)"), parts_of("\\theta_3"), parts_of("v₁₂"), parts_of("rate")
    (('W', '1', '12'), ('s', '', 'A'), ('theta', '', '3'), ('v', '', '12'), ('', '', ''))
    """
    if match := _ELEMENT.fullmatch(label):
        letter, *rest = match.groups("")
        layer, place = rest[0] or rest[1], rest[2] or rest[3]
    elif match := _INDEXED.fullmatch(label):
        letter, *rest = match.groups("")
        layer, place = "", "".join(rest)
    else:
        return "", "", ""
    return letter.removeprefix("\\"), layer.translate(_NORMAL), place.translate(_NORMAL)


def typeset(label: str) -> tuple[str, str]:
    """Return a label as a drawing shows it: a letter with its numbers, and an index of letters below the line.

    >>> typeset("x_12"), typeset("W_{ij}"), typeset("alpha_1"), typeset("rate")
    (('x₁₂', ''), ('W', 'ij'), ('α₁', ''), ('rate', ''))
    """
    letter, layer, place = parts_of(label)
    base = GREEK.get(letter, letter) + (f"⁽{layer.translate(SUPERSCRIPTS)}⁾" if layer else "")
    return (base, place) if place and not place.isdigit() else (base + place.translate(SUBSCRIPTS) or label, "")


def typeset_apart(labels: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return each label typeset, or as it is if another one would look like it."""
    shown = {label: typeset(label) for label in labels}
    alike = Counter(shown.values())
    return {label: name if alike[name] == 1 else (label, "") for label, name in shown.items()}


def on_one_line(label: str, name: tuple[str, str]) -> str:
    """Return a label typeset where nothing can stand below the line: as it is, if it has an index of letters."""
    return label if name[1] else name[0]


def isolated(name: str) -> str:
    """Return a name that does not turn around the text beside it, as one from right to left would (Unicode annex 9)."""
    return f"\u2068{name}\u2069" if any(bidirectional(c) in ("R", "AL", "AN") for c in name) else name


def short(label: str, length: int = 30) -> str:
    """Return a label for a sentence: on one line, with at most `length` characters, none of which turns the text."""
    line = " ".join((label if label.isascii() else _TURNING.sub("\ufffd", label)).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def counted(n: int, thing: str) -> str:
    """Return "1 neuron" or "3 neurons"."""
    return f"{n} {thing}{'s' * (n != 1)}"


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
        self._letters = (f"v{subscript(i)}" for i in count(1))

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


def free_letter(names: Iterable[str], numbers: Iterable[int]) -> str:
    """Return the first of p, q, r and s that is free, alone and with each number; or "".

    >>> free_letter(["p", "q2"], range(1, 4)), free_letter(["p4"], range(1, 4))
    ('r', 'p')
    """
    taken = frozenset[str]().union(*map(_spellings, names))
    for letter in "pqrs":
        wanted = [letter, *(f"{letter}{subscript(i)}" for i in numbers)]
        if taken.isdisjoint(chain.from_iterable(map(_spellings, wanted))):
            return letter
    return ""


def node_names(order: Iterable[Value], outputs: Container[Value], labels: Mapping[Value, str]) -> dict[Value, str]:
    """Return the names of nodes in topological order, all different; a number without a label has none."""
    namer = Namer(labels.values())
    names: dict[Value, str] = {}
    order = [*order]
    shorts = {node: line for node, label in labels.items() if (line := short(label))}
    unnamed = [node for node in order if node.is_leaf and not node.is_constant and node not in shorts]
    xs = {leaf: f"x{subscript(i)}" if len(unnamed) > 1 else "x" for i, leaf in enumerate(unnamed, 1)}
    for node in order:
        if node in shorts:
            names[node] = namer.of(shorts[node])
        elif not node.is_constant:
            names[node] = namer.new(*(["f"] if node in outputs else [xs[node]] if node in xs else []))
    return names


@lru_cache(maxsize=262_144)
def _spellings(name: str) -> frozenset[str]:
    """What the name looks like on paper, with and without brackets: the letter and its indices, or the characters.

    LaTeX leaves out characters that cannot be printed, and MathML shows a sign in place of some of them.
    """
    letter, layer, place = parts_of(name)
    if letter:
        return frozenset({f"\0{GREEK.get(letter, letter)}\0{layer}\0{place}", f"({name})"})
    printed = "".join(c for c in name if c.isprintable())
    shown = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return frozenset({name, f"({name})", f"\0{printed or '?'}", shown})
