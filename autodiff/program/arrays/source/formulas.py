"""The readable numpy code of each primitive, and the few functions that numpy lacks."""

from autodiff.program.source.formula import ATOM_LEVEL, POWER_LEVEL, PRODUCT_LEVEL, SIGN_LEVEL, SUM_LEVEL

# For each primitive: the text, its level, and the lowest level of each operand without parentheses.
FORMULAS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "identity": ("{0}", ATOM_LEVEL, (ATOM_LEVEL,)),
    "add": ("{0} + {1}", SUM_LEVEL, (SUM_LEVEL, SUM_LEVEL)),
    "sub": ("{0} - {1}", SUM_LEVEL, (SUM_LEVEL, PRODUCT_LEVEL)),
    "mul": ("{0} * {1}", PRODUCT_LEVEL, (PRODUCT_LEVEL, SIGN_LEVEL)),
    "div": ("{0} / {1}", PRODUCT_LEVEL, (PRODUCT_LEVEL, SIGN_LEVEL)),
    "neg": ("-{0}", SIGN_LEVEL, (SIGN_LEVEL,)),
    "pow": ("{0}**{1}", POWER_LEVEL, (ATOM_LEVEL, ATOM_LEVEL)),
    "reciprocal": ("1.0 / {0}", PRODUCT_LEVEL, (SIGN_LEVEL,)),
    "compare": ("np.sign({0} - {1})", ATOM_LEVEL, (SUM_LEVEL, PRODUCT_LEVEL)),
    "pow_slope": ("{1} * {0} ** ({1} - 1.0)", PRODUCT_LEVEL, (ATOM_LEVEL, ATOM_LEVEL)),
    **{
        name: (text, ATOM_LEVEL, (SUM_LEVEL, SUM_LEVEL)[: text.count("{")])
        for name, text in {
            "abs": "np.abs({0})",
            "asin": "np.arcsin({0})",
            "acos": "np.arccos({0})",
            "atan": "np.arctan({0})",
            "relu": "np.maximum({0}, 0.0)",
            "step": "np.heaviside({0}, 0.0)",
            "softplus": "np.logaddexp({0}, 0.0)",
            "maximum": "np.maximum({0}, {1})",
            "minimum": "np.minimum({0}, {1})",
            "sigmoid": "sigmoid({0})",
            "log_or_zero": "log_or_zero({0})",
        }.items()
    },
    **{
        name: (f"np.{name}({{0}})", ATOM_LEVEL, (SUM_LEVEL,))
        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign")
    },
}
HELPERS = {
    "sigmoid": "def sigmoid(x):\n    return 1.0 / (1.0 + np.exp(-x))\n",
    "log_or_zero": "def log_or_zero(x):\n    return np.where(x == 0.0, 0.0, np.log(x))\n",
    "logsumexp": (
        "def logsumexp(x, axis):\n"
        "    largest = x.max(axis=axis, keepdims=True)\n"
        "    return (largest + np.log(np.exp(x - largest).sum(axis=axis, keepdims=True))).squeeze(axis)\n"
    ),
}


def numeral(x: float) -> str:
    """Return a number as Python reads it."""
    return repr(x) if abs(x) < float("inf") else f"float('{x}')"


def exponent(x: float) -> str:
    """Return an exponent, an integer without its point."""
    return str(int(x)) if x.is_integer() and abs(x) < 1e6 else numeral(x)


def applied(name: str, operands: list[tuple[str, int]]) -> tuple[str, int]:
    """Return the text and the level of a primitive of texts with levels."""
    texts = [text for text, _ in operands]
    if name == "sum":
        return (" + ".join(texts), SUM_LEVEL) if texts else ("0.0", ATOM_LEVEL)
    if name == "logsumexp":
        return f"logsumexp(np.stack(np.broadcast_arrays({', '.join(texts)})), 0)", ATOM_LEVEL
    text, level, lowest = FORMULAS[name]
    placed = [bracketed(*operand, least) for operand, least in zip(operands, lowest, strict=True)]
    return text.format(*placed), level


def bracketed(text: str, level: int, lowest: int) -> str:
    """Return the text, in parentheses if its level is below `lowest`."""
    return text if level >= lowest else f"({text})"
