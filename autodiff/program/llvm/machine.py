"""Machine code for this machine: an LLVM module compiled in memory, its functions callable from Python."""

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm

from autodiff.program.llvm.objects import c_functions, check_objects

METH_FASTCALL = 0x80


class MethodDefinition(ctypes.Structure):
    """PyMethodDef of Python's C interface."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Code:
    """What a compiled function consists of. The function holds it as its `__self__`, so that it lives as long."""

    def __init__(self, engine: Any, name: str, needs: object) -> None:
        self.engine, self.needs = engine, needs
        self.definition = MethodDefinition(name.encode(), engine.get_function_address(name), METH_FASTCALL, None)


@functools.cache
def features() -> Any:
    """Return what the processor can do.

    Raises:
        RuntimeError: if objects do not have their fields where compiled functions read them.
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


def compile_text(text: str) -> Any:
    """Compile a module; its machine code lives as long as the engine that is returned."""
    flags = features().flatten()  # initializes LLVM
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=flags, opt=1, jit=True
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    return engine


def compile_functions(text: str, names: list[str], needs: object) -> list[Callable[..., Any]]:
    """Compile a module and return its functions of these names, for Python; they keep `needs` alive."""
    engine = compile_text(text)
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    make = prototype(("PyCFunction_NewEx", ctypes.pythonapi))
    codes = [Code(engine, name, needs) for name in names]
    return [make(ctypes.addressof(code.definition), code, None) for code in codes]
