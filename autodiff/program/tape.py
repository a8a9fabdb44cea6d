"""`Tape`: a program as a list of lines, the one form that every pass and every backend reads.

    line 0 .. n_inputs - 1                 the inputs
    line n_inputs .. n_leaves - 1          the parameters
    the lines after                        constants and operations, operands before what is computed from them

What holds of every tape, and `verify` checks:

- the inputs and the parameters are there in their order, used or not; no other line is an input or a parameter;
- the operands of a line are earlier lines, as many as its primitive takes; a `dot` has its xs first, then its ys;
- the outputs are lines; one may be listed twice, and may be a leaf;
- a label is the user's name for a line, and means nothing to the arithmetic.

A list of operations in the order of their evaluation is also called a Wengert list, after R. E. Wengert, A simple
automatic derivative evaluation program (1964).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from autodiff.primitive import Primitive
from autodiff.primitives import DOT, PRIMITIVES


class Line(NamedTuple):
    """One line of a tape: a leaf, or a primitive of earlier lines.

    Attributes:
        primitive: what is computed; None for a leaf.
        operands: the lines it is computed from.
        number: a constant's number; an input's or a parameter's data where it was recorded; else 0.
        label: the user's name for it.
    """

    primitive: Primitive | None
    operands: tuple[int, ...] = ()
    number: float = 0.0
    label: str = ""


@dataclass(frozen=True)
class Tape:
    """A program: its lines, and which of them it returns.

    `len(tape)` is the number of operations; leaves are not counted.
    """

    lines: tuple[Line, ...]
    n_inputs: int
    n_parameters: int
    outputs: tuple[int, ...]

    @property
    def n_leaves(self) -> int:
        """How many lines are inputs or parameters: the first ones."""
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
        """Whether that line is a number that never changes."""
        return line >= self.n_leaves and self.lines[line].primitive is None

    def __len__(self) -> int:
        return sum(line.primitive is not None for line in self.lines)

    def counts(self) -> dict[str, int]:
        """How many lines of each primitive there are."""
        return dict(Counter(line.primitive.name for line in self.lines if line.primitive))

    def needed(self, outputs: Iterable[int]) -> list[int]:
        """The lines that `outputs` are computed from, the outputs included, in order."""
        needed = set(outputs)
        for i in range(len(self.lines) - 1, -1, -1):
            if i in needed:
                needed.update(self.lines[i].operands)
        return sorted(needed)

    def uses(self) -> list[int]:
        """How often each line is an operand or an output."""
        uses = [0] * len(self.lines)
        for line in self.lines:
            for operand in line.operands:
                uses[operand] += 1
        for output in self.outputs:
            uses[output] += 1
        return uses

    def with_lines(self, lines: Iterable[Line], place: Sequence[int] | Mapping[int, int] | None = None) -> "Tape":
        """The tape with other lines, where line i is now line `place[i]`; without `place`, it is still line i."""
        outputs = self.outputs if place is None else tuple([place[output] for output in self.outputs])
        return replace(self, lines=tuple(lines), outputs=outputs)

    def custom_primitives(self) -> list[Primitive]:
        """The user's own primitives, each once, in the order of their first use."""
        used = dict.fromkeys(line.primitive for line in self.lines if line.primitive)
        return [primitive for primitive in used if is_custom(primitive)]

    def dependents(self, sources: range) -> list[int]:
        """The lines whose value varies with one of `sources`, those included, in order."""
        found = set(sources)
        for i, line in enumerate(self.lines):
            if not found.isdisjoint(line.operands):
                found.add(i)
        return sorted(found)

    def __str__(self) -> str:
        names = [f"x{i}" for i in self.inputs] + [f"p{i}" for i in range(self.n_parameters)]
        names += [f"v{i}" for i in range(self.n_leaves, len(self.lines))]
        shown = []
        for name, line in zip(names, self.lines, strict=True):
            operands = ", ".join(names[i] for i in line.operands)
            right = f"{line.primitive.name}({operands})" if line.primitive else repr(line.number)
            shown.append(f"{name} = {right}" + (f"  # {line.label}" if line.label else ""))
        return "\n".join([*shown, "return " + ", ".join(names[i] for i in self.outputs)])

    def __getstate__(self) -> dict[str, Any]:
        """Primitives are pickled by name: they hold functions."""
        if own := self.custom_primitives():
            raise TypeError(f"pickle: a program with {own[0]!r}, which is not in the table, cannot be kept")
        lines = [(line.primitive.name if line.primitive else None, *line[1:]) for line in self.lines]
        return {**self.__dict__, "lines": lines}

    def __setstate__(self, state: dict[str, Any]) -> None:
        lines = tuple(Line(PRIMITIVES[name] if name else None, *rest) for name, *rest in state["lines"])
        self.__dict__.update(state, lines=lines)


def is_custom(primitive: Primitive) -> bool:
    """Whether a primitive is one of the user's own: it is not in the table, which the backends know."""
    return PRIMITIVES.get(primitive.name) is not primitive


def verify(tape: Tape) -> None:
    """Check what holds of every tape.

    Raises:
        ValueError: if it does not, with the line.
    """
    for i, line in enumerate(tape.lines):
        if line.primitive is None and line.operands:
            raise ValueError(f"tape: line {i} is a leaf with operands")
        if line.primitive is not None and i < tape.n_leaves:
            raise ValueError(f"tape: line {i} should be an input or a parameter, and is {line.primitive!r}")
        if any(not 0 <= operand < i for operand in line.operands):
            raise ValueError(f"tape: line {i} has operands {line.operands}, which are not all earlier lines")
        if line.primitive is not None:
            try:
                line.primitive.check_count(len(line.operands))
            except TypeError as error:
                raise ValueError(f"tape: line {i}: {error}") from None
        if line.primitive is DOT and len(line.operands) % 2:
            raise ValueError(f"tape: line {i} is a dot of {len(line.operands)} operands")
    if len(tape.lines) < tape.n_leaves or any(not 0 <= output < len(tape.lines) for output in tape.outputs):
        raise ValueError("tape: an output or a leaf is missing")
