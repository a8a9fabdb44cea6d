"""The engines that are compared, a module each. Each has one function,

    contenders(task) -> {name of a row: function that makes the contender}

with what it has to offer for a task, nothing if nothing fits. A module imports its library at the top, so that a peer
that is not installed is a peer whose module cannot be imported.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeAlias

from benchmarks.measure import Contender
from benchmarks.tasks import Task

Contenders: TypeAlias = dict[str, Callable[[], Contender]]

PROGRAM = "Program, llvm"
"""The row of this project's compiled programs, to which the tables have ratios."""

DISTRIBUTIONS = {
    "chainrule": "chainrule",
    "pure": "",
    "program": "llvmlite",
    "micrograd": "micrograd",
    "slotted": "",
    "xad": "xad",
    "torch": "torch",
    "autograd": "autograd",
    "numpy": "",
    "jax": "jax",
    "casadi": "casadi",
    "ddx": "ddx-ad",
    "numba": "numba",
    "c": "",
}
"""The names that `--peers` takes, in the order of the tables, and what to install for each, if anything."""


def load(name: str) -> Callable[[Task], Contenders]:
    """Return a peer's `contenders`.

    Raises:
        ImportError: if its library is not installed.
    """
    return _module(name).contenders  # type: ignore[no-any-return]


def version_of(name: str) -> str:
    """Return the name and version of what is installed for a peer, or what its module says of it."""
    distribution = DISTRIBUTIONS[name]
    try:
        return f"{distribution} {version(distribution)}" if distribution else _module(name).VERSION
    except PackageNotFoundError:
        return distribution


def _module(name: str) -> Any:
    """Import a peer's module."""
    return import_module(f"benchmarks.peers.{name}")
