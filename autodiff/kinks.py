"""The primitives with a kink or a jump, and those that choose between operands: records as in `primitives`."""

import functools
from collections.abc import Sequence
from typing import Any, Final

from autodiff.arithmetic import SUM
from autodiff.composite import composite
from autodiff.primitive import Primitive, WidePrimitive

# fmt: off

RELU: Final = composite(
    "relu", "relu", "0.0 if x <= 0.0 else x", (lambda out, x: STEP(x),), kink=lambda x: x, is_activation=True, cost=1,
    words="x where it is positive, else 0; NaN stays NaN.", spellings={"numpy": "np.maximum(x, 0.0)"},
    source="Nair & Hinton (2010); 0 at the kink, as PyTorch and JAX have it")
ABS: Final = Primitive(
    "abs", "|x|", abs, (lambda out, x: SIGN(x),), kink=lambda x: x, cost=1,
    source="the slope on either side; 0 at the kink, the middle of the subgradients")
SIGN: Final[Primitive] = composite(
    "sign", "sign", "1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else nan", (lambda out, x: 0.0,),
    kink=lambda x: x, words="The slope of abs: -1, 0 or 1.", source="constant on either side of the jump", cost=4,
    spellings={"numpy": "np.sign(x)", "javascript": "Math.sign(x)"})
STEP: Final[Primitive] = composite(
    "step", "step", "1.0 if x > 0.0 else 0.0 if x <= 0.0 else nan", (lambda out, x: 0.0,), kink=lambda x: x, cost=4,
    words="The slope of relu: 1 where x is positive, else 0.", source="constant on either side of the jump",
    spellings={"numpy": "np.heaviside(x, 0.0)"})
COMPARE: Final[Primitive] = composite(
    "compare", "compare", "1.0 if x > y else -1.0 if x < y else 0.0 if x == y else nan",
    (lambda out, x, y: 0.0, lambda out, x, y: 0.0), kink=lambda x, y: x - y, cost=6,
    words="-1, 0 or 1, as x is smaller than y, equal or larger.", source="constant on either side of the jump")
MAXIMUM: Final = composite(
    "maximum", "max", "x if x >= y or x != x else y",
    (lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, words="The larger of the two; NaN if one is NaN.", commutes=True, cost=1,
    spellings={"numpy": "np.maximum(x, y)", "javascript": "Math.max(x, y)"},
    source="the larger operand's; 1/2 to each at a tie, as JAX has it")
MINIMUM: Final = composite(
    "minimum", "min", "x if x <= y or x != x else y",
    (lambda out, x, y: 0.5 - 0.5 * COMPARE(x, y), lambda out, x, y: 0.5 + 0.5 * COMPARE(x, y)),
    kink=lambda x, y: x - y, words="The smaller of the two; NaN if one is NaN.", commutes=True, cost=1,
    spellings={"numpy": "np.minimum(x, y)", "javascript": "Math.min(x, y)"},
    source="the smaller operand's; 1/2 to each at a tie, as JAX has it")


def _ties(out: Any, xs: Sequence[Any]) -> Sequence[Any]:
    """1 / n for each of the n operands that are the result, 0 for the others."""
    if len(xs) == 1:
        return [1.0]
    ties = [1.0 - ABS(COMPARE(x, out)) for x in xs]
    n = SUM(*ties)
    return [tie / n for tie in ties]


def _gap(*xs: float) -> float:
    """How far the largest operand is above the next; 1 if there is no other."""
    return sorted(xs)[-1] - sorted(xs)[-2] if len(xs) > 1 else 1.0


LARGEST: Final = WidePrimitive(
    "largest", "max", lambda *xs: functools.reduce(MAXIMUM.forward, xs), _ties, fold=MAXIMUM, kink=_gap,
    commutes=False, source="the largest operand's; an equal share to each at a tie, as JAX has it", cost=2)
SMALLEST: Final = WidePrimitive(
    "smallest", "min", lambda *xs: functools.reduce(MINIMUM.forward, xs), _ties, fold=MINIMUM,
    kink=lambda *xs: _gap(*[-x for x in xs]),
    commutes=False, source="the smallest operand's; an equal share to each at a tie, as JAX has it", cost=2)

# -------------------------------------------------------------------------------------------------------- choices

WHERE: Final[Primitive] = composite(
    "where", "where", "y if abs(x) > 0.0 else z if x == 0.0 else nan",
    (lambda out, x, y, z: 0.0, lambda out, x, y, z: WHERE(x, 1.0, 0.0), lambda out, x, y, z: WHERE(x, 0.0, 1.0)),
    kink=lambda x, y, z: x, words="y where x is not 0, else z; NaN where x is NaN.", cost=4,
    source="the operand that is taken; the other is left out, whatever its own derivative is")
STOP_GRADIENT: Final = composite(
    "stop_gradient", "stop", "x", (lambda out, x: 0.0,), words="x, without a derivative.", cost=1,
    source="0 by definition", spellings={"in place": "copyto({o}, {x})", "complex": "x.real"})
CUTS: Final = (WHERE, STOP_GRADIENT)
"""Where an operand with the partial 0 gets no derivative at all: not 0 * inf, which is NaN."""
