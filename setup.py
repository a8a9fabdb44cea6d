"""The build: everything is in setup.cfg, but that a wheel's core is compiled with mypyc where that is possible.

The compiled modules are the same files that run as Python elsewhere. They stay Python, and the installation goes on,

- in an editable install, so that no compiled module shadows an edited file;
- with CHAINRULE_PURE=1 in the environment;
- where there is no C compiler, or the compilation fails for another reason.

`autodiff.build()` tells which of the two runs.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = {
    "autodiff": "forward functions graph linear node observers primitive primitives real reverse value",
    "autodiff/program": "fingerprint",
    "nn/modules": "parameters",
}
COMPILED = [f"{package}/{name}.py" for package, names in CORE.items() for name in names.split()]
TRASHCAN = os.path.abspath("autodiff/native/trashcan.h")


def extensions() -> list[Extension]:
    """The modules as C, or nothing."""
    if os.environ.get("CHAINRULE_PURE", "") not in ("", "0") or "bdist_wheel" not in sys.argv:
        return []
    try:
        from mypyc.build import mypycify

        options = [
            "--follow-imports=silent",  # the other modules need packages that a build does not
            "--config-file=",  # setup.cfg says that MYPYC is false, for whoever only checks types
            "--always-true=MYPYC",
        ]
        return list(mypycify([*options, *COMPILED], opt_level="3", debug_level="0"))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # mypyc exits where it cannot translate
        print(f"chainrule: not compiled, it will run as Python: {error!r}", file=sys.stderr)
        return []


def check_deallocators(code: str) -> None:
    """Raise RuntimeError unless every deallocator in the C that mypyc made has the macros that the header defines.

    Without them a long graph would overflow the stack, or write over memory, when it is freed.
    """
    deallocators = code.count(".tp_dealloc =")
    if not 0 < deallocators == code.count("Py_TRASHCAN_BEGIN(") == code.count("Py_TRASHCAN_END("):
        raise RuntimeError(f"expected Py_TRASHCAN_BEGIN and _END once in each of {deallocators} deallocators")


class BuildOrNot(build_ext):
    """Compile all the modules, or none: half of them would not work together."""

    def build_extensions(self) -> None:
        """Build, with a header in front of the C that mypyc made; it says why."""
        made = [source for extension in self.extensions for source in extension.sources if "__native" in source]
        check_deallocators("".join([Path(source).read_text(encoding="utf-8") for source in made]))
        for extension in self.extensions:
            flags = [f"/FI{TRASHCAN}"] if self.compiler.compiler_type == "msvc" else ["-include", TRASHCAN]
            extension.extra_compile_args += flags
            extension.depends.append(TRASHCAN)
        super().build_extensions()

    def run(self) -> None:
        """Build, and on any failure go on without."""
        if self.inplace or self.editable_mode:
            return
        try:
            super().run()
        except Exception as error:  # noqa: BLE001  # whatever the compiler's trouble is, Python runs
            print(f"chainrule: not compiled, it will run as Python: {error}", file=sys.stderr)
            for extension in self.extensions:
                path = self.get_ext_fullpath(extension.name)
                if os.path.exists(path):
                    os.remove(path)
            self.extensions = []


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOrNot})
