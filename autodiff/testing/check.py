"""`check_gradients` and its kin: whether derivatives are right, by means that share nothing with how they are taken."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from autodiff.errors import CannotTellError, GradientError
from autodiff.real import is_real
from autodiff.testing import by_hand
from autodiff.testing.arguments import Arguments, Function, Parameters
from autodiff.testing.recorded import check_recorded
from autodiff.testing.verdict import Tolerance

MODES = ("reverse", "forward")


class Options(TypedDict, total=False):
    """What every check of a derivative by hand may be told.

    Attributes:
        argnums: the arguments that count, as in `grad`; all by default.
        rtol: by how much of itself a right derivative may be off; by default 1e-7, or 1.2e-5 if f computes in float32.
        atol: and by how much in all; by default 0.
        step: how far from the point f is looked at; by default up to twice its size, and to 1e12 times that in need.
    """

    argnums: int | Sequence[int] | None
    rtol: float | None
    atol: float
    step: float | None


def check_gradients(
    f: Callable[..., Any],
    *point: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    gradient: Callable[..., Any] | None = None,
    **options: Unpack[Options],
) -> None:
    """Raise GradientError unless the derivatives of `f` at a point are right.

    With `gradient`, that is compared with differences of `f`, extrapolated over many steps, in two random directions,
    and if they disagree number by number. Where differences are not sharp, and `f` takes complex numbers or Values,
    it is compared with the complex step or with forward mode. An error goes unseen with a probability below 1/1000.

    Without, `f` is recorded, and the engine's derivatives are checked in each mode: the first ones, and the second ones
    between two random directions, with the same differences and, if all primitives on the way are analytic, with the
    complex step through the recorded graph, which is good to the last digits.

    Args:
        f: a function of numbers, or of arrays, lists or dicts of numbers, that returns a number, or without `gradient`
            a structure of numbers; a primitive; or a model with `named_parameters()`, which is checked with respect to
            its parameters.
        *point: the arguments of `f`. Arrays and tensors go in as they are, and as copies.
        order: 1 for first derivatives, 2 for second ones too; a `gradient` is of order 1.
        modes: which of "reverse" and "forward" to check.
        gradient: a gradient written by hand, to be checked instead: a function of the same arguments that returns
            d f / d number, in the structure of the argument, or for several arguments a list of theirs.
            Then `f` need not know the engine.
        **options: as in `Options`: argnums, and with `gradient` rtol, atol and step.

    Raises:
        GradientError: an AssertionError that shows the point, both numbers, the tolerance, and a guess at the mistake,
            or the smallest part of the graph that is wrong.
        CannotTellError: an AssertionError too, if nothing can be said: f is random, has a kink here, or is too noisy.
        TypeError: if an argument or a result is not a structure of numbers.
        ValueError: if an option has a value that it cannot have.

    >>> from autodiff import tanh
    >>> check_gradients(lambda x, y: tanh(x * y) / y, 0.5, 2.0)
    >>> check_gradients(lambda x: x**2, 3.0, gradient=lambda x: x)
    Traceback (most recent call last):
        ...
    autodiff.errors.GradientError: d f / d x is wrong at x = 3.0
        by hand         3.0
        by differences  6
        they differ by 3, more than the tolerance 6e-07
        perhaps: a factor 2 is missing
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradients: expected order 1 or 2, got {order!r}")
    if not modes or isinstance(modes, str) or not set(modes) <= set(MODES):
        raise ValueError(f"check_gradients: expected modes to be a list of some of {', '.join(MODES)}, got {modes!r}")
    if gradient is None and options.keys() - {"argnums"}:
        raise ValueError("check_gradients: rtol, atol and step are for a gradient by hand; give gradient=")
    check = by_hand.check_gradient if gradient else partial(check_recorded, order=order, modes=modes)
    error = _error("check_gradients", check, f, point, gradient, options)
    if error:
        __tracebackhide__ = True
        raise error


