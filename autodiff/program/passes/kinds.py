"""Kinds of lines: the table of primitives is asked for the partials of a kind once, and every line of it copies them.

Two lines are of a kind if they apply the same primitive to operands that are alike: constants of the same number, or
lines that vary, or others. All numbers are those at NaN, as `derive` wants them. So a rule, which computes on Values,
runs a few times for a tape of 10,000 lines.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

from autodiff.graph import topological_order
from autodiff.primitive import Primitive
from autodiff.program.recording.record import like, recorded
from autodiff.program.recording.tape import Tape, looked_up
from autodiff.reverse import partials_on_values
from autodiff.value import Value, as_value

Operand: TypeAlias = tuple[bool, bool, str]
"""What a rule can tell: whether it is a plain number, whether it varies, and the repr of its number: NaN is not NaN."""


class Kind:
    """The lines of a primitive with operands that are alike, and a node that stands for them, the model."""

    def __init__(self, primitive: Primitive, operands: Sequence[Operand]) -> None:
        self.operands = [as_value(float(x)) if is_constant else Value(float(x)) for is_constant, _, x in operands]
        self.model = recorded(primitive, self.operands)
        self.varying = {value for value, (_, varies, _) in zip(self.operands, operands, strict=True) if varies}
        self.out: Operand = False, bool(self.varying), repr(self.model._data)

    @cached_property
    def rule(self) -> tuple[list[tuple[Value, tuple[int, ...]]], list[tuple[int, int, Any]]]:
        """The nodes of the partials, with the places of their operands; (operand, place of its partial or -1, number).

        The operands have the first places, the model the next one, and then come these nodes.
        """
        partials = partials_on_values(self.model, self.varying)
        place = {value: k for k, value in enumerate([*self.operands, self.model])}
        nodes = []
        for node in topological_order(*[partial for _, partial in partials if isinstance(partial, Value)]):
            if node not in place:
                place[node] = len(place)
                nodes.append((node, tuple([place[operand] for operand in node.operands])))
        return nodes, [(place[x], place[d] if isinstance(d, Value) else -1, d) for x, d in partials]


class NodesAtNan:
    """The nodes of a tape, whose inputs and parameters are NaN, and their partials.

    Attributes:
        nodes: a Value for every line, with its label.
        varying: the lines that are computed from `wrt`, which are included.
    """

    def __init__(self, tape: Tape, wrt: range) -> None:
        self.nodes: list[Value] = []
        self._kind_of: dict[Value, Kind] = {}
        kinds: dict[object, tuple[Kind, int]] = {}
        codes: dict[Operand, int] = {}
        code_of: list[int] = []  # of each line as an operand
        for i, (primitive, lines, number, label) in enumerate(tape.lines):
            if primitive is None:
                is_constant = tape.is_constant(i)
                node = as_value(number) if is_constant else Value(math.nan)
                code = codes.setdefault((is_constant, i in wrt, repr(node._data)), len(codes))
            else:
                key = primitive, looked_up(lines, code_of)
                if key not in kinds:
                    known = [*codes]
                    kind = Kind(primitive, [known[code_of[x]] for x in lines])
                    kinds[key] = kind, codes.setdefault(kind.out, len(codes))
                kind, code = kinds[key]
                node = like(kind.model, looked_up(lines, self.nodes))
                self._kind_of[node] = kind
            if label:
                node.label = label
            code_of.append(code)
            self.nodes.append(node)
        varies = [varies for _, varies, _ in codes]
        self.varying = [i for i, code in enumerate(code_of) if varies[code]]

    def partials(self, node: Value) -> list[tuple[Value, Any]]:
        """Return (operand, d node / d operand) for the operands that vary."""
        kind = self._kind_of.get(node)
        if kind is None:  # a leaf
            return []
        nodes, partials = kind.rule
        places = [*node.operands, node]
        for model, operands in nodes:
            places.append(like(model, looked_up(operands, places)))
        return [(places[k], number if place < 0 else places[place]) for k, place, number in partials]
