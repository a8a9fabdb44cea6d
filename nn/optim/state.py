"""An optimiser as data: what it was made with, the steps it made, and what it remembers. And its `repr`."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Self

from autodiff.extend import is_real
from nn.errors import StateError


class Restorable:
    """The part of an `Optimizer` that a checkpoint keeps; the constructor's arguments are attributes of their names.

    Attributes:
        steps: how many steps were made.
        slots: the names of what is remembered for each parameter.
    """

    steps: int
    slots: tuple[str, ...]
    _slots: Sequence[Any]

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, in numbers, strings, lists and dicts that JSON keeps exactly.

        A schedule is kept as its text, since a function is not data.

        >>> from nn import SGD
        >>> SGD(0.5).state()["hyperparameters"]
        {'learning_rate': 0.5, 'momentum': 0.0, 'nesterov': False, 'clip_norm': None}
        """
        self._check_made()
        hyperparameters = {name: as_written(x) if callable(x) else x for name, x in self._given().items()}
        slots = self._slots if self._slots else [[] for _ in self.slots]
        numbers = [slot.tolist() if hasattr(slot, "tolist") else [*slot] for slot in slots]
        return {
            "optimizer": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": hyperparameters,
            "slots": dict(zip(self.slots, numbers, strict=True)),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Become the optimiser whose state this is: its hyperparameters, its steps, what it remembers.

        Args:
            state: what `state()` of an optimiser of this class returned. If its learning rate followed a schedule, this
                optimiser must have been made with the same one.

        Raises:
            StateError: (a ValueError) if it is not such a state; nothing is changed then.
        """
        self._check_made()
        name = type(self).__name__
        _check_keys(f"{name}: a state", state, ("optimizer", "steps", "hyperparameters", "slots"))
        if state["optimizer"] != name:
            raise StateError(f"{name}: expected the state of {name}, got that of {state['optimizer']!r}")
        _check_keys(f"{name}: hyperparameters", state["hyperparameters"], tuple(self._defaults()))
        fresh = self._with(dict(state["hyperparameters"]))
        steps = state["steps"]
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 0:
            raise StateError(f"{name}: expected steps to be an int >= 0, got {steps!r}")
        _check_keys(f"{name}: slots", state["slots"], tuple(fresh.slots))
        slots = [_numbers(f"{name}: slot {slot!r}", state["slots"][slot]) for slot in fresh.slots]
        lengths = {len(slot) for slot in slots}
        if len(lengths) > 1:
            raise StateError(f"{name}: expected slots of one length, got {sorted(lengths)}")
        if steps and lengths == {0}:
            raise StateError(f"{name}: expected a number for each parameter in the slots after {steps} steps, got none")
        fresh.steps = steps
        fresh._slots = [] if lengths == {0} else slots
        self.__dict__.update(fresh.__dict__)

    def _with(self, hyperparameters: dict[str, Any]) -> Self:
        """A new optimiser of this class with saved hyperparameters, all checked."""
        for name, mine in self._given().items():
            saved = hyperparameters[name]
            if callable(mine) or (name == "learning_rate" and isinstance(saved, str)):
                if saved != (as_written(mine) if callable(mine) else mine):
                    who, wanted = type(self).__name__, f"{name}={as_written(mine)}"
                    raise StateError(
                        f"{who}: expected a state with {wanted}, got one with {saved}; "
                        "make the optimiser with the schedule of the saved one"
                    )
                hyperparameters[name] = mine
        try:
            return type(self)(**hyperparameters)
        except (TypeError, ValueError) as error:
            raise StateError(str(error)) from None

    def _defaults(self) -> dict[str, Any]:
        """The names of the constructor's arguments, and their defaults."""
        parameters = inspect.signature(type(self)).parameters.values()
        return {parameter.name: parameter.default for parameter in parameters}

    def _given(self) -> dict[str, Any]:
        """The arguments of the constructor by name, from the attributes of these names."""
        given = {}
        for name in self._defaults():
            try:
                given[name] = getattr(self, name)
            except AttributeError:
                self._check_made()
                raise AttributeError(
                    f"{type(self).__name__}: expected an attribute {name}, as the constructor has this argument, "
                    f"got none; keep every argument in an attribute of its name"
                ) from None
        return given

    def _check_made(self) -> None:
        """Raise an error if the constructor of a subclass did not call that of this class."""
        if "_slots" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__}: expected __init__ to call super().__init__(learning_rate), got no such call"
            )

    def __repr__(self) -> str:
        shown = {name: x for name, x in self._given().items() if name == "learning_rate" or x != self._defaults()[name]}
        return f"{type(self).__name__}({', '.join(f'{name}={as_written(x)}' for name, x in shown.items())})"


def as_written(thing: Any) -> str:
    """As one would write it: a function by its name, which for a schedule is the call that made it."""
    return str(getattr(thing, "__name__", repr(thing)))


def _check_keys(what: str, mapping: Any, keys: Sequence[str]) -> None:
    if not isinstance(mapping, Mapping):
        raise StateError(f"{what}: expected a dict with {', '.join(keys) or 'nothing'}, got {type(mapping).__name__}")
    if set(mapping) != set(keys):
        got = ", ".join(map(str, mapping)) or "nothing"
        raise StateError(f"{what}: expected a dict with {', '.join(keys) or 'nothing'}, got one with {got}")


def _numbers(what: str, numbers: Any) -> list[float]:
    if not isinstance(numbers, list) or not all(is_real(number) for number in numbers):
        raise StateError(f"{what}: expected a list of numbers, got {str(numbers)[:60]}")
    return [float(number) for number in numbers]
