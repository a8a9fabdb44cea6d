"""The forward sweep: the same partials, multiplied in the other order.

    tangent(node) = sum over its operands of partial(node, operand) * tangent(operand)        in topological order

Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.1.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from autodiff.branches import tangent_of_choice
from autodiff.guard import Guard
from autodiff.node import N
from autodiff.primitives import CUTS
from autodiff.real import total
from autodiff.reverse import partials_on_values
from autodiff.sums_of_products import sum_of_products


def tangents(order: Iterable[N], seeds: Mapping[N, float]) -> dict[N, float]:
    """Return the tangent of every node that depends on a node in `seeds`, with the recorded partials.

    The graph is in topological order. `seeds` are tangents by node; that of any other leaf is 0.
    """
    known: dict[Any, float] = dict(seeds)
    for node in order:
        if node in known:
            continue
        if node._first is not None:  # one or two operands, without a list
            first, second = known.get(node._first), known.get(node._second) if node._second is not None else None
            if first is not None:
                known[node] = node._d_first * first + (0.0 if second is None else node._d_second * second)
            elif second is not None:
                known[node] = node._d_second * second
        elif node._wide is not None:
            wide = node._wide
            pairs = [(partial, known[x]) for x, partial in zip(wide.left, wide.d_left, strict=True) if x in known]
            pairs += [(partial, known[x]) for x, partial in zip(wide.right, wide.d_right, strict=True) if x in known]
            if node._primitive in CUTS:
                pairs = [(partial, tangent) for partial, tangent in pairs if partial != 0.0]
            if pairs:
                known[node] = total([partial * tangent for partial, tangent in pairs])
    return known


def tangents_on_values(order: Iterable[N], seeds: Mapping[N, Any]) -> dict[N, Any]:
    """Return the same as a graph: each tangent is a Value, or a float where it is a plain number."""
    known = dict(seeds)
    with Guard("jvp", None):
        for node in order:
            if node not in known and node._primitive in CUTS:
                tangent = tangent_of_choice(node, known)
                if not isinstance(tangent, float) or tangent != 0.0:
                    known[node] = tangent
            elif node not in known:
                pairs = [(partial, known[operand]) for operand, partial in partials_on_values(node, known)]
                if pairs:
                    known[node] = sum_of_products(pairs)
    return known
