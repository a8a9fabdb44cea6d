"""From a graph of Values to a tape and back. A recorded graph is a program: `tape_of` only numbers its nodes."""

import math
from collections.abc import Sequence

from autodiff.errors import DomainError
from autodiff.graph import topological_order
from autodiff.node import Node, Wide, data_of, set_data
from autodiff.primitive import Primitive
from autodiff.program.recording.chance import check_not_drawn
from autodiff.program.recording.tape import Line, Tape, as_in_pictures, new_line
from autodiff.value import Operation, Value, as_value


def tape_of(outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value] = ()) -> Tape:
    """Return the tape that computes `outputs` from the leaves `inputs` and `parameters`, none of which occurs twice.

    Other leaves become constants. Raise ValueError if the number of one of these was drawn by chance.
    """
    lines = [Line(None, (), leaf.data, leaf.label) for leaf in (*inputs, *parameters)]
    position: dict[Node, int] = {leaf: i for i, leaf in enumerate((*inputs, *parameters))}
    for node in topological_order(*outputs):
        if node in position:
            continue
        primitive, first, second = node._primitive, node._first, node._second
        operands: tuple[int, ...] = ()
        number = 0.0
        if first is not None:
            operands = (position[first],) if second is None else (position[first], position[second])
        elif node._wide is not None:
            operands = tuple([position[operand] for operand in node.operands])
        else:
            check_not_drawn(node)
            primitive, number = None, node.data
        position[node] = len(lines)
        lines.append(new_line((primitive, operands, number, node._label)))
    return Tape(tuple(lines), len(inputs), len(parameters), tuple([position[output] for output in outputs]))


def graph_of(tape: Tape, *, at_nan: bool = False) -> list[Value]:
    """Return a Value for every line of a tape, computed from the data that the leaves had when they were recorded.

    The data of a leaf may have changed between two recorded operations, so that an operation lies outside its domain
    here. Its data is NaN then. With `at_nan`, as passes compute, the inputs and parameters are NaN: then no operation
    does; and the labels stay as they are, for another tape.
    """
    values: list[Value] = []
    for i, line in enumerate(tape.lines):
        if line.primitive is None:
            number = math.nan if at_nan and i < tape.n_leaves else line.number
            value = as_value(number) if tape.is_constant(i) else Value(number)
        else:
            value = recorded(line.primitive, [values[operand] for operand in line.operands])
        value._label = line.label if at_nan else as_in_pictures(line.label)
        values.append(value)
    return values


def like(model: Value, operands: tuple[Value, ...]) -> Value:
    """Return a node of other operands, whose partials have no numbers; a leaf that is no constant is itself."""
    primitive, number = model._primitive, model._data
    if primitive is None:
        return model
    if model._wide is not None:
        return Operation(primitive, number, wide=Wide(operands, ()))
    if len(operands) == 2:
        return Operation(primitive, number, operands[0], math.nan, operands[1], math.nan)
    return Operation(primitive, number, operands[0], math.nan) if operands else Operation(primitive, number)


def recorded(primitive: Primitive, operands: list[Value]) -> Value:
    """Return the node of an operation; its number is NaN outside the domain."""
    try:
        return Value.record(primitive, *operands)
    except DomainError:
        pass
    before = data_of(operands)
    set_data(operands, [math.nan] * len(operands))
    node = Value.record(primitive, *operands)
    set_data(operands, before)
    return node
