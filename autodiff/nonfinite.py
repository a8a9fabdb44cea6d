"""The source of a NaN: the first node of a graph at which a number stopped being finite."""

import math

from autodiff import reverse
from autodiff.graph import topological_order
from autodiff.value import Value


def explain_nonfinite(output: Value) -> str | None:
    """Return a text about the node at which a NaN or an infinity appeared first; None if all numbers are finite.

    The text names the node, its operands and their labels. The search looks at the data, in the order of computation,
    then at the adjoints, in the order of the backward pass. Every `grad` stays as it is.

    >>> from autodiff import sqrt
    >>> x = Value(0.0, "x")
    >>> print(explain_nonfinite(sqrt(x) * 2.0))
    the adjoint of x became inf: d output / d x
        from sqrt(x = 0.0) = 0.0, whose adjoint is 2.0: times inf
    >>> explain_nonfinite(x + 1.0) is None
    True
    """
    order = reverse.taking_part(topological_order(output))
    for node in order:
        if not math.isfinite(node.data):
            origin = f"computed as {_describe(node)}" if node.operands else "it is a leaf: it was given"
            return f"the data of {_name(node)} became {node.data}\n    {origin}"
    adjoint = dict(zip(order, reverse.adjoints(output, order), strict=True))
    for node in reversed(order):
        if math.isfinite(adjoint[node]) or node.is_constant:
            continue
        terms = [
            (adjoint[consumer], partial, consumer)
            for consumer in order
            for operand, partial in zip(consumer.operands, consumer.partials, strict=True)
            if operand is node
        ]
        culprits = [term for term in terms if not math.isfinite(term[0] * term[1])] or terms
        lines = [f"    from {_describe(consumer)}, whose adjoint is {a}: times {p}" for a, p, consumer in culprits]
        name = _name(node)
        return "\n".join([f"the adjoint of {name} became {adjoint[node]}: d output / d {name}", *lines])
    return None


def _name(node: Value) -> str:
    """The label, or the primitive."""
    if node.label:
        return node.label
    return f"a {node.primitive.name}" if node.primitive else "an unlabelled leaf"


def _describe(node: Value) -> str:
    """A node as a call with its operands."""
    name = node.primitive.name if node.primitive else ""
    shown = [f"{operand.label} = {operand.data}" if operand.label else f"{operand.data}" for operand in node.operands]
    if len(shown) > 6:
        shown = [*shown[:6], f"... {len(shown) - 6} more"]
    return f"{name}({', '.join(shown)}) = {node.data}"
