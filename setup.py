"""The build: everything is in setup.cfg, except that a wheel's core is compiled with mypyc if possible.

The compiled modules are the same files that run as Python elsewhere. They stay Python, and the installation goes on,

- in an editable install, so that no compiled module shadows an edited file;
- with CHAINRULE_PURE=1 in the environment;
- where there is no C compiler, or the compilation fails for another reason.

`autodiff.build()` tells which of the two runs.
"""

import ast
import os
import re
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = {
    "autodiff": (
        "arithmetic distinct floats forward functions graph kinks names node observers primitive primitives real "
        "reverse several sums_of_products value vectors"
    ),
    "autodiff/program/recording": "fingerprint record",
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
            "--config-file=",  # of setup.cfg, for whoever only checks types
            "--platform=mypyc",  # a branch of value.py is for it alone
        ]
        return list(mypycify([*options, *COMPILED], opt_level="3", debug_level="0", group_name="chainrule"))
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


def docstrings() -> dict[str, str]:
    """The docstrings of the compiled modules, by the names that mypyc gives functions and classes in C."""
    texts = {}
    for path in COMPILED:
        for node in ast.parse(Path(path).read_text(encoding="utf-8")).body:
            for part in (node, *(node.body if isinstance(node, ast.ClassDef) else ())):
                if isinstance(part, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(part)):
                    inside = part.name if part is node else f"{node.name}___{part.name}"  # type: ignore[attr-defined]
                    texts[part.name if isinstance(part, ast.ClassDef) else f"{Path(path).stem}___{inside}"] = text
    return texts


def with_docstrings(code: str, texts: dict[str, str]) -> str:
    """The C that mypyc made, with the docstrings behind the signatures, which are all that it writes of them."""

    def escaped(name: str) -> str:
        return "".join([chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in texts[name].encode()])

    def completed(signature: re.Match[str]) -> str:
        name = signature["function"] or signature["class"]
        return f"{signature[1]}{escaped(name) if name in texts else ''}{signature['end']}"

    def of_property(getter: re.Match[str]) -> str:
        name = getter["name"].replace("_get_", "___", 1)
        return f'{getter[1]}"{escaped(name)}"' if name in texts else getter[0]

    named = r'(?:CPyPy_(?P<function>\w+),[^;{}]*?|\.tp_doc = )PyDoc_STR\("(?P<class>\w+)\('
    code = re.sub(rf'({named}(?:[^"\\]|\\.)*?--\\n\\n)(?P<end>"\))', completed, code)
    return re.sub(r"(\(getter\)(?P<name>\w+),\s*(?:\(setter\)\w+|NULL),\s*)NULL(?=, NULL\})", of_property, code)


class BuildOrNot(build_ext):
    """Compile all the modules, or none: half of them would not work together."""

    def build_extensions(self) -> None:
        """Build, with docstrings in the C that mypyc made, and with the header in front of it, which says why."""
        native = [Path(source) for extension in self.extensions for source in extension.sources if "__native" in source]
        codes = {path: path.read_text(encoding="utf-8") for path in native}
        check_deallocators("".join(codes.values()))
        for path, code in codes.items():
            path.write_text(with_docstrings(code, docstrings()), encoding="utf-8")
        if self.compiler.compiler_type == "msvc":
            flags = [f"/FI{TRASHCAN}"]
        else:  # no fused multiply-add: every build computes the same bits
            flags = ["-include", TRASHCAN, "-ffp-contract=off"]
        for extension in self.extensions:
            extension.extra_compile_args = [*extension.extra_compile_args, *flags]
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
            if "bdist_wheel" in sys.argv:
                self.get_finalized_command("bdist_wheel").root_is_pure = True  # the wheel's name says py3-none-any


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOrNot})
