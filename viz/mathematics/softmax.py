"""The softmax on paper: elements p₁, p₂, ... with the sum 1 and the slopes p₁(1 − p₁), −p₁p₂, whatever computes them.

The engine computes an element as exp(xᵢ − logΣexp(x)), and for all its digits divides it by the sum of these.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Any

from autodiff import Value
from autodiff.extend import primitives, recorded_partials
from viz.mathematics.blackboard import partials_on_paper


def element_of(node: Value) -> tuple[Value, int] | None:
    """Return (logΣexp(x), i) for element i of the softmax of x, else None."""
    is_divided = node.primitive is primitives.DIV
    share, whole = node.operands if is_divided else (node, node)
    if share.primitive is not primitives.SHARE:
        return None
    x, total = share.operands
    xs = total.operands
    if total.primitive is not primitives.LOGSUMEXP or x not in xs or len({*xs}) < len(xs):
        return None
    if is_divided and [part.operands for part in whole.operands] != [(x, total) for x in xs]:
        return None
    return total, xs.index(x)


def divided(node: Value) -> Value | None:
    """Return logΣexp(x) for an element of the softmax of x that is divided by the sum of all, else None."""
    element = element_of(node) if node.primitive is primitives.DIV else None
    return None if element is None else element[0]


def operands_on_paper(node: Value) -> Sequence[Value]:
    """Return the operands of a node; of an element of a softmax that is divided, the x."""
    total = divided(node)
    return (node if total is None else total).operands


def slopes(node: Value) -> Iterable[tuple[Value, float]]:
    """Return (operand, d node / d operand) as numbers, for the operands on paper."""
    if divided(node) is None:
        return recorded_partials(node)
    share, whole = node.operands
    pairs = zip(operands_on_paper(node), whole.operands, strict=True)
    return [(x, node.data * ((part is share) - part.data / whole.data)) for x, part in pairs]


def rules(node: Value, varying: Container[Value]) -> list[tuple[Value, Any]]:
    """Return (operand, d node / d operand) for the operands on paper in `varying`, as `partials_on_paper` does."""
    if divided(node) is None:
        return partials_on_paper(node, varying)
    share, whole = node.operands
    pairs = [pair for pair in zip(operands_on_paper(node), whole.operands, strict=True) if pair[0] in varying]
    return [(x, node * (1.0 - node) if part is share else -(part / whole * node)) for x, part in pairs]


def logits(total: Value) -> list[Value]:
    """Return the x of logΣexp(x); of x₁ − x₂, 0, x₃ − x₂, as a loss has them, x₁, x₂, x₃: their softmax is the same."""
    zeros = [i for i, x in enumerate(total.operands) if x.is_constant and x.data == 0.0]
    others = [x.operands for x in total.operands if x.primitive is primitives.SUB]
    if len(zeros) != 1 or len(others) < len(total.operands) - 1 or len({*(shift for _, shift in others)}) != 1:
        return [*total.operands]
    shifted = [x for x, _ in others]
    return [*shifted[: zeros[0]], others[0][1], *shifted[zeros[0] :]]
