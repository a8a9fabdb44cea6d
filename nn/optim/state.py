"""The state of an optimizer as data: its hyperparameters, its number of steps, and the numbers that its rule keeps.

The hyperparameters are the arguments of the constructor, which an optimizer keeps in attributes of the same names, as
in scikit-learn.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Self

from autodiff.extend import is_finite, short
from nn.errors import StateError

MAX_STEPS = 2**53  # a float holds every smaller number of steps exactly


class Restorable:
    """The half of an `Optimizer` that saves it, restores it and shows it."""

    slots: tuple[str, ...] = ()
    """The names of the numbers that are kept for each parameter from one step to the next; they start at 0."""

    steps: int
    _slots: Sequence[Any]  # a list or array for each name in `slots`, with a number for each parameter

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on, in types that JSON keeps exactly.

        A schedule is kept as its text, because a function is not data.

        >>> from nn import SGD
        >>> SGD(0.5).state()["hyperparameters"]
        {'learning_rate': 0.5, 'momentum': 0.0, 'nesterov': False, 'clip_norm': None}
        """
        params = self._hyperparameters()
        numbers = [
            slot.tolist() if hasattr(slot, "tolist") else [*slot] for slot in self._slots or [[]] * len(self.slots)
        ]
        return {
            "optimizer": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": {name: as_written(x) if callable(x) else x for name, x in params.items()},
            "slots": dict(zip(self.slots, numbers, strict=True)),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over the hyperparameters, the number of steps and the slots of a saved optimizer.

        Args:
            state: the result of `state()` of an optimizer of this class. If its learning rate followed a schedule, this
                optimizer must have the same schedule.

        Raises:
            StateError: (a ValueError) if it is not such a state; nothing is changed then.
        """
        self._check_initialized()
        name = type(self).__name__
        _check_keys(f"{name}: a state", state, ("optimizer", "steps", "hyperparameters", "slots"))
        if state["optimizer"] != name:
            raise StateError(f"{name}: expected the state of {name}, got that of {state['optimizer']!r}")
        _check_keys(f"{name}: hyperparameters", state["hyperparameters"], tuple(self._constructor_defaults()))
        restored = self._with_params(dict(state["hyperparameters"]))
        steps = state["steps"]
        if not isinstance(steps, int) or isinstance(steps, bool) or not 0 <= steps < MAX_STEPS:
            raise StateError(f"{name}: expected steps to be an int, 0 <= steps < 2**53, got {short(steps)}")
        _check_keys(f"{name}: slots", state["slots"], tuple(restored.slots))
        slots = [_numbers(f"{name}: slot {slot!r}", state["slots"][slot]) for slot in restored.slots]
        lengths = {len(slot) for slot in slots}
        if len(lengths) > 1:
            raise StateError(f"{name}: expected slots of one length, got {sorted(lengths)}")
        if steps and lengths == {0}:
            raise StateError(f"{name}: expected a number for each parameter in the slots after {steps} steps, got none")
        restored.steps = steps
        restored._slots = [] if lengths == {0} else slots
        vars(self).update(vars(restored))

    def __repr__(self) -> str:
        """The call that constructs it, without the arguments that have their default."""
        defaults = self._constructor_defaults()
        shown = {
            name: x for name, x in self._hyperparameters().items() if name == "learning_rate" or x != defaults[name]
        }
        return f"{type(self).__name__}({', '.join(f'{name}={as_written(x)}' for name, x in shown.items())})"

    def _hyperparameters(self) -> dict[str, Any]:
        """The arguments of the constructor by name, from the attributes of the same names."""
        self._check_initialized()
        params = {}
        for name in self._constructor_defaults():
            try:
                params[name] = getattr(self, name)
            except AttributeError:
                raise AttributeError(
                    f"{type(self).__name__}: expected an attribute {name}, as the constructor has this argument, "
                    f"got none; keep every argument in an attribute of its name"
                ) from None
        return params

    def _check_initialized(self) -> None:
        """Raise AttributeError if the constructor of a subclass did not call that of `Optimizer`."""
        if "_slots" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__}: expected __init__ to call super().__init__(learning_rate), got no such call"
            )

    def _with_params(self, saved: dict[str, Any]) -> Self:
        """A new optimizer of the same class with saved hyperparameters; a schedule, saved as text, must be the same."""
        for name, own in self._hyperparameters().items():
            if callable(own) or (name == "learning_rate" and isinstance(saved[name], str)):
                if saved[name] != (as_written(own) if callable(own) else own):
                    raise StateError(
                        f"{type(self).__name__}: expected a state with {name}={as_written(own)}, "
                        f"got one with {saved[name]}; make the optimizer with the schedule of the saved one"
                    )
                saved[name] = own
        try:
            return type(self)(**saved)
        except Exception as error:  # noqa: BLE001  # a subclass checks its arguments in its own way
            raise StateError(str(error) or type(error).__name__) from None

    def _constructor_defaults(self) -> dict[str, Any]:
        """The names of the constructor's arguments, and their defaults."""
        return {p.name: p.default for p in inspect.signature(type(self)).parameters.values()}


def as_written(argument: Any) -> str:
    """Return an argument as code. A function is its name; the name of a schedule is the call that returned it."""
    return str(getattr(argument, "__name__", repr(argument)))


def _check_keys(what: str, mapping: Any, keys: Sequence[str]) -> None:
    """Raise StateError unless a mapping has exactly these keys."""
    if not isinstance(mapping, Mapping):
        raise StateError(f"{what}: expected a dict with {', '.join(keys) or 'nothing'}, got {type(mapping).__name__}")
    if set(mapping) != set(keys):
        got = ", ".join(map(str, mapping)) or "nothing"
        raise StateError(f"{what}: expected a dict with {', '.join(keys) or 'nothing'}, got one with {got}")


def _numbers(what: str, numbers: Any) -> list[float]:
    """A list of numbers as floats, checked."""
    if not isinstance(numbers, list) or not all(map(is_finite, numbers)):
        raise StateError(f"{what}: expected a list of finite numbers, got {short(numbers)}")
    return [float(number) for number in numbers]
