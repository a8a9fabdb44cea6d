"""For tests of code that uses the engine, or of derivatives written by hand.

    check_gradients     raises an error that explains, unless the derivatives of a function are right
    check_jacobian, ... likewise, for functions that return many numbers: also check_vjp and check_jvp
    exercise            says to a student whether an answer is right, or what is wrong with it
    points, ...         hypothesis strategies: numbers, points of a primitive, expressions (extra `testing`)
    exact, ...          oracles: derivatives found by other means, to compare with

docs/testing.md is the how-to.
May import `basis`, `table`, `core`, `transforms`.
"""

from typing import TYPE_CHECKING, Any

from autodiff.errors import CannotTellError, needed
from autodiff.testing.answers import exercise
from autodiff.testing.check import check_gradients, check_jacobian, check_jvp, check_vjp
from autodiff.testing.oracles import Difference, central_difference, complex_step, exact

if TYPE_CHECKING:
    from autodiff.testing.strategies import Expression, expressions, points, reals

__all__ = [
    "CannotTellError",
    "Difference",
    "Expression",
    "central_difference",
    "check_gradients",
    "check_jacobian",
    "check_jvp",
    "check_vjp",
    "complex_step",
    "exact",
    "exercise",
    "expressions",
    "points",
    "reals",
]


def _register_strategies() -> None:
    """Tell hypothesis what a Value is, so that `st.from_type(Value)` works; its entry point calls this.

    hypothesis calls it while it is imported itself, which may be in the middle of `strategies`: so that waits until a
    Value is drawn.
    """
    from hypothesis.strategies import register_type_strategy

    from autodiff.value import Value

    register_type_strategy(Value, lambda _: __getattr__("reals")().map(Value))


def __getattr__(name: str) -> Any:
    """The strategies, imported when they are asked for, since they need hypothesis."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needed(f"autodiff.testing.{name}", "hypothesis", "testing"):
        from autodiff.testing import strategies
    return getattr(strategies, name)
