"""This project's other build: where the core is compiled, the same files as plain Python.

Both are installed side by side, a module as C and the file that it was made of. In this process Python is told to look
for files only, and takes up the packages again.
"""

import sys
from importlib import import_module
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import Any

import autodiff
from benchmarks.peers import Contenders
from benchmarks.tasks import Task

if autodiff.build() == "pure":
    raise ImportError("chainrule is not compiled here")

PACKAGES = "autodiff", "nn", "benchmarks.peers.chainrule"
FOLDER = Path(autodiff.__file__).resolve().parents[1]
ROW = "chainrule"


def files_only(path: str) -> FileFinder:
    """Look for modules of the packages in files of Python.

    Raises:
        ImportError: if it is not a folder of these; the usual finders then look there.
    """
    if not any(Path(path).resolve().is_relative_to(FOLDER / package) for package in ("autodiff", "nn")):
        raise ImportError(path)
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))


def of_files(module: str) -> Any:
    """A module that is imported anew, and with it the packages, from files."""
    sys.path_hooks.insert(0, files_only)
    sys.path_importer_cache.clear()
    for name in list(sys.modules):
        if any(name == package or name.startswith(f"{package}.") for package in PACKAGES):
            del sys.modules[name]
    return import_module(module)


CHAINRULE = of_files("benchmarks.peers.chainrule")
VERSION = f"chainrule ({import_module('autodiff').build()} build)"


def contenders(task: Task) -> Contenders:
    """The first row of the other build."""
    rows = CHAINRULE.contenders(task)
    return {"chainrule, pure": rows[ROW]} if ROW in rows else {}
