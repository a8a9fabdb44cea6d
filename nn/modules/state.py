"""The state of a model, parameter by parameter; `Module.state` and `Module.load_state` are these functions."""

import difflib
from collections.abc import Mapping
from typing import Any

from autodiff.extend import data_of, is_finite, set_data, short
from nn.errors import StateError

MAX_NAMES_SHOWN = 3
"""In a message."""


def state_of(model: Any) -> dict[str, float]:
    """Return {name: number} for every parameter, in the order of `named_parameters`."""
    named = model.named_parameters()
    state = {name: parameter.data for name, parameter in named}
    if len(state) < len(named):
        duplicate = next(name for i, (name, _) in enumerate(named) if name in dict(named[:i]))
        raise StateError(
            f"{type(model).__name__}: expected every parameter to have a name of its own, got two {duplicate!r}"
        )
    return state


def check_state(model: Any, state: Any) -> None:
    """Raise StateError unless a state has a finite number for every parameter of the model, and no other name."""
    who = type(model).__name__
    if not isinstance(state, Mapping):
        raise StateError(f"{who}: expected a state to be a dict of numbers by name, got {type(state).__name__}")
    names = dict.fromkeys(name for name, _ in model.named_parameters())
    missing = [name for name in names if name not in state]
    unknown = [name for name in state if name not in names]
    if missing or unknown:
        faults = [f"{what} {_shortened(some)}" for what, some in (("without", missing), ("with", unknown)) if some]
        close = difflib.get_close_matches(str(unknown[0]), missing, n=1, cutoff=0.8) if unknown and missing else []
        hint = f"; is {unknown[0]!r} the old name of {close[0]!r}?" if close else "; it is of a model of another shape"
        raise StateError(f"{who}: expected the state of {len(names)} parameters, got one {' and '.join(faults)}{hint}")
    for name, number in state.items():
        if not is_finite(number):
            raise StateError(f"{who}: expected {name} to be a finite number, got {short(number)}")


def load_state(model: Any, state: Mapping[str, float]) -> None:
    """Set every parameter to the number of its name, after `check_state`; all of them, or after an interrupt none."""
    check_state(model, state)
    named = model.named_parameters()
    parameters = [parameter for _, parameter in named]
    before = data_of(parameters)
    try:
        for name, parameter in named:
            parameter.data = float(state[name])
    except BaseException:
        set_data(parameters, before)
        raise


def _shortened(names: list[Any]) -> str:
    """The first names, and the number of the others."""
    more = len(names) - MAX_NAMES_SHOWN
    return ", ".join(map(repr, names[:MAX_NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")
