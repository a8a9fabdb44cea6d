"""`Plan`: which lines of a tape get a name in its source, which name, and the formula of each."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from autodiff.primitive import Primitive
from autodiff.primitives import DIV, DOT, RECIPROCAL, SUM
from autodiff.program.passes.labels import ADJOINT, without_line_label
from autodiff.program.source.dialects import Dialect
from autodiff.program.source.formula import Formula, float_text, formula, number
from autodiff.program.source.identifiers import Names, identifier
from autodiff.program.tape import Tape

LONG = 60  # characters of a formula that gets a line of its own even if it is used once,
BUSY = 6  # unless it has so few operations that only its names are long
WIDE = 100  # terms of a sum in one expression: the parsers of both languages recurse into a longer one
MANY = 40  # leaves without labels that are unpacked into names


class Step(NamedTuple):
    """A line of the backward pass.

    Attributes:
        name: of the quantity.
        pieces: its formula, in pieces to add up if it is wide.
        owner: the line whose adjoint it is, if it is one.
    """

    name: str
    pieces: Sequence[str]
    owner: int | None


class Plan:
    """The names and formulas of a tape's source.

    Args:
        tape: the program.
        dialect: the language.
        name: of the function, which no line may have.
        n_values: how many of its outputs are values; the others are derivatives.
        own: for primitives that are not in the table, the function to call.
        wrt: the leaves that the derivatives are by; if None, the parameters if there are as many, else the inputs.

    Attributes:
        values: the lines that are values.
        wrt: the leaves that the derivatives are by.
        forward: the lines that the values need, in order.
        names: line -> its name; for leaves that are too many to name, the element of the sequence.
        pieces: line -> its formula, for every line with a name that is no leaf.
        users: line -> the lines of the forward pass in whose formulas its name is.
        gradient: the names of the derivatives, in order.
        used: the primitives that are called, and the numbers inf and nan.
    """

    def __init__(
        self,
        tape: Tape,
        dialect: Dialect,
        name: str,
        n_values: int,
        own: Mapping[Primitive, str],
        wrt: range | None = None,
    ) -> None:
        self.tape = tape
        self.dialect = dialect
        self.values = tape.outputs[:n_values]
        self.wrt = _leaves_of_derivatives(tape, n_values, wrt)
        self.forward = _needed(tape, self.values)
        self.names: dict[int, str] = {}
        self.pieces: dict[int, list[str]] = {}
        self.users: dict[int, list[int]] = {}
        self.gradient: list[str] = []
        self.used: set[str] = set()

        in_forward = set(self.forward)
        self._derivatives = tape.outputs[n_values:]
        self._backward = [i for i in _needed(tape, self._derivatives) if i not in in_forward]
        self._uses = Counter(operand for i in (*self.forward, *self._backward) for operand in tape.lines[i].operands)
        self._uses.update(tape.outputs)
        self._denominators = {tape.lines[i].operands[1] for i in self.forward if tape.lines[i].primitive is DIV}
        self._own = own
        self._new_names = Names([name, "inputs", "parameters", *own.values()])
        self._formulas: dict[int, Formula] = {}  # what stands for a line where it is used
        self._mentioned: dict[int, set[int]] = {}  # the lines with names in that
        self._owner = self._owners()  # adjoint -> the line whose adjoint it is
        self._adjoint = {owner: i for i, owner in self._owner.items()}
        self._adjoint_names: dict[int, str] = {}  # line -> the name of its adjoint
        self._steps: dict[int, Step] = {}  # the backward pass: by the line; for a second name of a line, by -1 - owner
        self._needs: dict[int, set[int]] = {}  # step -> the steps before it

        self._name_labelled()
        self._name_leaves()
        for i in self.forward:
            if i >= tape.n_leaves:
                self._plan_forward(i)
        self._rename_adjoints()
        for i in self._backward:
            if i >= tape.n_leaves:
                self._plan_backward(i)
        self._plan_gradient()

    def result(self, i: int) -> str:
        """What to return for a value."""
        return self.names[i] if i in self.names else float_text(self._formulas[i], self.dialect)

    def adjoint_name(self, i: int) -> str:
        """The name of the adjoint of a line, "" if it has none."""
        return self._adjoint_names.get(i, "")

    def has_label(self, i: int) -> bool:
        """Whether its name is the user's."""
        return bool(self._label(i))

    def is_indexed(self, leaf: int) -> bool:
        """Whether a leaf is written as an element of its sequence."""
        return self.names[leaf].endswith("]")

    def backward(self) -> Iterator[Step]:
        """The backward pass from the output to the leaves: before each adjoint what it needs, after it the leaves'."""
        places = {}
        for step, (_, _, owner) in self._steps.items():
            if owner is not None:
                is_leaf = owner < self.tape.n_leaves
                places[step] = (-min(self.users.get(owner, [0])), owner) if is_leaf else (-owner, -1)
        done: set[int] = set()
        for target in sorted(places, key=lambda step: places[step]):
            waiting = [target]
            while waiting:
                missing = sorted(self._needs[waiting[-1]] - done, reverse=True)
                waiting += missing
                if not missing:
                    step = waiting.pop()
                    if step not in done:
                        done.add(step)
                        yield self._steps[step]

    # ------------------------------------------------------------------------------------------------ names

    def _owners(self) -> dict[int, int]:
        """Tell the adjoints by their labels: "∂a" is that of the one line "a" of the forward pass."""
        if not self._derivatives:
            return {}
        lines = self.tape.lines
        candidates = {*range(self.tape.n_leaves), *self.forward}
        times = Counter(lines[i].label for i in candidates)
        labelled = {lines[i].label: i for i in candidates if times[lines[i].label] == 1}
        owners: dict[int, int] = {}
        for i in (*self.forward, *self._backward):
            label = lines[i].label
            if label.startswith(ADJOINT) and label[1:] in labelled and i >= self.tape.n_leaves:
                owners[i] = labelled[label[1:]]
        return owners

    def _label(self, i: int) -> str:
        """The identifier that the user's label asks for; none for a line of the forward pass that is some adjoint."""
        return "" if i in self._owner else _identifier(self.tape.lines[i].label)

    def _name_labelled(self) -> None:
        for i in sorted({*range(self.tape.n_leaves), *self.forward}):
            if wanted := self._label(i):
                self.names[i] = self._new_names.new(wanted)
        if self._derivatives:
            for i in self.values:
                if i not in self.names:
                    self.names[i] = self._new_names.new("value")

    def _name_leaves(self) -> None:
        for sequence, letter, leaves in (("inputs", "x", self.tape.inputs), ("parameters", "p", self.tape.parameters)):
            unnamed = [i for i in leaves if i not in self.names]
            for i in unnamed:
                name = f"{letter}{i - leaves.start}"
                element = f"{sequence}[{i - leaves.start}]"
                self.names[i] = element if len(unnamed) > MANY else self._new_names.new(name)
        for i in range(self.tape.n_leaves):
            self._formulas[i] = Formula(self.names[i])
            self._mentioned[i] = {i}

    def _new_adjoint(self, owner: int) -> str:
        """A name for the adjoint of a line that has a name."""
        name = self.names[owner]
        if name.endswith("]"):
            name = ("x" if owner < self.tape.n_inputs else "p") + name.partition("[")[2][:-1]
        self._adjoint_names[owner] = name = self._new_names.new(f"d_{name}")
        return name

    # --------------------------------------------------------------------------------------------- formulas

    def _plan_forward(self, i: int) -> None:
        adjoint = self._adjoint.get(i)
        pieces = self._formulate(i)
        is_base = adjoint is not None and self._uses[adjoint] > 1  # its adjoint will want to be called after it
        if i in self.names or is_base or self._deserves_name(i, pieces):
            name = self.names.setdefault(i, "") or self._new_names.numbered("v")
            self.pieces[i] = pieces
            for operand in sorted(self._mentioned[i]):
                self.users.setdefault(operand, []).append(i)
            self._call(i, name)

    def _plan_backward(self, i: int) -> None:
        pieces = self._formulate(i)
        owner = self._owner.get(i)
        label = _identifier(self.tape.lines[i].label)
        if owner is not None and owner not in self.names:
            owner = None
        elif owner is None and i in self._derivatives and self._uses[i] == 1:
            owner = self.wrt[self._derivatives.index(i)]
        if label or i in self._derivatives or self._deserves_name(i, pieces):
            if owner is not None and not self.adjoint_name(owner):
                name = self._new_adjoint(owner)
            else:
                name = self._new_names.new(label) if label else self._new_names.numbered("v")
            self._steps[i] = Step(name, pieces, owner)
            self._needs[i] = self._mentioned[i] & self._steps.keys()
            self._call(i, name)

    def _rename_adjoints(self) -> None:
        """A line of the forward pass may be an adjoint too, as the error y - t is: the backward pass calls it that."""
        for i in self.forward:
            owner = self._owner.get(i, 0)
            if owner >= self.tape.n_leaves and owner in self.names and not self.adjoint_name(owner):
                step = Step(self._new_adjoint(owner), [float_text(self._formulas[i], self.dialect)], owner)
                self._steps[-1 - owner], self._needs[-1 - owner] = step, set()
                self._formulas[i], self._mentioned[i] = Formula(step.name), {-1 - owner}

    def _plan_gradient(self) -> None:
        for leaf, i in zip(self.wrt, self._derivatives, strict=True):
            if not self.adjoint_name(leaf):
                step = Step(self._new_adjoint(leaf), [float_text(self._formulas[i], self.dialect)], leaf)
                self._needs[-1 - leaf] = self._mentioned[i] & self._steps.keys()
                self._steps[-1 - leaf] = step
            self.gradient.append(self.adjoint_name(leaf))

    def _formulate(self, i: int) -> list[str]:
        """The formula of a line as text, in pieces to add up if it is wide."""
        line = self.tape.lines[i]
        if line.primitive is None:
            if not math.isfinite(line.number):
                self.used.add("nan" if math.isnan(line.number) else "inf")
            formulas = [number(line.number, self.dialect)]
        else:
            formulas = [self._formula(line.primitive, group) for group in _groups(line.primitive, line.operands)]
        self._formulas[i] = formulas[0]
        self._mentioned[i] = set().union(*[self._mentioned[operand] for operand in line.operands])
        return [float_text(f, self.dialect) for f in formulas]

    def _formula(self, primitive: Primitive, operands: Sequence[int]) -> Formula:
        def call() -> str:
            self.used.add(primitive.name)
            return self._own.get(primitive) or self.dialect.call(primitive.name)

        formulas = [self._formulas[operand] for operand in operands]
        if primitive is RECIPROCAL and operands[0] in self._denominators:  # where it is 0 the program has raised
            primitive, formulas = DIV, [number(1.0, self.dialect), *formulas]
        return formula(primitive, formulas, call, self.dialect)

    def _deserves_name(self, i: int, pieces: Sequence[str]) -> bool:
        """Whether a line without a label is better not written where it is used."""
        if self.tape.lines[i].primitive is None:
            return False
        is_long = len(pieces[0]) > LONG and sum(map(pieces[0].count, "+-*/(")) > BUSY
        return self._uses[i] > 1 or len(pieces) > 1 or is_long

    def _call(self, i: int, name: str) -> None:
        """From here on a line is written by its name."""
        self.names[i] = name
        self._mentioned[i] = {i}
        self._formulas[i] = Formula(name)


