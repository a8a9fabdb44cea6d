"""An exercise for students: the answer is compared at several points, and a sentence says what is wrong with it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.errors import GradientError
from autodiff.real import short
from autodiff.testing.arguments import in_order, leaves
from autodiff.testing.mistakes import CLOSE, guess


def exercise(answer: Callable[..., Any], right: Callable[..., Any], *, points: Sequence[Any]) -> None:
    """Print a tick if an answer is right at all points, else one sentence on what is wrong: never a traceback.

    Args:
        answer: the student's function.
        right: a function that gives what is right, such as `grad(f)`.
        points: where to compare: numbers, or lists, dicts or arrays of them; a tuple holds several arguments. With
            two or more, an answer that is a constant is noticed.

    >>> from autodiff import grad
    >>> def slope(x):  # of x**3
    ...     return x**2
    >>> exercise(slope, grad(lambda x: x**3), points=[-1.0, 2.0])
    ✗ slope(-1.0) is 1 and should be 3; perhaps a factor 3 is missing.
    >>> exercise(lambda x: 3 * x**2, grad(lambda x: x**3), points=[-1.0, 2.0])
    ✓ right at 2 points.
    """
    print(_remark(answer, right, [point if isinstance(point, tuple) else (point,) for point in points]))


def _remark(answer: Callable[..., Any], right: Callable[..., Any], points: Sequence[tuple[Any, ...]]) -> str:
    """The tick, or the sentence."""
    name = getattr(answer, "__name__", "the answer").replace("<lambda>", "the answer")
    calls = [f"{name}({', '.join(map(short, point))})" for point in points]
    numbers: list[tuple[str, float, float]] = []  # of which call, what came, what is right
    for call, point in zip(calls, points, strict=True):
        try:
            result = answer(*point)
        except Exception as error:  # noqa: BLE001  # whatever a student's code may raise
            return f"✗ {call} raises {type(error).__name__}: {error}"
        if result is None:
            return f"✗ {call} gives nothing: did you forget return?"
        if "Ellipsis" in repr(result):
            return f"✗ {name} is still open: write your answer in place of the three dots."
        wanted = dict(leaves(right(*point), call))
        try:
            came = in_order([*wanted], leaves(result, call), call)
        except (GradientError, TypeError) as error:
            return f"✗ {error}."
        numbers += [(call, x, float(y)) for x, y in zip(came, wanted.values(), strict=True)]
    size = max([abs(due) for _, _, due in numbers], default=0.0)
    wrong = [
        one for one in numbers if not math.isclose(one[1], one[2], rel_tol=CLOSE, abs_tol=CLOSE * CLOSE * (size or 1.0))
    ]
    if not wrong:
        return f"✓ right at {len(points)} point{'s' * (len(points) > 1)}."
    call, came_first, due = wrong[0]
    of = [one for one in numbers if one[0] == call]
    which = f", number {of.index(wrong[0]) + 1}," if len(of) > 1 else ""
    idea = _idea(numbers, points)
    return f"✗ {call}{which} is {came_first:.6g} and should be {due:.6g}{f'; perhaps {idea}' if idea else ''}."


def _idea(numbers: Sequence[tuple[str, float, float]], points: Sequence[tuple[Any, ...]]) -> str:
    """What mistake it may be."""
    came, due = [x for _, x, _ in numbers], [y for _, _, y in numbers]
    n = len(numbers) // len(points)
    if (
        len(points) > 1
        and all(map(math.isfinite, came))
        and came == came[:n] * len(points)
        and due != due[:n] * len(points)
    ):
        return "it does not depend on the argument"
    inputs = [x for point in points for _, x in leaves(list(point), "the point")]
    return guess(came, due, inputs=inputs if len(inputs) == len(due) else [], counts=[n])
