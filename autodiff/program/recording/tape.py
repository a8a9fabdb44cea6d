"""`Tape`: a program as a list of lines, the one form that every pass and every backend reads.

    line 0 .. n_inputs - 1                 the inputs
    line n_inputs .. n_leaves - 1          the parameters
    the other lines                        constants and operations, each after its operands

Every tape keeps these rules:

- All inputs and parameters stand in their order, used or not. No other line is an input or a parameter.
- The operands of a line are earlier lines, as many as its primitive takes; a `dot` has first all xs, then all ys.
- An output is a line. It may be a leaf, and may be listed twice.
- A label is the user's name for a line, or "~3" and "~x1" for v₃ and x₁ of pictures, or one of these after ∂; the
  arithmetic ignores it.

Such a list of operations is also called a Wengert list (R. E. Wengert, A simple automatic derivative evaluation
program, 1964).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, count
from operator import itemgetter
from typing import Any, NamedTuple

from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES

ADJOINT = "∂"  # stands before the label of a line in the label of its adjoint
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def as_in_pictures(label: str) -> str:
    """Return a label as pictures show it.

    >>> as_in_pictures("~12"), as_in_pictures("∂~3"), as_in_pictures("~x1"), as_in_pictures("rate")
    ('v₁₂', '∂v₃', 'x₁', 'rate')
    """
    match = re.fullmatch(r"(∂?)~(x?)(\d*)", label)
    return f"{match[1]}{match[2] or 'v'}{match[3].translate(SUBSCRIPTS)}" if match else label


class Line(NamedTuple):
    """One line of a tape: a leaf, or a primitive of earlier lines."""

    primitive: Primitive | None  # the operation; None for a leaf
    operands: tuple[int, ...] = ()  # the numbers of its lines
    number: float = 0.0  # of a constant; of an input or a parameter the data when it was recorded; 0 for an operation
    label: str = ""  # the user's name for it


new_line: Callable[[tuple[Primitive | None, tuple[int, ...], float, str]], Line] = partial(tuple.__new__, Line)
"""`Line(*fields)` in half the time."""


def looked_up(lines: tuple[int, ...], table: Any) -> Any:
    """Return a tuple of what a table has for some lines: `itemgetter` takes half the time of a comprehension."""
    return itemgetter(*lines)(table) if len(lines) > 1 else tuple([table[i] for i in lines])


@dataclass(frozen=True)
class Tape:
    """A program: its lines, and which of them it returns. `len(tape)` counts operations, not leaves."""

    lines: tuple[Line, ...]
    n_inputs: int
    n_parameters: int
    outputs: tuple[int, ...]

    @property
    def n_leaves(self) -> int:
        """The number of inputs and parameters."""
        return self.n_inputs + self.n_parameters

    @property
    def inputs(self) -> range:
        """The lines that are inputs."""
        return range(self.n_inputs)

    @property
    def parameters(self) -> range:
        """The lines that are parameters."""
        return range(self.n_inputs, self.n_leaves)

    def is_constant(self, line: int) -> bool:
        """Whether the number of a line never changes."""
        return self.lines[line][0] is None and line >= self.n_leaves

    def __len__(self) -> int:
        return sum(line.primitive is not None for line in self.lines)

    def counts(self) -> dict[str, int]:
        """The number of lines for each primitive."""
        return dict(Counter(line.primitive.name for line in self.lines if line.primitive))

    def needed(self, outputs: Iterable[int]) -> list[int]:
        """The lines that `outputs` are computed from, the outputs included, in order."""
        needed = [False] * len(self.lines)
        for output in outputs:
            needed[output] = True
        for i in range(len(self.lines) - 1, -1, -1):
            if needed[i]:
                for operand in self.lines[i][1]:
                    needed[operand] = True
        return [i for i, is_needed in enumerate(needed) if is_needed]

    @cached_property
    def uses(self) -> list[int]:
        """How often each line is an operand or an output."""
        uses = [0] * len(self.lines)
        for used in chain(self.outputs, *[line[1] for line in self.lines]):
            uses[used] += 1
        return uses

    def with_lines(self, lines: Iterable[Line], place: Sequence[int] | Mapping[int, int] | None = None) -> "Tape":
        """The tape with other lines, where line i is now line `place[i]`; without `place`, it is still line i."""
        outputs = self.outputs if place is None else tuple([place[output] for output in self.outputs])
        return replace(self, lines=tuple(lines), outputs=outputs)

    def moved(self, kept: Sequence[int]) -> "Tape":
        """The tape with these lines alone, in this order, which has operands before the lines that use them."""
        place = dict(zip(kept, range(len(kept)), strict=True))
        lines: list[Line] = []
        same = True  # whether the lines so far are where they were
        for k, i in enumerate(kept):
            line = self.lines[i]
            same = same and k == i
            if not same and line[1]:
                primitive, operands, number, label = line
                line = new_line((primitive, looked_up(operands, place), number, label))
            lines.append(line)
        return self.with_lines(lines, place)

    def custom_primitives(self) -> list[Primitive]:
        """The primitives that no backend has code for, each once, in the order of their first use."""
        used = dict.fromkeys(line.primitive for line in self.lines if line.primitive)
        return [primitive for primitive in used if lacks_code(primitive)]

    def dependents(self, sources: range) -> list[int]:
        """The lines that are computed from `sources`, the sources included, in order."""
        dependents = set(sources)
        if dependents:
            for i, line in enumerate(self.lines):
                if not dependents.isdisjoint(line[1]):
                    dependents.add(i)
        return sorted(dependents)

    def names(self) -> list[str]:
        """The name of each line, as in pictures and printed code; that of a constant without a label is its number."""
        new = (f"t{i}".translate(SUBSCRIPTS) for i in count(1))
        times = Counter[str]()
        names = []
        for i, line in enumerate(self.lines):
            name = re.sub(f"^{ADJOINT}", "d_", as_in_pictures(line.label))
            if not name and i < self.n_leaves:
                name = f"x{i}" if i < self.n_inputs else f"p{i - self.n_inputs}"
            elif not name:
                name = repr(line.number) if line.primitive is None else "f" if i == self.outputs[0] else next(new)
            times[name] += line.primitive is not None or bool(line.label)
            names.append(f"{name}_{times[name]}" if times[name] > 1 else name)
        return names

    def __str__(self) -> str:
        names = self.names()
        texts = []
        for name, line in zip(names, self.lines, strict=True):
            operands = ", ".join(names[i] for i in line.operands)
            right = f"{line.primitive.name}({operands})" if line.primitive else repr(line.number)
            texts += [f"{name} = {right}"] * (name != right)
        return "\n".join([*texts, "return " + ", ".join(names[i] for i in self.outputs)])

    def __getstate__(self) -> dict[str, Any]:
        """Primitives are pickled by name: they hold functions."""
        if custom := [line.primitive for line in self.lines if line.primitive and is_custom(line.primitive)]:
            raise TypeError(f"pickle: a program with {custom[0]!r}, which is not in the table, cannot be kept")
        lines = [(line.primitive.name if line.primitive else None, *line[1:]) for line in self.lines]
        return {name: value for name, value in {**self.__dict__, "lines": lines}.items() if name != "uses"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        lines = tuple(Line(PRIMITIVES[name] if name else None, *rest) for name, *rest in state["lines"])
        self.__dict__.update(state, lines=lines)


def is_custom(primitive: Primitive) -> bool:
    """Return whether a user made the primitive: it is not in the table."""
    return PRIMITIVES.get(primitive.name) is not primitive


def lacks_code(primitive: Primitive) -> bool:
    """Return whether a user made the primitive without a formula: then no backend has code for it."""
    return is_custom(primitive) and not primitive.formula
