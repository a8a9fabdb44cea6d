"""Machine code for this machine: an LLVM module compiled in memory, its functions callable from Python."""

import ctypes
import functools
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm

from autodiff.program.llvm.closure import Closure
from autodiff.program.llvm.objects import c_functions, check_objects

METH_NOARGS, METH_FASTCALL = 0x04, 0x80
N_ENGINES = 16  # that are kept for programs of the same text, as in a notebook whose cell runs again

ENGINES: dict[bytes, Any] = {}  # by the digests of their texts; the one that was used last at the end
_lock = threading.Lock()  # LLVM compiles one module at a time anyway


class MethodDefinition(ctypes.Structure):
    """PyMethodDef of Python's C interface."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@functools.cache
def features() -> Any:
    """Return what the processor can do.

    Raise RuntimeError if objects do not have their fields where compiled functions read them.
    """
    check_objects()
    for name, address in c_functions().items():
        llvm.add_symbol(name, address)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.get_host_cpu_features()


def doubles() -> int:
    """How many doubles the processor's vectors hold."""
    return 8 if features().get("avx512f") else 4 if features().get("avx") else 2


def compile_text(text: str, level: int = 1) -> Any:
    """Compile a module, unless it is one of the last that were; its code lives as long as the engine that is returned.

    Modules have constants alone, so several programs can share one. Level 0 takes a quarter of the time of level 1.
    """
    key = hashlib.sha256(text.encode()).digest()
    with _lock:
        engine = ENGINES.pop(key, None) or _compiled(text, level)
        ENGINES[key] = engine
        if len(ENGINES) > N_ENGINES:
            del ENGINES[next(iter(ENGINES))]
    return engine


def _compiled(text: str, level: int) -> Any:
    """The engine of a module."""
    flags = features().flatten()  # initializes LLVM
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=flags, opt=level, jit=True
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    return engine


class Definition:
    """A function of machine code that Python can call: the one of this name in the text of a module."""

    def __init__(self, text: str, name: str, flags: int = METH_FASTCALL, level: int = 1) -> None:
        self._engine = compile_text(text, level)
        address = self._engine.get_function_address(name)
        self._definition = MethodDefinition(name.encode(), address, flags, None)

    def bind(self, closure: Closure) -> Callable[..., Any]:
        """Return the function with a closure as its `__self__`, which keeps the machine code alive."""
        closure.needs.append(self)
        prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
        make = prototype(("PyCFunction_NewEx", ctypes.pythonapi))
        function: Callable[..., Any] = make(ctypes.addressof(self._definition), closure, None)
        return function
