"""A scalar autograd engine: a `Value` is a number that remembers how it was made, and so knows its derivatives.

>>> from autodiff import Value, exp
>>> x = Value(1.0, "x")
>>> y = x * exp(-x)
>>> y.backward()
>>> x.grad  # (1 - x) e**-x
0.0

The words, one for each idea:

    data        the forward value of a node
    operands    the nodes that a node was computed from, in order, duplicates kept
    partials    d node / d operand, recorded when the node is made
    adjoint     d output / d node, during a reverse sweep
    grad        the adjoint, kept on a Value
    seed        the adjoint of the output, 1 unless said otherwise
    tangent     in forward mode, the derivative of a node in one direction
    primitive   an elementary function: an entry of the table in `autodiff.primitives`
    leaf        a Value with no operands
    constant    the leaf that a plain number becomes when it meets a Value
    record      to keep an operation as a node, with its operands and partials
    program     a recorded graph as a function of arrays, to be replayed at other points
    tape        a program as a list of lines, which the passes and the backends of `autodiff.program` read
    kink        a point where a primitive has no derivative; docs/conventions.md lists the values used instead

The engine is `node`, `value`, `primitives`, `graph` and `reverse`; `transforms` are derivatives as functions, `program`
replays graphs as arrays, `testing` is for tests of gradients, `native` for the compiled build. It imports nothing of
ours; `extend` is the door for the packages above.

`autodiff.sum` is not in `__all__`, so that `from autodiff import *` leaves Python's own `sum` alone.
"""

import sys

from autodiff import interpreters, value  # noqa: F401  # in this order: the check comes before compiled modules
from autodiff.collector import collector_paused
from autodiff.custom import defprimitive
from autodiff.errors import (
    ChainruleError,
    DomainError,
    ExpressionError,
    GradientError,
    GraphCopyError,
    MissingDependencyError,
)
from autodiff.functions import (
    acos,
    affine,
    asin,
    atan,
    atan2,
    cbrt,
    cos,
    cosh,
    dot,
    erf,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logsumexp,
    matvec,
    maximum,
    minimum,
    norm,
    reciprocal,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    step,
    stop_gradient,
    tan,
    tanh,
    where,
)
from autodiff.functions import sum as sum
from autodiff.graph import counts, leaves, topological_order
from autodiff.nonfinite import explain_nonfinite
from autodiff.parsing import parse
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES
from autodiff.program import Program
from autodiff.transforms import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autodiff.value import Value

__version__ = "0.1.0"

if sys.platform == "emscripten":
    from autodiff.native import webassembly
    from autodiff.node import Node

    Node.__del__ = webassembly.unlink


def build() -> str:
    """Return how the core runs: "compiled", as an installed wheel does where it could be compiled, or "pure" Python."""
    return "pure" if (value.__file__ or "").endswith(".py") else "compiled"


# fmt: off
__all__ = [
    "PRIMITIVES", "ChainruleError", "DomainError", "ExpressionError", "GradientError", "GraphCopyError",
    "MissingDependencyError", "Primitive", "Program", "Value", "acos", "affine", "asin", "atan", "atan2", "build",
    "cbrt", "collector_paused", "cos", "cosh", "counts", "defprimitive", "dot", "erf", "exp", "explain_nonfinite",
    "expm1", "grad", "gradients", "hessian", "hvp", "hypot", "jacobian", "jvp", "leaves", "log", "log1p", "log2",
    "log10", "log_softmax", "logsumexp", "matvec", "maximum", "minimum", "norm", "parse", "reciprocal", "relu",
    "sigmoid", "sign", "sin", "sinh", "softmax", "softplus", "sqrt", "step", "stop_gradient", "tan", "tanh",
    "topological_order", "value_and_grad", "vjp", "where",
]


def __dir__() -> list[str]:
    """The public names alone, for completion."""
    return [*__all__, "sum", "testing"]
