"""Options that are a name or a function: activations, initialisers."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def by_name(what: str, table: Mapping[str, F], choice: str | F) -> F:
    """Return the function of that name; a function is returned as it is.

    Args:
        what: the name of the option, for the message.
        table: the functions by name.
        choice: a name, or a function.

    Raises:
        ValueError: if there is no such name.
        TypeError: if it is neither a name nor a function.

    >>> by_name("activation", {"relu": abs, "tanh": abs}, "ReLU")
    Traceback (most recent call last):
        ...
    ValueError: activation: expected one of relu, tanh, or a function, got 'ReLU'; did you mean 'relu'?
    """
    if isinstance(choice, str):
        if choice in table:
            return table[choice]
        close = difflib.get_close_matches(choice.lower(), table, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{what}: expected one of {', '.join(table)}, or a function, got {choice!r}{hint}")
    if not callable(choice):
        raise TypeError(f"{what}: expected one of {', '.join(table)}, or a function, got {choice!r}")
    return choice