def check_jacobian(
    f: Callable[..., Any], *point: Any, jacobian: Callable[..., Any], **options: Unpack[Options]
) -> None:
    """Raise GradientError unless the Jacobian of `f`, written by hand, is right at a point.

    Args:
        f: a function of numbers, arrays, lists or dicts that returns such a structure.
        *point: the arguments of `f`.
        jacobian: a function of the same arguments. For every number of the result of `f`, in order, it returns a row:
            the gradient of that number, as for `check_gradients`. A matrix of outputs by inputs is one.
        **options: as in `Options`.

    Raises:
        GradientError, CannotTellError, TypeError, ValueError: as `check_gradients`.

    >>> check_jacobian(lambda x: [x[0] * x[1], x[1] ** 2], [2.0, 3.0], jacobian=lambda x: [[x[1], x[0]], [0, 2 * x[1]]])
    """
    error = _error("check_jacobian", by_hand.check_jacobian, f, point, jacobian, options)
    if error:
        __tracebackhide__ = True
        raise error


def check_vjp(f: Callable[..., Any], *point: Any, vjp: Callable[..., Any], **options: Unpack[Options]) -> None:
    """Raise GradientError unless a backward pass of `f` is right at a point; all else as for `check_jacobian`.

    Args:
        f, *point, **options: as for `check_jacobian`.
        vjp: the backward pass, called with the arguments of `f` and then the cotangent, which has the structure of the
            result of `f`. It returns the cotangent times the Jacobian, in the structure of the arguments.

    >>> check_vjp(lambda x: [x[0] * x[1], x[1]], [2.0, 3.0], vjp=lambda x, g: [g[0] * x[1], g[0] * x[0] + g[1]])
    """
    error = _error("check_vjp", by_hand.check_vjp, f, point, vjp, options)
    if error:
        __tracebackhide__ = True
        raise error


def check_jvp(f: Callable[..., Any], *point: Any, jvp: Callable[..., Any], **options: Unpack[Options]) -> None:
    """Raise GradientError unless the derivative of `f` in a direction, written by hand, is right at a point.

    Args:
        f, *point, **options: as for `check_jacobian`.
        jvp: called with the arguments of `f` and then a tangent for each argument that counts, of its structure. It
            returns the Jacobian times the tangent, in the structure of the result of `f`.

    >>> check_jvp(lambda x, y: x * y, 2.0, 3.0, jvp=lambda x, y, dx, dy: x * dy + dx * y)
    """
    error = _error("check_jvp", by_hand.check_jvp, f, point, jvp, options)
    if error:
        __tracebackhide__ = True
        raise error


def _error(
    who: str, check: Callable[..., None], f: Any, point: tuple[Any, ...], by_hand: Any, options: Options
) -> AssertionError | None:
    """What a check raises, without the frames of the kit: pytest then shows the user's line, and the message."""
    unknown = [name for name in options if name not in Options.__annotations__]
    if unknown:
        raise TypeError(f"{who}: expected options among {', '.join(Options.__annotations__)}, got {unknown[0]}")
    if not (by_hand is None or callable(by_hand)):
        what = who.removeprefix("check_").removesuffix("s")
        raise TypeError(f"{who}: expected {what} to be a function, got {type(by_hand).__name__}")
    for name, least in ("rtol", ">= 0"), ("atol", ">= 0"), ("step", "> 0"):
        x: Any = options.get(name)
        if x is not None and not (is_real(x) and 0.0 <= x < math.inf and (x or least == ">= 0")):
            raise ValueError(f"{who}: expected {name} to be a finite number {least}, got {x!r}")
    is_model = by_hand is None and hasattr(f, "named_parameters")
    case: Function = Parameters(f, point) if is_model else Arguments(f, point, options.get("argnums"), by_hand)
    if not case.numbers:
        raise TypeError(f"{who}: expected a point or parameters with at least one number, got none")
    tolerance = Tolerance(options.get("rtol"), options.get("atol") or 0.0, options.get("step"))
    try:
        check(case, *([] if by_hand is None else [by_hand, tolerance]))
    except (GradientError, CannotTellError) as error:
        return error.with_traceback(None)
    except TypeError as error:
        if by_hand is None:
            error.add_note(
                "Without gradient=, f is called with Values. For numpy or math code, give a gradient to check."
            )
        raise
    return None
