"""The reverse sweep: the chain rule, stated once, in `sweep`.

    adjoint(operand) += adjoint(node) * partial(node, operand)        for every node, in reverse topological order

In this order an adjoint is complete when its turn comes: all nodes made from its node came before. Recorded partials
give floats; those that the table gives on Values make adjoints a graph, to be drawn, differentiated again or compiled.

Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from autodiff.branches import Branches
from autodiff.graph import dependents, topological_order
from autodiff.guard import Guard
from autodiff.node import CONSTANT, N, Node
from autodiff.observers import Tolerance
from autodiff.primitive import T
from autodiff.primitives import CUTS
from autodiff.sums_of_products import sum_of_products


def sweep(
    nodes: Iterable[T],
    seeds: Mapping[T, Any],
    partials_of: Callable[[T], Iterable[tuple[T, Any]]],
    total: Callable[[list[tuple[Any, Any]]], Any] = sum_of_products,
) -> dict[T, Any]:
    """Return the adjoint of every node that the sweep reaches: the chain rule.

    Args:
        nodes: a graph or a part of one, every node (or its name) after all nodes made from it.
        seeds: the nodes to differentiate, with their adjoints.
        partials_of: node -> the operands to go on to, each with d node / d operand.
        total: sums adjoint * partial over a list of such pairs, one for each consumer.

    Returns:
        Adjoints by node, also of the operands outside `nodes`, where the sweep ends.
    """
    terms: dict[T, list[tuple[Any, Any]]] = {node: [(seed, 1.0)] for node, seed in seeds.items()}
    adjoints: dict[T, Any] = {}
    for node in nodes:
        if node in terms:
            adjoint = adjoints[node] = total(terms.pop(node))
            for operand, partial in partials_of(node):
                terms.setdefault(operand, []).append((adjoint, partial))
    return adjoints | {node: total(products) for node, products in terms.items()}


def recorded_partials(node: N) -> Iterable[tuple[N, float]]:
    """Return (operand, d node / d operand) for every operand that is not cut off, the partials as recorded."""
    is_cut = node._primitive in CUTS
    return [(x, d) for x, d in zip(node.operands, node.partials, strict=True) if d != 0.0 or not is_cut]


def taking_part(order: list[N]) -> list[N]:
    """Return the nodes of a graph but for those that only matter where a `where` takes its other side."""
    part = {order[-1]}
    for node in reversed(order):
        if node in part:
            if node._wide is None:
                part.update(node.operands)
            elif node._primitive in CUTS:
                part.update([operand for operand, _ in recorded_partials(node)])
            else:
                part.update(node._wide.left, node._wide.right)  # type: ignore[arg-type]  # as `operands`
    return [node for node in order if node in part]


def partials_on_values(node: N, varying: Container[N]) -> list[tuple[N, Any]]:
    """Return (operand, d node / d operand) for the operands in `varying`, the partials as the table gives on Values.

    Raises:
        ValueError: if the `data` of an operand was changed since: the partials would be those of no point.
        DomainError: if a partial has no value at a point where the node has one.
    """
    operands = node.operands
    varies, primitive = [operand in varying for operand in operands], node._primitive
    if primitive is None or not any(varies):  # only a leaf has no primitive
        return []
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
    with Tolerance(math.isnan(node._data)):
        partials = primitive.derivatives(node, on_values, None if all(varies) else varies)
    return [(x, partial) for x, partial, wanted in zip(operands, partials, varies, strict=True) if wanted]


def adjoints_on_values(output: N, wrt: Sequence[N], rule: Callable[..., Any] | None = None) -> list[Any]:
    """Return d output / d node for each node of `wrt`, as a graph, with the partials of a rule, or as above.

    A node with several consumers gets its adjoint from one `dot`. Factors of 1 make no node. Nodes that do not lie on a
    path from `wrt` to `output` are skipped.

    Returns:
        A Value for each node, or a float where the derivative is a plain number.

    Raises:
        ValueError, DomainError: as `partials_on_values`.
    """
    order = topological_order(output)
    varying = dependents(order, wrt)
    nodes = [node for node in reversed(order) if node in varying]
    with Guard("gradients", None):
        branches = Branches(nodes, rule or (lambda node: partials_on_values(node, varying)), [output])
        reached = sweep(nodes, {output: 1.0}, *branches.ways())
        return [branches.result(node, reached.get(node, 0.0)) for node in wrt]


def adjoints(output: N, wrt: Iterable[N]) -> list[float]:
    """Return d output / d node for each node of `wrt`, 0.0 where there is no path.

    It leaves every `grad` as it was, but uses them meanwhile: threads take turns, as for `backward`.
    """
    order = topological_order(output)
    before = [node._grad for node in order]
    reached = set(order)
    try:
        for node in order:
            node._grad = 0.0
        _sweep_in_place(order, 1.0)
        return [node._grad if node in reached and node._primitive is not CONSTANT else 0.0 for node in wrt]
    finally:
        for node, grad in zip(order, before, strict=True):
            node._grad = grad


def backward(output: Node, seed: float = 1.0) -> None:
    """Leave d output / d node, times `seed`, in the `grad` of every node that `output` was computed from.

    In a leaf it adds to `grad`, so that the gradients of several outputs sum up until they are set to zero. The `grad`
    of an inner node is its adjoint in this sweep. The partials are the recorded ones: changing `data` has no effect.

    Threads that differentiate graphs with a node in common have to take turns: they write to the same `grad`.
    """
    order = topological_order(output)
    leaves: list[Node] = []
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
        _sweep_in_place(order, seed)
        for leaf, grad in zip(leaves, before):  # noqa: B905  # of one length
            leaf._grad += grad
    except BaseException:  # an interrupt: the leaves get back what they had
        for leaf, grad in zip(leaves, before):  # noqa: B905
            leaf._grad = grad
        raise


def _sweep_in_place(order: list[N], seed: float, is_whole: bool = True) -> None:
    """`sweep` of a whole graph with the recorded partials, 30 times as fast (a test compares); `grad` is 0 before."""
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
            if node._primitive in CUTS:
                if is_whole:  # once more, without the nodes that take no part
                    for visited in order:
                        visited._grad = 0.0
                    return _sweep_in_place(taking_part(order), seed, False)
                for taken, partial in recorded_partials(node):
                    taken._grad += node._grad * partial
                continue
            adjoint = node._grad
            wide = node._wide
            for operand, partial in zip(wide.left, wide.d_left):  # noqa: B905  # of one length, and faster without asking
                operand._grad += adjoint * partial
            for operand, partial in zip(wide.right, wide.d_right):  # noqa: B905
                operand._grad += adjoint * partial
