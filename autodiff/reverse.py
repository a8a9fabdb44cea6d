"""The reverse sweep: the chain rule, in the one place where it is applied.

    adjoint(operand) += adjoint(node) * partial(node, operand)        for every node, in reverse topological order

A node's adjoint is complete once all nodes made from it have been visited, and the order sees to that. `_sweep` does
it on floats, with the partials as recorded. `gradients` does it on Values: it asks the table for the partials again, on
Values, so that the adjoints are a graph which can be drawn, differentiated again or compiled.

Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

import math
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autodiff.graph import topological_order
from autodiff.linear import sum_of_products
from autodiff.node import CONSTANT

if TYPE_CHECKING:
    from autodiff.value import Value


def backward(output: "Value", seed: float = 1.0) -> None:
    """Leave d output / d node, times `seed`, in the `grad` of every node that `output` was computed from.

    A leaf's `grad` is added to, so that the gradients of several outputs sum up until it is zeroed; an inner node's
    is its adjoint in this sweep. The partials used are the recorded ones: changing `data` since changes nothing.

    Threads that differentiate graphs with a node in common have to take turns: they write to the same `grad`.

    Args:
        output: the node to differentiate.
        seed: the adjoint of `output`.
    """
    order = topological_order(output)
    leaves: list[Value] = []
    before: list[float] = []
    for node in order:
        if node._first is None and node._wide is None:
            leaves.append(node)
            before.append(node._grad)
        else:
            node._grad = 0.0
    try:
        for leaf in leaves:
            leaf._grad = 0.0
        _sweep(order, seed)
        for leaf, grad in zip(leaves, before):  # noqa: B905  # of one length
            leaf._grad += grad
    except BaseException:  # an interrupt: the leaves are as if it had not begun
        for leaf, grad in zip(leaves, before):  # noqa: B905
            leaf._grad = grad
        raise


def adjoints(output: "Value", wrt: "Iterable[Value]") -> list[float]:
    """Return d output / d node for each node of `wrt`, 0.0 where there is no path; no `grad` changes.

    Until it returns they do change: threads take turns, as for `backward`.

    Args:
        output: the node to differentiate.
        wrt: any nodes.
    """
    order = topological_order(output)
    before = [node._grad for node in order]
    reached = set(order)
    try:
        for node in order:
            node._grad = 0.0
        _sweep(order, 1.0)
        return [node._grad if node in reached else 0.0 for node in wrt]
    finally:
        for node, grad in zip(order, before, strict=True):
            node._grad = grad


def _sweep(order: "list[Value]", seed: float) -> None:
    """The chain rule on floats, for the last node of a topological order, where every `grad` is 0."""
    order[-1]._grad = seed
    for node in reversed(order):
        first = node._first
        if first is not None:
            adjoint = node._grad
            first._grad += adjoint * node._d_first
            second = node._second
            if second is not None:
                second._grad += adjoint * node._d_second
        elif node._wide is not None:
            adjoint = node._grad
            wide = node._wide
            for operand, partial in zip(wide.left, wide.d_left):  # noqa: B905  # of one length, and faster without asking
                operand._grad += adjoint * partial
            for operand, partial in zip(wide.right, wide.d_right):  # noqa: B905
                operand._grad += adjoint * partial


def gradients(output: "Value", wrt: "Sequence[Value]") -> list[Any]:
    """Return d output / d node for each node of `wrt`, as a graph: the chain rule on Values.

    A node with several consumers gets its adjoint from one `dot`; there is no node for a
    factor of 1 or a term of 0, and none for what `output` does not depend on `wrt` through.

    Args:
        output: the node to differentiate.
        wrt: n nodes, leaves or not.

    Returns:
        n Values, or floats where the derivative is a plain number.

    Raises:
        ValueError: if the `data` of a node was changed since: the partials would be those of no point.
        DomainError: if a partial has no value at a point where the node has one.
    """
    order = topological_order(output)
    varying = set(wrt)
    for node in order:
        if not varying.isdisjoint(node.operands):
            varying.add(node)

    terms: dict[Value, list[tuple[Any, Any]]] = {output: [(1.0, 1.0)]}  # (adjoint, partial) for each consumer of a node
    adjoint_of: dict[Value, Any] = {}
    for node in reversed(order):
        if node not in varying or node not in terms:
            continue
        adjoint = adjoint_of[node] = sum_of_products(terms.pop(node))
        for operand, partial in partials_on_values(node, varying):
            terms.setdefault(operand, []).append((adjoint, partial))
    return [adjoint_of.get(node, 0.0) for node in wrt]


def partials_on_values(node: "Value", varying: "Container[Value]") -> "list[tuple[Value, Any]]":
    """Return (operand, d node / d operand) for the operands in `varying`, the partials as the table gives on Values.

    Raises:
        ValueError: if the `data` of an operand was changed since: the partials would be those of no point.
    """
    operands = node.operands
    varies = [operand in varying for operand in operands]
    if not any(varies):
        return []
    primitive = node._primitive
    assert primitive is not None  # a node with operands has one
    try:
        again = primitive.forward(*[operand._data for operand in operands])
    except (ArithmeticError, ValueError):
        again = math.nan
    if again != node._data and not (math.isnan(again) and math.isnan(node._data)):
        raise ValueError(
            f"gradients: {node!r} was recorded as {primitive.name} of other data than its operands have now; "
            "compute it again after changing data"
        )
    on_values = [operand._data if operand._primitive is CONSTANT else operand for operand in operands]
    partials = primitive.derivatives(node, on_values, None if all(varies) else varies)
    return [(x, partial) for x, partial, wanted in zip(operands, partials, varies, strict=True) if wanted]
