"""`SourcePlan`: the lines of a tape that get a name in its source, their names, and the formula of each."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from autodiff.languages import Text
from autodiff.primitive import Primitive
from autodiff.primitives import DIV, DOT, QUOTIENT, SUM, factor_pairs
from autodiff.program.passes.labels import number_of, shown, without_line_label
from autodiff.program.recording.tape import ADJOINT, Tape
from autodiff.program.source.dialects import Dialect
from autodiff.program.source.formula import CodeFormula, constant, float_text, formula_of
from autodiff.program.source.identifiers import Names, identifier, own_names
from autodiff.spelling import spell

MAX_INLINE_CHARS = 60  # of a formula that is written where it is used
MAX_INLINE_OPERATIONS = 6  # a formula with at most so many operations may be longer: only its names are long
MAX_TERMS = 100  # of a sum in one expression: the parsers of both languages recurse over the terms
MAX_UNPACKED_LEAVES = 40  # without labels; more of them are written as elements of their sequence


class AdjointLine(NamedTuple):
    """A line of the backward pass."""

    name: str  # of the quantity
    pieces: Sequence[str]  # its formula; of a wide sum several formulas, to be added up
    owner: int | None  # the line of the tape whose adjoint it is; None for an intermediate result


class SourcePlan:
    """The names and formulas in the source of a tape; its last outputs are the derivatives by the leaves `wrt`.

    No line gets the name of the function. `custom` has the functions to call for primitives that are not in the table.
    """

    def __init__(self, tape: Tape, dialect: Dialect, name: str, custom: Mapping[Primitive, str], wrt: range) -> None:
        self.tape = tape
        self.dialect = dialect
        self.wrt = wrt
        n_values = len(tape.outputs) - len(wrt)
        self.values = tape.outputs[:n_values]  # the lines that are values
        self.forward = tape.needed(self.values)  # the lines that the values need, in order
        self.names: dict[int, str] = {}  # the name of a line; for a leaf without one, an element of the sequence
        self.pieces: dict[int, list[str]] = {}  # the formula of each named line that is no leaf
        # for each line, the lines of the forward pass with its name in their formulas
        self.users: dict[int, list[int]] = {}
        self.gradient: list[str] = []  # the names of the derivatives, in order
        self.used: dict[Primitive, None] = {}  # the primitives that are called
        self.numbers: set[str] = set()  # those of inf and nan that are written

        in_forward = set(self.forward)
        self._derivatives = tape.outputs[n_values:]
        self._backward = [i for i in tape.needed(self._derivatives) if i not in in_forward]
        self._uses = Counter(operand for i in (*self.forward, *self._backward) for operand in tape.lines[i].operands)
        self._uses.update(tape.outputs)
        self._denominators = {tape.lines[i].operands[1] for i in self.forward if tape.lines[i].primitive is DIV}
        self._custom = custom
        self._first = 1 + max([number_of(line.label) for line in tape.lines], default=0)
        self._new_names = Names([name, "inputs", "parameters", *custom.values(), *own_names(tape)])
        self._formulas: dict[int, CodeFormula] = {}  # of a line, as it is written where it is used
        self._mentioned: dict[int, set[int]] = {}  # the lines whose names are in that formula
        self._owner = self._owners()  # of an adjoint: the line whose adjoint it is
        self._adjoint = {owner: i for i, owner in self._owner.items()}
        self.adjoint_names: defaultdict[int, str] = defaultdict(str)  # for each line, that of its adjoint; "" for none
        # The lines of the backward pass, by the line of the tape. A second name for a line has the key -1 - owner.
        self._adjoint_lines: dict[int, AdjointLine] = {}
        self._needs: dict[int, set[int]] = {}  # for each key, the keys of the adjoint lines before it

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
        """The text that returns a value."""
        return self.names[i] if i in self.names else float_text(self._formulas[i], self.dialect)

    def backward(self) -> Iterator[AdjointLine]:
        """The backward pass from the output to the leaves. Each adjoint follows the lines that it needs."""
        places = {}
        for key, (_, _, owner) in self._adjoint_lines.items():
            if owner is not None:
                is_leaf = owner < self.tape.n_leaves
                places[key] = (-min(self.users.get(owner, [0])), owner) if is_leaf else (-owner, -1)
        done: set[int] = set()
        for target in sorted(places, key=lambda key: places[key]):
            waiting = [target]
            while waiting:
                missing = sorted(self._needs[waiting[-1]] - done, reverse=True)
                waiting += missing
                if not missing:
                    key = waiting.pop()
                    if key not in done:
                        done.add(key)
                        yield self._adjoint_lines[key]

    # ------------------------------------------------------------------------------------------------ names

    def _owners(self) -> dict[int, int]:
        """The line that each adjoint belongs to. The label "∂a" is that of the adjoint of the only line "a"."""
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

    def label(self, i: int) -> str:
        """The identifier for the user's label, "" if there is none or the line is an adjoint too."""
        return "" if i in self._owner else _identifier(self.tape.lines[i].label)

    def _name_labelled(self) -> None:
        for i in sorted({*range(self.tape.n_leaves), *self.forward}):
            if wanted := self.label(i):
                self.names[i] = self._new_names.new(wanted)
        if self._derivatives:
            for i in self.values:
                if i not in self.names:
                    self.names[i] = self._new_names.new("f")

    def _name_leaves(self) -> None:
        for sequence, letter, leaves in (("inputs", "x", self.tape.inputs), ("parameters", "p", self.tape.parameters)):
            unnamed = [i for i in leaves if i not in self.names]
            for i in unnamed:
                name = f"{letter}{i - leaves.start}"
                element = f"{sequence}[{i - leaves.start}]"
                self.names[i] = element if len(unnamed) > MAX_UNPACKED_LEAVES else self._new_names.new(name)
        for i in range(self.tape.n_leaves):
            self._write_by_name(i, self.names[i])

    def _new_adjoint(self, owner: int) -> str:
        """Name the adjoint of a line that has a name."""
        name = self.names[owner]
        if name.endswith("]"):
            name = ("x" if owner < self.tape.n_inputs else "p") + name.partition("[")[2][:-1]
        self.adjoint_names[owner] = name = self._new_names.new(f"d_{name}")
        return name

    # --------------------------------------------------------------------------------------------- formulas

    def _numbered(self, i: int | None = None) -> str:
        """A name for a line without a label: the v_k that it has in pictures, or the next after all these."""
        number = 0 if i is None else number_of(self.tape.lines[i].label)
        return self._new_names.new(f"v{number}") if number else self._new_names.numbered("v", self._first)

    def _plan_forward(self, i: int) -> None:
        adjoint = self._adjoint.get(i)
        pieces = self._formulate(i)
        names_adjoint = adjoint is not None and self._uses[adjoint] > 1  # the adjoint will be named after this line
        if i in self.names or names_adjoint or self._deserves_name(i, pieces):
            self.pieces[i] = pieces
            for operand in sorted(self._mentioned[i]):
                self.users.setdefault(operand, []).append(i)
            self._write_by_name(i, self.names.get(i) or self._numbered(i))

    def _plan_backward(self, i: int) -> None:
        pieces = self._formulate(i)
        owner = self._owner.get(i)
        label = _identifier(self.tape.lines[i].label)
        if owner is not None and owner not in self.names:
            owner = None
        elif owner is None and i in self._derivatives and self._uses[i] == 1:
            owner = self.wrt[self._derivatives.index(i)]
        if label or i in self._derivatives or self._deserves_name(i, pieces):
            if owner is not None and not self.adjoint_names[owner]:
                name = self._new_adjoint(owner)
            else:
                name = self._new_names.new(label) if label else self._numbered()
            self._adjoint_lines[i] = AdjointLine(name, pieces, owner)
            self._needs[i] = self._mentioned[i] & self._adjoint_lines.keys()
            self._write_by_name(i, name)

    def _rename_adjoints(self) -> None:
        """Give a second name to lines of the forward pass that are adjoints too, such as the error y - t."""
        for i in self.forward:
            owner = self._owner.get(i, 0)
            if owner >= self.tape.n_leaves and owner in self.names and not self.adjoint_names[owner]:
                name = self._second_name(i, owner, needs=set())
                self._formulas[i], self._mentioned[i] = CodeFormula(name), {-1 - owner}

    def _plan_gradient(self) -> None:
        for leaf, i in zip(self.wrt, self._derivatives, strict=True):
            if not self.adjoint_names[leaf]:
                self._second_name(i, leaf, needs=self._mentioned[i] & self._adjoint_lines.keys())
            self.gradient.append(self.adjoint_names[leaf])

    def _second_name(self, i: int, owner: int, needs: set[int]) -> str:
        """Add an adjoint line that gives line i the name of the adjoint of `owner`."""
        line = AdjointLine(self._new_adjoint(owner), [float_text(self._formulas[i], self.dialect)], owner)
        self._adjoint_lines[-1 - owner], self._needs[-1 - owner] = line, needs
        return line.name

    def _formulate(self, i: int) -> list[str]:
        """The formula of a line as text; of a wide sum in pieces."""
        line = self.tape.lines[i]
        if line.primitive is None:
            if not math.isfinite(line.number):
                self.numbers.add("nan" if math.isnan(line.number) else "inf")
            formulas = [constant(line.number, self.dialect)]
        else:
            formulas = [self._formula(line.primitive, part) for part in _parts(line.primitive, line.operands)]
        self._formulas[i] = formulas[0]
        self._mentioned[i] = set().union(*[self._mentioned[operand] for operand in line.operands])
        return [float_text(formula, self.dialect) for formula in formulas]

    def _formula(self, primitive: Primitive, operands: Sequence[int]) -> CodeFormula:
        def call(texts: Sequence[Text]) -> Text:
            if own := self._custom.get(primitive):
                return Text(f"{own}({', '.join(text.text for text in texts)})")
            self.used[primitive] = None
            return spell(primitive, texts, self.dialect.language)

        formulas = [self._formulas[operand] for operand in operands]
        if primitive is QUOTIENT and (self.dialect.divides_by_zero or operands[1] in self._denominators):
            return formula_of(DIV, formulas, call, self.dialect)  # the division of the forward pass has raised at 0
        return formula_of(primitive, formulas, call, self.dialect)

    def _deserves_name(self, i: int, pieces: Sequence[str]) -> bool:
        """Whether a line without a label should not be written where it is used."""
        if self.tape.lines[i].primitive is None:
            return False
        n_operations = sum(map(pieces[0].count, "+-*/("))
        is_long = len(pieces[0]) > MAX_INLINE_CHARS and n_operations > MAX_INLINE_OPERATIONS
        return self._uses[i] > 1 or len(pieces) > 1 or is_long

    def _write_by_name(self, i: int, name: str) -> None:
        """From here on, write a line by its name."""
        self.names[i] = name
        self._mentioned[i] = {i}
        self._formulas[i] = CodeFormula(name)


def _identifier(label: str) -> str:
    """The identifier for a label of the user, "" if the label is only a line number."""
    label = shown(without_line_label(label))
    return identifier(label) if label.strip(ADJOINT) else ""


def _parts(primitive: Primitive, operands: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The operands, cut into parts to add up if a sum is too wide for one expression."""
    if primitive is SUM:
        return [operands[k : k + MAX_TERMS] for k in range(0, len(operands), MAX_TERMS)] or [()]
    if primitive is DOT:
        factors = factor_pairs(operands)
        parts = [factors[k : k + MAX_TERMS] for k in range(0, len(factors), MAX_TERMS)]
        return [(*[x for x, _ in part], *[y for _, y in part]) for part in parts] or [()]
    return [operands]
