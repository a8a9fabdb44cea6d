"""`safe`: for whoever differentiates a tape by a chain rule of products alone, as JAX does.

Such a rule multiplies the 0 that a side of a `where` gets where it is not taken by the partials inside that side, and
0 * inf is NaN. Here the operations inside a side read 1/2 there, where every function of the table has a finite slope.
"""

from autodiff.branches import Branches
from autodiff.primitives import ADD, IDENTITY, NEG, STOP_GRADIENT, SUB, SUM, WHERE
from autodiff.program.recording.record import graph_of, tape_of
from autodiff.program.recording.tape import Tape
from autodiff.value import Value

_FINITE = (ADD, IDENTITY, NEG, SUB, SUM)  # whose slopes are finite at every point
_INSIDE = 0.5


def safe(tape: Tape) -> Tape:
    """Return a tape of the same results, without infinite slopes in a side of a `where` that is not taken."""
    if all(line.primitive is not WHERE for line in tape.lines):
        return tape
    nodes = graph_of(tape, at_nan=True)
    needed = [nodes[i] for i in reversed(tape.needed(tape.outputs))]
    branches = Branches(needed, lambda node: (), outputs=[nodes[i] for i in tape.outputs])
    new: dict[Value, Value] = {node: node for node in nodes}
    for node in reversed(needed):
        if not branches.is_reached(node) or node.is_leaf or node.primitive is STOP_GRADIENT:
            continue
        operands = [new[operand] for operand in node.operands]
        is_taken = branches.result(node, 1.0)
        if node.primitive is WHERE:
            operands[0] = condition = node.operands[0]  # not the copy that a side may have of it
            if condition.is_constant and condition.data == condition.data:
                new[node] = operands[1 if condition.data else 2]
                continue
        elif isinstance(is_taken, Value) and node.primitive not in _FINITE:
            operands = [x if x.is_constant else Value.record(WHERE, is_taken, x, _INSIDE) for x in operands]
        assert node.primitive is not None
        new[node] = Value.record(node.primitive, *operands)
        new[node].label = node.label
    leaves = nodes[: tape.n_leaves]
    return tape_of([new[nodes[i]] for i in tape.outputs], leaves[: tape.n_inputs], leaves[tape.n_inputs :])
