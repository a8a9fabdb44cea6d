"""From a graph of Values to a tape, and back. A recorded graph is already a program; this only numbers its nodes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autodiff.errors import DomainError
from autodiff.graph import topological_order
from autodiff.primitive import Primitive
from autodiff.program.tape import Line, Tape
from autodiff.value import Value, as_value


def record(outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()) -> Tape:
    """Return the tape that computes `outputs` from `inputs` and `parameters`; other leaves become constants.

    Args:
        outputs: the nodes to compute.
        inputs: leaves, distinct.
        parameters: leaves, distinct from each other and from the inputs.
    """
    lines = [Line(None, (), leaf.data, leaf.label) for leaf in (*inputs, *parameters)]
    position = {leaf: i for i, leaf in enumerate((*inputs, *parameters))}
    for node in topological_order(*outputs):
        if node not in position:
            position[node] = len(lines)
            operands = tuple([position[operand] for operand in node.operands])
            number = 0.0 if node.primitive else node.data
            lines.append(Line(node.primitive, operands, number, node.label))
    return Tape(tuple(lines), len(inputs), len(parameters), tuple([position[output] for output in outputs]))


def as_values(what: str, given: Any) -> list[Value]:
    """Return a list of Values.

    Raises:
        TypeError: if they are none.
    """
    if isinstance(given, Value) or not isinstance(given, Iterable):
        raise TypeError(f"Program: expected {what} to be a list of Values, got {type(given).__name__}; write [x]")
    if isinstance(given, set | frozenset):
        raise TypeError(
            f"Program: expected {what} to be a list of Values, got {type(given).__name__}, which has no order"
        )
    values = list(given)
    for value in values:
        if not isinstance(value, Value):
            raise TypeError(f"Program: expected {what} to be Values, got {type(value).__name__}")
    return values


def check_leaves(inputs: list[Value], parameters: list[Value]) -> None:
    """Raise ValueError unless they are leaves, each given once."""
    seen: dict[Value, str] = {}
    for what, leaves in (("inputs", inputs), ("parameters", parameters)):
        for i, leaf in enumerate(leaves):
            name = f"{what}[{i}]" + (f" ({leaf.label!r})" if leaf.label else "")
            if not leaf.is_leaf:
                raise ValueError(
                    f"Program: expected leaves, got {name}, the result of {leaf.primitive!r}; "
                    "a program starts from Values that were given, not computed"
                )
            if leaf in seen:
                raise ValueError(f"Program: {name} was given before, as {seen[leaf]}; give every leaf once")
            seen[leaf] = name


def graph_of(tape: Tape) -> list[Value]:
    """Return the graph of a tape: a Value for every line, computed from the data that its leaves had when recorded.

    An operation that has no value there, because the data of a leaf has changed meanwhile, is NaN.
    """
    values: list[Value] = []
    for i, line in enumerate(tape.lines):
        if line.primitive is None:
            value = as_value(line.number) if tape.is_constant(i) else Value(line.number)
        else:
            operands = [values[operand] for operand in line.operands]
            try:
                value = Value.record(line.primitive, *operands)
            except DomainError:
                value = _without_value(line.primitive, operands)
        value.label = line.label
        values.append(value)
    return values


def _without_value(primitive: Primitive, operands: list[Value]) -> Value:
    """The node of an operation outside its domain: NaN, as it would be of NaNs."""
    before = [operand.data for operand in operands]
    for operand in operands:
        operand.data = math.nan
    node = Value.record(primitive, *operands)
    for operand, number in zip(operands, before, strict=True):
        operand.data = number
    return node
