"""The errors of the engine, so that one `except` clause can name what went wrong.

Plain misuse raises Python's own TypeError and ValueError.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class ChainruleError(Exception):
    """The root of every error that this project defines."""


class DomainError(ChainruleError, ValueError, ArithmeticError):
    """An operand lies outside the domain of its primitive, as in log(0) and 1/0.

    Raised by the operation that caused it, with the primitive's name, the operands and their labels.

    >>> from autodiff import Value, log
    >>> log(Value(0.0, "p"))
    Traceback (most recent call last):
        ...
    autodiff.errors.DomainError: log: expected x > 0, got x = 0.0 ('p'); check or clamp the operand first
    """


class ExpressionError(ChainruleError, ValueError):
    """A formula in text is not arithmetic that `parse` reads; the message points at the character."""


class CannotTellError(ChainruleError, AssertionError):
    """A check can say nothing about a derivative; the message says why: f is random, not smooth here, or too noisy."""


class GradientError(ChainruleError, AssertionError):
    """A derivative is wrong; the message shows where, by how much, and the smallest part of the graph to blame."""


class GraphCopyError(ChainruleError, TypeError):
    """A copy or a pickle of one node would lose the graph behind it, and with it the gradient."""


class MissingDependencyError(ChainruleError, ImportError):
    """An optional package is needed and not installed; the message names the extra that brings it."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f'{what} needs the package {package}: pip install ".[{extra}]" in the folder of chainrule')


@contextmanager
def needed(what: str, package: str, extra: str) -> Iterator[None]:
    """A `with` block around imports: if the package is not installed, the error says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise MissingDependencyError(what, package, extra) from None
