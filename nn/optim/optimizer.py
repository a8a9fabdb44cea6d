"""What all optimisers share: the rate, clipping, and the two ways to make a step. The state is in `state`.

A subclass is its formula, `rule`, and a constructor. The formula meets numbers in `step` and arrays in `update`: it is
written with operators that mean the same for both, element by element, so that both take the same path.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from autodiff import Value
from autodiff.checks import check_positive
from autodiff.extend import as_float
from nn.optim.state import Restorable, as_written

Schedule: TypeAlias = Callable[[int], float]
"""step, counted from 0 -> learning rate; see `nn.schedules`."""


class Optimizer(Restorable):
    """Base class of optimisers: subclass it with a `rule`, to write your own.

    Every argument of the constructor must be kept in an attribute of its name: `repr` and `state` read them there.

    Args:
        learning_rate: a number > 0, or a schedule: a function step -> rate >= 0, with steps counted from 0.
        clip_norm: if given, > 0: a gradient whose norm, over all parameters, is larger is scaled down to this norm.

    Attributes:
        learning_rate: as given; assign to it to change it while training.
        clip_norm: as given.
        steps: how many steps were made.

    Raises:
        TypeError: if an argument is not of the type it should be.
        ValueError: if it is outside its domain.

    References:
        Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (2013), algorithm 1.

    >>> class SignDescent(Optimizer):
    ...     def rule(self, x, gradient, rate):
    ...         x -= rate * (gradient / abs(gradient))
    ...         return (x,)
    >>> m = Value(1.0)
    >>> (m**2).backward()
    >>> SignDescent(0.25).step([m])
    >>> m.data
    0.75
    """

    def __init__(self, learning_rate: float | Schedule, *, clip_norm: float | None = None) -> None:
        self.learning_rate = learning_rate
        self.clip_norm = None if clip_norm is None else check_positive(type(self).__name__, "clip_norm", clip_norm)
        self.steps = 0
        self._slots: Sequence[Any] = []  # one list or array for each name in `slots`, with a number for each parameter
        self._theta: Any = None  # the arrays that `update` has met, None after `step`
        self._gradient: Any = None

    # --------------------------------------------------------------------------------------------- the formula

    slots: tuple[str, ...] = ()
    """The names of what is remembered for each parameter from one step to the next, starting from 0."""

    def rule(self, x: Any, gradient: Any, rate: float, *slots: Any) -> tuple[Any, ...]:
        """Return (x, *slots) after a step. During the first step `self.steps` is 1.

        Args:
            x: a parameter, a float; or all of them, an array (n_parameters,) that may be changed in place.
            gradient: of the same kind; not to be changed.
            rate: the learning rate of this step, a float; or, if it is fixed, an array of one; not to be changed.
            *slots: what was returned in the step before, of the same kind.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected a subclass to define rule(x, gradient, rate, *slots)"
        )

    # ------------------------------------------------------------------------------------------------ the rate

    @property
    def learning_rate(self) -> float | Schedule:
        """A number, or a function of the step."""
        self._check_made()
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float | Schedule) -> None:
        name, fixed = type(self).__name__, None
        if not callable(learning_rate):
            fixed = learning_rate = as_float(learning_rate, f"{name}: learning_rate")
            if not 0.0 < fixed < math.inf:
                raise ValueError(f"{name}: expected learning_rate > 0, got {fixed!r}; the formula has the minus sign")
        self._learning_rate, self._fixed_rate = learning_rate, fixed
        self._rate: Any = None  # the fixed rate as an array without axes, which meets arrays faster than a float does

    @property
    def rate(self) -> float:
        """The learning rate of the next step.

        Raises:
            ValueError: if the schedule gives a rate that is negative or not finite.
        """
        self._check_made()
        if self._fixed_rate is not None:
            return self._fixed_rate
        rate = as_float(self._learning_rate(self.steps), f"{type(self).__name__}: learning_rate")  # type: ignore[operator]
        if not 0.0 <= rate < math.inf:
            raise ValueError(
                f"{type(self).__name__}: expected a learning rate >= 0 from {as_written(self._learning_rate)}, "
                f"got {rate!r} at step {self.steps}"
            )
        return rate

    # ------------------------------------------------------------------------------------------ the two ways

    def step(self, parameters: Iterable[Value]) -> None:
        """Move every parameter by the formula, along its `grad`.

        Args:
            parameters: Values; the same ones, in the same order, in every step.

        Raises:
            TypeError: if they are not Values, or `rule` does not return a tuple.
            ValueError: if the optimiser remembers another number of parameters, or `rule` returns too few or too many.
        """
        if hasattr(parameters, "parameters"):
            name = type(self).__name__
            raise TypeError(f"{name}: expected parameters, got {type(parameters).__name__}; pass model.parameters()")
        parameters = [*parameters]
        try:
            gradient = [parameter.grad for parameter in parameters]
        except AttributeError:
            got = next(type(thing).__name__ for thing in parameters if not isinstance(thing, Value))
            raise TypeError(f"{type(self).__name__}: expected parameters that are Values, got {got}") from None
        self._check_made()
        slots = self._remembered_as_lists(len(parameters))
        if self.clip_norm is not None:
            gradient = self._clipped(gradient, gradient)
        rate, rule = self.rate, self.rule
        self.steps += 1
        if not slots:
            for parameter, slope in zip(parameters, gradient, strict=True):
                moved = rule(parameter.data, slope, rate)
                if type(moved) is not tuple or len(moved) != 1:
                    self._check_moved(moved)
                parameter.data = moved[0]
            return
        for i, parameter in enumerate(parameters):
            moved = rule(parameter.data, gradient[i], rate, *[slot[i] for slot in slots])
            if type(moved) is not tuple or len(moved) != 1 + len(slots):
                self._check_moved(moved)
            parameter.data = moved[0]
            for slot, number in zip(slots, moved[1:], strict=True):
                slot[i] = number

    def update(self, theta: Any, gradient: Any) -> None:
        """Move all parameters at once by the same formula, in place.

        The result is that of `step`, to the last bit.

        Args:
            theta: the parameters, a numpy array (n_parameters,) of floats.
            gradient: an array of the same shape; it is not changed.

        Raises:
            TypeError: if they are not arrays of floats, or `rule` does not return a tuple.
            ValueError: if the shapes differ, the optimiser remembers another number of parameters, or `rule` returns
                too few or too many.
        """
        try:
            if theta is not self._theta or gradient is not self._gradient:
                self._meet(theta, gradient)
        except AttributeError:
            self._check_made()
            raise
        if self.clip_norm is not None:
            gradient = self._clipped(gradient, gradient.tolist())
        rate = self._rate
        if rate is None:
            rate = self.rate
        self.steps += 1
        try:
            moved = self.rule(theta, gradient, rate, *self._slots)
        except (TypeError, ValueError) as error:  # as of `if gradient > 0.0` and `math.sqrt(gradient)`
            error.add_note(self._meets_arrays())
            raise
        if type(moved) is not tuple or len(moved) != 1 + len(self._slots):
            self._check_moved(moved)
        if self._slots:
            self._slots = self._own(moved[1:])
        if moved[0] is not theta:
            theta[...] = moved[0]

    def _meet(self, theta: Any, gradient: Any) -> None:
        """Check arrays that are new, and make arrays of what is remembered."""
        name = type(self).__name__
        for what, array in (("theta", theta), ("gradient", gradient)):
            if not hasattr(array, "dtype") or array.dtype.kind != "f" or array.ndim != 1:
                got = f"{array.dtype} of shape {array.shape}" if hasattr(array, "dtype") else type(array).__name__
                raise TypeError(f"{name}: expected {what} to be an array of floats with one axis, got {got}")
        if theta.shape != gradient.shape:
            raise ValueError(f"{name}: expected a gradient of {len(theta)} numbers, as theta, got {len(gradient)}")
        if self._theta is None or (self._theta.shape, self._theta.dtype) != (theta.shape, theta.dtype):
            remembered = self._remembered_as_lists(len(theta))
            self._slots = [theta.copy() for _ in remembered]
            for slot, numbers in zip(self._slots, remembered, strict=True):
                slot[:] = numbers
        if self._fixed_rate is not None:
            self._rate = theta.dtype.type(self._fixed_rate)[...]
            self._rate.flags.writeable = False
        self._theta, self._gradient = theta, gradient

    def _own(self, slots: Sequence[Any]) -> Sequence[Any]:
        """What a rule wants to be remembered, in arrays that nobody else changes."""
        import numpy as np

        return [mine if new is mine else np.full_like(mine, new) for new, mine in zip(slots, self._slots, strict=True)]

    def _check_moved(self, moved: Any) -> None:
        """Raise an error unless a rule returned a tuple of x and the slots, perhaps a named one."""
        if isinstance(moved, tuple) and len(moved) == 1 + len(self.slots):
            return
        wanted = f"({', '.join(('x', *self.slots))}{'' if self.slots else ','})"
        listed = isinstance(moved, tuple)
        got = f"a tuple of {len(moved)}" if listed else type(moved).__name__
        raise (ValueError if listed else TypeError)(
            f"{type(self).__name__}: expected rule to return {wanted}, a tuple, got {got}; write `return {wanted}`"
        ) from None

    def _meets_arrays(self) -> str:
        """What to think of if a rule fails in `update`."""
        return (
            f"{type(self).__name__}: in `update`, as in fit, the rule meets arrays of all parameters: write it with "
            'operators, without `if` and `math`, or use fit(backend="eager"), where it meets numbers'
        )

    def _remembered_as_lists(self, n: int) -> list[list[float]]:
        """The slots as lists for n parameters, zeros before the first step."""
        if self._theta is not None:
            self._slots, self._theta = [slot.tolist() for slot in self._slots], None
        if not self._slots:
            self._slots = [[0.0] * n for _ in self.slots]
        if self._slots and len(self._slots[0]) != n:
            raise ValueError(
                f"{type(self).__name__}: expected {len(self._slots[0])} parameters, as in the steps before, got {n}; "
                "make a new optimiser for another model"
            )
        return [*self._slots]

    def _clipped(self, gradient: Any, numbers: list[float]) -> Any:
        """The gradient, not longer than `clip_norm`; a NaN stays. The norm is that of its numbers, with no overflow."""
        norm = math.hypot(*numbers)
        if self.clip_norm is None or not norm > self.clip_norm:
            return gradient
        factor = self.clip_norm / norm
        return [factor * slope for slope in gradient] if gradient is numbers else factor * gradient
