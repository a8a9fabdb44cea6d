"""Checks of arguments that several functions of `viz` share; the others are in `autodiff.extend`."""

import os
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from autodiff import Value
from autodiff.extend import check_choice

Direction: TypeAlias = Literal["LR", "TB", "RL", "BT"]
DIRECTIONS: tuple[str, ...] = get_args(Direction)
STYLES = "boxes", "circuit"  # of a drawing of operations
LARGEST = 1e100  # of numbers on an axis: their squares and differences are floats too


def check_output(who: str, output: Any, expected: str = "a Value as output") -> None:
    """Raise TypeError unless an output is a Value."""
    if not isinstance(output, Value):
        hint = "; pass what it returns, as in f(Value(2.0, 'x'))" if callable(output) else ""
        raise TypeError(f"{who}: expected {expected}, got {type(output).__name__}{hint}")


def check_direction(who: str, rankdir: str | None) -> None:
    """Raise ValueError unless a direction is None or one of DIRECTIONS."""
    if rankdir is not None:
        check_choice(who, "rankdir", rankdir, DIRECTIONS)


def check_style(who: str, style: str, rankdir: str | None, **boxes: object) -> None:
    """Raise ValueError unless a style is one of STYLES; a circuit has one direction, and no boxes around its gates."""
    check_choice(who, "style", style, STYLES)
    if style == "circuit" and rankdir not in (None, "LR"):
        raise ValueError(f"{who}: a circuit runs from left to right, got rankdir={rankdir!r}; leave it out")
    if style == "circuit" and (got := ", ".join(name for name, value in boxes.items() if value is not None)):
        raise ValueError(
            f"{who}: a circuit has a gate for each operation and no boxes around them, got {got}; "
            "leave it out, and pass names=model.named_parameters() for the names of a model"
        )


def check_drawable(who: str, *numbers: float) -> None:
    """Raise ValueError unless all numbers have a place on an axis."""
    for x in numbers:
        if not abs(x) <= LARGEST:
            raise ValueError(f"{who}: expected numbers of at most {LARGEST:g} in size, got {x:g}; scale them")


def check_size(who: str, n_nodes: int, max_nodes: int, verb: str) -> None:
    """Raise ValueError if a graph has too many nodes; `verb` completes the advice "... a part of it"."""
    if n_nodes > max_nodes:
        raise ValueError(
            f"{who}: expected a graph of at most {max_nodes} nodes, got {n_nodes}; "
            f"{verb} a part of it (an inner node, one sample), or pass max_nodes={n_nodes}"
        )


def check_path(path: Any, hint: str = "") -> Path:
    """Return the path of a file to write; raise TypeError unless it is one."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"save: expected a path, got {type(path).__name__}{hint}")
    return Path(path)


def check_suffix(path: Path, *suffixes: str, also: str = "") -> str:
    """Return the suffix of a path in lower case; raise ValueError unless it is one of `suffixes`."""
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        choices = " or ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1]))) + also
        raise ValueError(f"save: expected a file name that ends in {choices}, got {path.name!r}")
    return suffix


def hint_of_model(model: Any) -> str:
    """Return advice for a message about an estimator, which holds the network that it trained; "" for other objects."""
    return "; pass the network that it trained, as in clf.model_" if hasattr(model, "model_") else ""
