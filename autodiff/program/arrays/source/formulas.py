"""Numbers and applications of primitives in numpy's words."""

from collections.abc import Sequence

from autodiff.languages import ATOM_LEVEL, POWER_LEVEL, SUM_LEVEL, Text
from autodiff.primitive import Primitive
from autodiff.primitives import LOGSUMEXP, POW, SUM
from autodiff.program.ieee import NUMPY
from autodiff.spelling import spell


def numeral(x: float) -> str:
    """Return a number as Python reads it."""
    return repr(x) if abs(x) < float("inf") else f"float('{x}')"


def exponent(x: float) -> str:
    """Return an exponent, an integer without its point."""
    return str(int(x)) if x.is_integer() and abs(x) < 1e6 else numeral(x)


def applied(primitive: Primitive, operands: Sequence[Text]) -> Text:
    """Return the application of a primitive to texts."""
    if primitive is SUM:
        return Text(" + ".join([operand.text for operand in operands]), SUM_LEVEL) if operands else Text("0.0")
    if primitive is LOGSUMEXP:
        texts = ", ".join([operand.text for operand in operands])
        return Text(f"np.logaddexp.reduce(np.broadcast_arrays({texts}))")
    if primitive is POW:
        return Text("**".join([operand.bracketed(ATOM_LEVEL) for operand in operands]), POWER_LEVEL)
    return spell(primitive, operands, NUMPY)
