"""The state of an optimizer as data: its hyperparameters, its number of steps, and the numbers that its rule keeps.

`Optimizer.state`, `Optimizer.load_state` and its `repr` are these functions. The hyperparameters are the arguments of
the constructor, which an optimizer keeps in attributes of the same names, as in scikit-learn.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.extend import is_finite, short
from nn.errors import StateError

MAX_STEPS = 2**53
"""A float holds every smaller number of steps exactly."""


def optimizer_state(optimizer: Any) -> dict[str, Any]:
    """Return everything that the next step depends on; see `Optimizer.state`."""
    params = get_params(optimizer)
    slots = optimizer._slots if optimizer._slots else [[] for _ in optimizer.slots]
    numbers = [slot.tolist() if hasattr(slot, "tolist") else [*slot] for slot in slots]
    return {
        "optimizer": type(optimizer).__name__,
        "steps": optimizer.steps,
        "hyperparameters": {name: as_written(x) if callable(x) else x for name, x in params.items()},
        "slots": dict(zip(optimizer.slots, numbers, strict=True)),
    }


def load_optimizer_state(optimizer: Any, state: Mapping[str, Any]) -> None:
    """Set an optimizer to a state, or raise StateError and change nothing; see `Optimizer.load_state`."""
    check_initialized(optimizer)
    name = type(optimizer).__name__
    _check_keys(f"{name}: a state", state, ("optimizer", "steps", "hyperparameters", "slots"))
    if state["optimizer"] != name:
        raise StateError(f"{name}: expected the state of {name}, got that of {state['optimizer']!r}")
    _check_keys(f"{name}: hyperparameters", state["hyperparameters"], tuple(_defaults(optimizer)))
    restored = _with_params(optimizer, dict(state["hyperparameters"]))
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
    vars(optimizer).update(vars(restored))


def optimizer_repr(optimizer: Any) -> str:
    """Return the call that constructs an optimizer, without the arguments that have their default."""
    defaults = _defaults(optimizer)
    shown = {name: x for name, x in get_params(optimizer).items() if name == "learning_rate" or x != defaults[name]}
    return f"{type(optimizer).__name__}({', '.join(f'{name}={as_written(x)}' for name, x in shown.items())})"


def get_params(optimizer: Any) -> dict[str, Any]:
    """Return the arguments of the constructor by name, from the attributes of the same names."""
    check_initialized(optimizer)
    params = {}
    for name in _defaults(optimizer):
        try:
            params[name] = getattr(optimizer, name)
        except AttributeError:
            raise AttributeError(
                f"{type(optimizer).__name__}: expected an attribute {name}, as the constructor has this argument, "
                f"got none; keep every argument in an attribute of its name"
            ) from None
    return params


def check_initialized(optimizer: Any) -> None:
    """Raise AttributeError if the constructor of a subclass did not call that of `Optimizer`."""
    if "_slots" not in vars(optimizer):
        raise AttributeError(
            f"{type(optimizer).__name__}: expected __init__ to call super().__init__(learning_rate), got no such call"
        )


def as_written(argument: Any) -> str:
    """Return an argument as code. A function is its name; the name of a schedule is the call that returned it."""
    return str(getattr(argument, "__name__", repr(argument)))


def _with_params(optimizer: Any, saved: dict[str, Any]) -> Any:
    """A new optimizer of the same class with saved hyperparameters; a schedule, saved as text, must be the same."""
    for name, own in get_params(optimizer).items():
        if callable(own) or (name == "learning_rate" and isinstance(saved[name], str)):
            if saved[name] != (as_written(own) if callable(own) else own):
                raise StateError(
                    f"{type(optimizer).__name__}: expected a state with {name}={as_written(own)}, "
                    f"got one with {saved[name]}; make the optimizer with the schedule of the saved one"
                )
            saved[name] = own
    try:
        return type(optimizer)(**saved)
    except Exception as error:  # noqa: BLE001  # a subclass checks its arguments in its own way
        raise StateError(str(error) or type(error).__name__) from None


def _defaults(optimizer: Any) -> dict[str, Any]:
    """The names of the constructor's arguments, and their defaults."""
    return {p.name: p.default for p in inspect.signature(type(optimizer)).parameters.values()}


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
