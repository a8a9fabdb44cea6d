"""The compiled build: mypyc translates the core to C, from the same files that run as Python elsewhere.

`CORE` in setup.py lists the compiled modules. A wheel has them where it was built with a C compiler. An editable
install, the variable CHAINRULE_PURE=1 and a failed compilation leave Python; `autodiff.build()` tells which one runs,
and the tests pass in both. The sources do a few things for mypyc alone, each marked `# mypyc:`.

Nodes are acyclic classes: operands exist before the nodes made from them, so a graph has no cycles, and a compiled node
lacks the header of Python's cyclic collector. Looking for cycles was half of the time of an eager step.

A graph is freed by reference counts, node by node, and a chain of a million nodes must not be a recursion of a million
calls. CPython's own remedy, the trashcan, needs the header that compiled nodes lack. `trashcan.h` is one without it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:  # the real one comes with mypy, which is installed where a wheel is built, and need not be where it runs
    C = TypeVar("C", bound=type)

    def mypyc_attr(**options: bool) -> Callable[[C], C]:
        """Return a class as it is: the decorator tells mypyc the options of a class, and has no effect in Python."""
        return lambda cls: cls
