"""The whole engine on one page: a number that remembers how it was computed, and the chain rule.

    python examples/engine.py

This is the reading edition of the package `autodiff`, with the operations of micrograd. It needs nothing but Python.
`docs/engine.md` walks through it; the tests compare it with the real engine on random graphs.
"""

import math
from typing import Union

Operand = Union["Value", float]


class Value:
    """A node of the computation graph.

    Attributes:
        data: its number.
        operands: the Values that it was computed from; none for a leaf.
        partials: d self / d operand, a number for each operand, computed together with `data`.
        grad: d output / d self, once `output.backward()` has run.
    """

    def __init__(
        self, data: float, operands: tuple["Value", ...] = (), partials: tuple[float, ...] = (), label: str = ""
    ) -> None:
        self.data, self.operands, self.partials, self.label = float(data), operands, partials, label
        self.grad = 0.0

    # Each operation computes its result and the derivative of the result with respect to each operand.

    def __add__(self, other: Operand) -> "Value":
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Operand) -> "Value":
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> "Value":
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self) -> "Value":
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def tanh(self) -> "Value":
        out = math.tanh(self.data)
        return Value(out, (self,), (1.0 - out**2,))

    def relu(self) -> "Value":
        return Value(max(0.0, self.data), (self,), (1.0 if self.data > 0.0 else 0.0,))

    # The other operators are combinations of these.

    def __neg__(self) -> "Value":
        return self * -1.0

    def __sub__(self, other: Operand) -> "Value":
        return self + -as_value(other)

    def __truediv__(self, other: Operand) -> "Value":
        return self * as_value(other) ** -1.0

    def __rsub__(self, other: float) -> "Value":  # other - self
        return as_value(other) - self

    def __rtruediv__(self, other: float) -> "Value":  # other / self
        return as_value(other) / self

    __radd__, __rmul__ = __add__, __mul__  # other + self, other * self

    def __repr__(self) -> str:
        return f"Value({self.label or 'data'}={self.data:g}, grad={self.grad:g})"

    def backward(self) -> None:
        """Add d self / d leaf to the `grad` of every leaf; an inner node gets the derivative with respect to it."""
        order = topological_order(self)
        for node in order:
            if node.operands:
                node.grad = 0.0  # leaves keep theirs: the gradients of several outputs add up
        self.grad += 1.0
        for node in reversed(order):
            for operand, partial in zip(node.operands, node.partials, strict=True):
                operand.grad += node.grad * partial  # the chain rule


def as_value(x: Operand) -> Value:
    """Return x itself if it is a Value, else a constant: a leaf that nobody else refers to."""
    return x if isinstance(x, Value) else Value(x)


def topological_order(output: Value) -> list[Value]:
    """Return the nodes that `output` depends on, each once and after its operands; `output` is the last one."""
    order: list[Value] = []
    seen: set[Value] = set()
    stack = [(output, False)]  # a node, and whether its operands are in the order already
    while stack:  # a loop and no recursion: a graph may be a million nodes deep
        node, complete = stack.pop()
        if complete:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(node.operands))
    return order


def main() -> None:
    """Differentiate the output of one neuron, and compare with a difference quotient."""
    x, w, b = Value(2.0, label="x"), Value(-0.5, label="w"), Value(1.5, label="b")
    out = (w * x + b).tanh()
    out.backward()
    h = 1e-6
    difference = (math.tanh((w.data + h) * 2.0 + 1.5) - math.tanh((w.data - h) * 2.0 + 1.5)) / (2.0 * h)
    print(f"tanh(w x + b) = {out.data:.6f}")
    print(f"d out / d w   = {w.grad:.6f}, by the difference quotient {difference:.6f}")
    print(f"d out / d x   = {x.grad:.6f}, d out / d b = {b.grad:.6f}")


if __name__ == "__main__":
    main()
