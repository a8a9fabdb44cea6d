"""How one would write a primitive of numpy arrays, and the few functions that numpy has not got."""

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)  # how tightly a formula holds together

FORMULAS: dict[str, tuple[str, int, tuple[int, ...]]] = {  # the text, how tight it is, how tight each operand must be
    "identity": ("{0}", ATOM, (ATOM,)),
    "add": ("{0} + {1}", SUM, (SUM, SUM)),
    "sub": ("{0} - {1}", SUM, (SUM, PRODUCT)),
    "mul": ("{0} * {1}", PRODUCT, (PRODUCT, UNARY)),
    "div": ("{0} / {1}", PRODUCT, (PRODUCT, UNARY)),
    "neg": ("-{0}", UNARY, (UNARY,)),
    "pow": ("{0}**{1}", POWER, (ATOM, ATOM)),
    "reciprocal": ("1.0 / {0}", PRODUCT, (UNARY,)),
    "abs": ("np.abs({0})", ATOM, (SUM,)),
    "asin": ("np.arcsin({0})", ATOM, (SUM,)),
    "acos": ("np.arccos({0})", ATOM, (SUM,)),
    "atan": ("np.arctan({0})", ATOM, (SUM,)),
    "relu": ("np.maximum({0}, 0.0)", ATOM, (SUM,)),
    "step": ("np.heaviside({0}, 0.0)", ATOM, (SUM,)),
    "softplus": ("np.logaddexp({0}, 0.0)", ATOM, (SUM,)),
    "compare": ("np.sign({0} - {1})", ATOM, (SUM, PRODUCT)),
    "maximum": ("np.maximum({0}, {1})", ATOM, (SUM, SUM)),
    "minimum": ("np.minimum({0}, {1})", ATOM, (SUM, SUM)),
    "pow_slope": ("{1} * {0} ** ({1} - 1.0)", PRODUCT, (ATOM, ATOM)),
    "sigmoid": ("sigmoid({0})", ATOM, (SUM,)),
    "log_or_zero": ("log_or_zero({0})", ATOM, (SUM,)),
    **{
        name: (f"np.{name}({{0}})", ATOM, (SUM,))
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
    """A number as Python reads it."""
    return repr(x) if abs(x) < float("inf") else f"float('{x}')"


def joined(name: str, operands: list[tuple[str, int]]) -> tuple[str, int]:
    """A primitive of formulas, each with how tight it is."""
    if name in ("sum", "logsumexp"):
        texts = [text for text, _ in operands]
        if name == "sum":
            return (" + ".join(texts), SUM) if texts else ("0.0", ATOM)
        return f"logsumexp(np.stack(np.broadcast_arrays({', '.join(texts)})), 0)", ATOM
    text, level, needed = FORMULAS[name]
    placed = [bracketed(*operand, least) for operand, least in zip(operands, needed, strict=True)]
    return text.format(*placed), level


def bracketed(text: str, level: int, least: int) -> str:
    """A formula in brackets if it would fall apart."""
    return text if level >= least else f"({text})"
