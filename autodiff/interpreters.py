"""Compiled modules have one state for all interpreters of a process: a second one that ends would break the first."""

import importlib
import sys
from importlib.machinery import PathFinder

_value = PathFinder.find_spec("autodiff.value", sys.modules["autodiff"].__path__)
if _value is not None and not (_value.origin or "").endswith(".py"):
    _interpreters = importlib.import_module("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    if _interpreters.get_current() != _interpreters.get_main():
        raise ImportError(
            "autodiff: expected the main interpreter, as this build is compiled, got a subinterpreter; "
            "use threads or processes, or install with CHAINRULE_PURE=1"
        )
