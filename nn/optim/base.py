"""`Optimizer`: the learning rate, clipping, and the two ways to make a step, for all optimizers.

A subclass is its formula, `rule`, and a constructor. `step` applies the formula to Values one by one, `update` to one
array of all parameters. The formula consists of operators that mean the same for floats and, element by element, for
arrays, so that both ways give the same numbers.
"""

import inspect
import math
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from autodiff import Value
from autodiff.extend import as_float, check_positive, data_of, set_data
from nn.optim.state import Restorable, as_written

Schedule: TypeAlias = Callable[[int], float]  # step, counted from 0 -> learning rate; see `nn.schedules`


class Optimizer(Restorable):
    """Base class of optimizers: subclass it with a `rule` to write your own.

    Keep every argument of the constructor in an attribute of its name: `repr` and `state` read them there.

    Args:
        learning_rate: a number > 0, or a schedule: a function step -> rate >= 0, with steps counted from 0.
        clip_norm: None or > 0: a gradient whose norm, over all parameters, is larger is scaled down to this norm.

    Attributes:
        learning_rate: the argument; assign to it to change the rate while training.
        clip_norm: the argument.
        steps: the number of steps made.

    Raises:
        TypeError: if an argument is of the wrong type.
        ValueError: if an argument is outside its domain.

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

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the constructor say how PyTorch's `lr` is called here."""
        super().__init_subclass__(**options)
        init = cls.__dict__.get("__init__")
        if init is None or "lr" in inspect.signature(init).parameters:
            return

        @wraps(init)
        def checked(self: Any, *args: Any, **options: Any) -> None:
            if "lr" in options:
                name, rate = type(self).__name__, options["lr"]
                raise TypeError(f"{name}: expected learning_rate, got lr; write {name}(learning_rate={rate!r})")
            init(self, *args, **options)

        cls.__init__ = checked  # type: ignore[method-assign]

    def __init__(self, learning_rate: float | Schedule, *, clip_norm: float | None = None) -> None:
        self.learning_rate = learning_rate
        self.clip_norm = None if clip_norm is None else check_positive(type(self).__name__, "clip_norm", clip_norm)
        self.steps = 0
        self._slots = []
        self._theta: Any = None  # the arrays of the last `update`; None after `step`
        self._gradient: Any = None

    if not TYPE_CHECKING:  # for a checker, an optimizer has no other attributes than its own

        def __getattr__(self, name: str) -> Any:
            if name == "zero_grad":
                raise AttributeError(f"{type(self).__name__}: no zero_grad here; write model.zero_grad()")
            return object.__getattribute__(self, name)  # raises the error that Python would raise

    def rule(self, x: Any, gradient: Any, rate: float, *slots: Any) -> tuple[Any, ...]:
        """Return (x, *slots) after a step. During the first step `self.steps` is 1.

        Args:
            x: a parameter, a float; or all of them, an array (n_parameters,) that may be changed in place.
            gradient: of the same kind; must not be changed.
            rate: the learning rate of this step, a float; in `update`, if the rate is fixed, an array without axes that
                must not be changed.
            *slots: the results of the previous step, of the same kind as x.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected a subclass to define rule(x, gradient, rate, *slots)"
        )

    @property
    def learning_rate(self) -> float | Schedule:
        """A number, or a function of the step."""
        self._check_initialized()
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float | Schedule) -> None:
        name, fixed = type(self).__name__, None
        if hasattr(learning_rate, "__iter__") and not isinstance(learning_rate, str):
            got = type(learning_rate).__name__
            raise TypeError(f"{name}: expected a learning rate, got {got}; parameters go to step(parameters)")
        if not callable(learning_rate):
            fixed = learning_rate = as_float(learning_rate, f"{name}: learning_rate")
            if not 0.0 < fixed < math.inf:
                raise ValueError(f"{name}: expected learning_rate > 0, got {fixed!r}; the formula has the minus sign")
        self._learning_rate, self._fixed_rate = learning_rate, fixed
        self._rate: Any = None  # the fixed rate as an array without axes: arrays multiply it faster than a float

    @property
    def rate(self) -> float:
        """The learning rate of the next step.

        Raises:
            ValueError: if the schedule returns a rate that is negative or not finite.
        """
        self._check_initialized()
        if self._fixed_rate is not None:
            return self._fixed_rate
        rate = as_float(self._learning_rate(self.steps), f"{type(self).__name__}: learning_rate")  # type: ignore[operator]
        if not 0.0 <= rate < math.inf:
            raise ValueError(
                f"{type(self).__name__}: expected a learning rate >= 0 from {as_written(self._learning_rate)}, "
                f"got {rate!r} at step {self.steps}"
            )
        return rate

    def step(self, parameters: Iterable[Value]) -> None:
        """Move the data of every parameter, a Value, by the formula with its `grad`.

        Args:
            parameters: Values; the same ones, in the same order, in every step.

        Raises:
            TypeError: if they are not Values, or `rule` does not return a tuple. No error moves a part of them.
            ValueError: if the slots are of another number of parameters, or `rule` returns a tuple of another length.
        """
        if hasattr(parameters, "parameters"):
            name = type(self).__name__
            raise TypeError(f"{name}: expected parameters, got {type(parameters).__name__}; pass model.parameters()")
        parameters = [*parameters]
        try:
            gradient = [parameter.grad for parameter in parameters]
        except AttributeError:
            got = next(type(parameter).__name__ for parameter in parameters if not isinstance(parameter, Value))
            raise TypeError(f"{type(self).__name__}: expected parameters that are Values, got {got}") from None
        self._check_initialized()
        slots = self._slots_as_lists(len(parameters))
        if self.clip_norm is not None:
            gradient = _clipped(gradient, gradient, self.clip_norm)
        rate, rule = self.rate, self.rule
        self.steps += 1
        try:
            moves = [*map(rule, data_of(parameters), gradient, repeat(rate), *slots)]
            for moved in moves:
                if type(moved) is not tuple or len(moved) != 1 + len(slots):
                    self._check_moved(moved)
            data = [as_float(moved[0], f"{type(self).__name__}: x") for moved in moves]
        except BaseException:
            self.steps -= 1
            raise
        set_data(parameters, data)
        self._slots = [[moved[k] for moved in moves] for k in range(1, 1 + len(slots))]

    def update(self, theta: Any, gradient: Any) -> None:
        """Move all parameters at once, in an array, by the same formula. The numbers are those of `step`, to the bit.

        Args:
            theta: the parameters, a numpy array (n_parameters,) of floats, changed in place.
            gradient: an array of the same shape; it is not changed.

        Raises:
            TypeError: if they are not arrays of floats, or `rule` does not return a tuple.
            ValueError: if the shapes differ, the slots are of another number of parameters, or `rule` returns a tuple
                of another length.
        """
        try:
            if theta is not self._theta or gradient is not self._gradient:
                self._use_arrays(theta, gradient)
        except AttributeError:
            self._check_initialized()
            raise
        if self.clip_norm is not None:
            gradient = _clipped(gradient, gradient.tolist(), self.clip_norm)
        rate = self._rate
        if rate is None:
            rate = self.rate
        self.steps += 1
        try:
            moved = self.rule(theta, gradient, rate, *self._slots)
        except BaseException as error:
            self.steps -= 1
            if isinstance(error, TypeError | ValueError):  # for example of `if gradient > 0.0`, `math.sqrt(gradient)`
                error.add_note(
                    f"{type(self).__name__}: in `update`, as in fit, the rule meets arrays of all parameters: write it "
                    'with operators, without `if` and `math`, or use fit(backend="eager"), where it meets numbers'
                )
            raise
        if type(moved) is not tuple or len(moved) != 1 + len(self._slots):
            self._check_moved(moved)
        if self._slots:
            import numpy as np

            pairs = zip(moved[1:], self._slots, strict=True)  # an array of the rule may belong to somebody else
            self._slots = [own if new is own else np.full_like(own, new) for new, own in pairs]
        if moved[0] is not theta:
            theta[...] = moved[0]

    def _use_arrays(self, theta: Any, gradient: Any) -> None:
        """Check new arrays, and turn the slots into arrays."""
        name = type(self).__name__
        for what, array in (("theta", theta), ("gradient", gradient)):
            if not hasattr(array, "dtype") or array.dtype.kind != "f" or array.ndim != 1:
                got = f"{array.dtype} of shape {array.shape}" if hasattr(array, "dtype") else type(array).__name__
                raise TypeError(f"{name}: expected {what} to be an array of floats with one axis, got {got}")
        if theta.shape != gradient.shape:
            raise ValueError(f"{name}: expected a gradient of {len(theta)} numbers, as theta, got {len(gradient)}")
        if self._theta is None or (self._theta.shape, self._theta.dtype) != (theta.shape, theta.dtype):
            lists = self._slots_as_lists(len(theta))
            self._slots = [theta.copy() for _ in lists]
            for slot, numbers in zip(self._slots, lists, strict=True):
                slot[:] = numbers
        if self._fixed_rate is not None:
            self._rate = theta.dtype.type(self._fixed_rate)[...]
            self._rate.flags.writeable = False
        self._theta, self._gradient = theta, gradient

    def _check_moved(self, moved: Any) -> None:
        """Raise an error unless a rule returned a tuple of x and the slots, perhaps a named one."""
        is_tuple = isinstance(moved, tuple)
        if is_tuple and len(moved) == 1 + len(self.slots):
            return
        wanted = f"({', '.join(('x', *self.slots))}{'' if self.slots else ','})"
        got = f"a tuple of {len(moved)}" if is_tuple else type(moved).__name__
        raise (ValueError if is_tuple else TypeError)(
            f"{type(self).__name__}: expected rule to return {wanted}, a tuple, got {got}; write `return {wanted}`"
        ) from None

    def _slots_as_lists(self, n: int) -> list[list[float]]:
        """The slots as lists for n parameters; zeros before the first step."""
        if self._theta is not None:
            self._slots, self._theta = [slot.tolist() for slot in self._slots], None
        if not self._slots:
            self._slots = [[0.0] * n for _ in self.slots]
        if self._slots and len(self._slots[0]) != n:
            raise ValueError(
                f"{type(self).__name__}: expected {len(self._slots[0])} parameters, as in the steps before, got {n}; "
                "make a new optimizer for another model"
            )
        return [*self._slots]


def _clipped(gradient: Any, numbers: list[float], limit: float) -> Any:
    """The gradient, scaled down to a length if it is longer. Its norm, computed from its numbers, may be NaN."""
    norm = math.hypot(*numbers)  # does not overflow
    if not norm > limit:
        return gradient
    factor = limit / norm
    return [factor * slope for slope in gradient] if gradient is numbers else factor * gradient