def _identifier(label: str) -> str:
    """The identifier that a label asks for, "" if it only has a number."""
    given = without_line_label(label)
    return identifier(given) if given.strip(ADJOINT) else ""


def _leaves_of_derivatives(tape: Tape, n_values: int, wrt: range | None) -> range:
    """The leaves that the outputs after the values are derivatives by."""
    count = len(tape.outputs) - n_values
    if wrt is None:
        wrt = range(0) if not count else tape.parameters if tape.n_parameters == count else tape.inputs
    if len(wrt) != count:
        raise ValueError(f"source: expected a derivative for each of {len(wrt)} leaves, got {count}")
    return wrt


def _needed(tape: Tape, outputs: Iterable[int]) -> list[int]:
    """The lines that these need, themselves included, in order."""
    needed = set(outputs)
    for i in range(len(tape.lines) - 1, -1, -1):
        if i in needed:
            needed.update(tape.lines[i].operands)
    return sorted(needed)


def _groups(primitive: Primitive, operands: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The operands, in groups to add up if they are too many for one expression."""
    if primitive is SUM:
        return [operands[k : k + WIDE] for k in range(0, len(operands), WIDE)] or [()]
    if primitive is DOT:
        half = len(operands) // 2
        return [
            operands[k : min(k + WIDE, half)] + operands[half + k : min(half + k + WIDE, 2 * half)]
            for k in range(0, half, WIDE)
        ] or [()]
    return [operands]
