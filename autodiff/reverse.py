"""The reverse sweep: the chain rule, in the one place where it is applied.

    adjoint(operand) += adjoint(node) * partial(node, operand)        for every node, in reverse topological order

A node's adjoint is complete once all nodes made from it have been visited, and the order sees to that.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

from typing import TYPE_CHECKING

from autodiff.graph import topological_order

if TYPE_CHECKING:
    from autodiff.value import Value


def backward(output: "Value", seed: float = 1.0) -> None:
    """Leave d output / d node, times `seed`, in the `grad` of every node that `output` was computed from.

    A leaf's `grad` is added to, so that the gradients of several outputs sum up until it is zeroed; an inner node's
    is its adjoint in this sweep. The partials used are the recorded ones: changing `data` since changes nothing.

    Args:
        output: the node to differentiate.
        seed: the adjoint of `output`.
    """
    order = topological_order(output)
    before = [(node, node._grad) for node in order if node._first is None and node._wide is None]  # the leaves
    for node in order:
        node._grad = 0.0
    output._grad = seed

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
            for operand, partial in zip(*node._wide, strict=True):
                operand._grad += adjoint * partial

    for leaf, grad in before:
        leaf._grad += grad
