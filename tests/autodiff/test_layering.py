"""Imports point one way: between packages, between the rooms of a package, and between files. None is optional."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["autodiff", "nn", "viz"]


def of(package, names):
    """The modules of a package, as they stand in a row."""
    return " ".join(f"{package}.{name}" for name in names.split())


# The house: one row for each room, from the ground up.
#
#   - its name;
#   - its modules: a name stands for the module and for all modules below it, unless a longer name is in another row.
#     The `__init__` of a package is a module of its own, `nn.__init__`, because it imports all that it hands out;
#   - the rooms that it may import. Inside a room every import is allowed, if it closes no circle of files.
#
# To divide a room: add a row for each part, take its modules out of the old row where they are listed one by one, and
# name the new rooms in the rows above that import them. A folder whose files lie both below and above its sub-folders
# has two rows, with its modules listed one by one.
HOUSE = [
    ("basis", of("autodiff", "real elementwise checks errors files observers collector native interpreters"), ""),
    (
        "table",
        of("autodiff", "arithmetic kinks composite floats languages domain primitive primitives spelling custom"),
        "basis",
    ),
    ("core", of("autodiff", "branches distinct names node graph guard reverse sums_of_products value"), "basis table"),
    (
        "transforms",
        of("autodiff", "calls functions several vectors structure forward transforms nonfinite parsing"),
        "basis table core",
    ),
    ("recording", "autodiff.program.recording", "basis table core"),
    ("kernel", of("autodiff.program", "kernel pool"), "core recording"),
    ("ieee", of("autodiff.program", "ieee interpret"), "table recording"),
    ("passes", "autodiff.program.passes", "table core recording"),
    ("source", "autodiff.program.source", "table recording passes"),
    ("python", "autodiff.program.python", "recording kernel ieee source"),
    ("arrays", "autodiff.program.arrays", "basis table recording kernel ieee passes"),
    ("llvm", "autodiff.program.llvm", "basis table core recording kernel arrays"),
    ("arrays.source", "autodiff.program.arrays.source", "table recording ieee passes source arrays"),
    ("program", "autodiff.program", "basis core recording kernel ieee passes source python llvm arrays arrays.source"),
    ("autodiff", "autodiff.__init__", "basis table core transforms program"),
    ("testing", "autodiff.testing", "basis table core transforms"),
    ("extend", "autodiff.extend", "basis table core recording program"),
    ("nn.basis", "nn.errors nn.training.history", "autodiff"),
    ("ingredients", "nn.activations nn.init nn.losses nn.metrics", "autodiff extend"),
    ("modules", "nn.modules", "autodiff extend nn.basis ingredients"),
    ("optim", "nn.optim nn.schedules", "autodiff extend nn.basis"),
    ("data", "nn.data", "autodiff extend"),
    ("training", "nn.training", "autodiff extend nn.basis ingredients modules optim data"),
    ("checkpoint", "nn.checkpoint", "extend nn.basis modules"),
    ("callbacks", "nn.callbacks", "extend nn.basis modules checkpoint"),
    ("nn", "nn.__init__", "nn.basis ingredients modules optim data training checkpoint callbacks"),
    ("estimators", "nn.estimators", "autodiff extend nn.basis ingredients modules optim training"),
    ("nn.testing", "nn.testing", "testing extend ingredients modules"),
    ("viz.checks", "viz.graph.checks", "autodiff extend"),
    ("style", "viz.style", "extend"),
    ("graph", "viz.graph", "autodiff extend viz.checks style"),
    ("layout", "viz.layout", "graph"),
    ("pages", "viz.pages", "autodiff extend viz.checks style"),
    ("drawing", "viz.drawing", "autodiff extend viz.checks graph layout style pages"),
    ("mathematics", "viz.mathematics", "autodiff extend viz.checks graph style pages"),
    ("stepper", "viz.stepper", "autodiff extend ingredients viz.checks graph style pages drawing mathematics"),
    (
        "derivation",
        "viz.derivation",
        "autodiff extend viz.checks graph style pages drawing mathematics stepper",
    ),
    (
        "figures",
        "viz.figures",
        "autodiff extend ingredients nn data viz.checks graph style pages drawing mathematics stepper",
    ),
    ("explorer", "viz.explorer", "autodiff extend viz.checks graph style pages drawing"),
    ("exercises", "viz.exercises", "autodiff extend viz.checks graph style pages drawing mathematics stepper"),
    ("pyodide", "viz.pyodide", "autodiff extend nn style graph pages drawing mathematics figures"),
    (
        "viz",
        "viz.__init__ viz.__main__",
        (
            "autodiff extend viz.checks graph style pages drawing mathematics "
            "derivation stepper figures explorer pyodide exercises"
        ),
    ),
]
MODULES_OF = {name: modules.split() for name, modules, _ in HOUSE}
MAY_IMPORT = {name: set(allowed.split()) for name, _, allowed in HOUSE}

LOADED = """
import sys
before = set(sys.modules)
import {package}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(loaded - sys.stdlib_module_names))
"""


def module_of(path):
    """The name of the module in a file, such as "viz.layout.ranks" or "viz.layout.__init__"."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


FILES = {module_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imports_of(path):
    """The names that a source file imports, wherever in the file: "a.b.c" for `from a.b import c`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name of the module"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(path):
    """The modules of the three packages that a source file imports."""
    for name in imports_of(path):
        package = name.rpartition(".")[0]
        places = (name, f"{name}.__init__", package, f"{package}.__init__")
        yield from [place for place in places if place in FILES][:1]


IMPORTS = {module: set(imported_modules(path)) - {module} for module, path in FILES.items()}


def room_of(module):
    """The room of a module: the one with the longest name that covers it."""
    covers = [
        (len(part), room)
        for room, parts in MODULES_OF.items()
        for part in parts
        if module == part or module.startswith(f"{part}.")
    ]
    return max(covers)[1]


def circles(imports):
    """The sets of modules that import each other, directly or through others."""
    found = []
    imports = {module: set(targets) for module, targets in imports.items()}
    while True:
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            circle = set(error.args[1])
            found.append(circle)
            for module in circle:
                imports[module] -= circle
        else:
            return found


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_third_party_module(package, root):
    run = subprocess.run(
        [sys.executable, "-c", LOADED.format(package=package)], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name for name in run.stdout.split() if not name.endswith("__mypyc")}  # the compiled code of our own
    assert loaded <= set(PACKAGES)


@pytest.mark.parametrize("room", MODULES_OF)
def test_a_room_imports_only_the_rooms_that_its_row_names(room):
    arrows = {
        f"{module} -> {target}"
        for module, targets in IMPORTS.items()
        for target in targets
        if room_of(module) == room and room_of(target) not in {room} | MAY_IMPORT[room]
    }
    assert arrows == set()


@pytest.mark.parametrize("room", MODULES_OF)
def test_a_row_names_no_room_that_its_room_does_not_import(room):
    imported = {room_of(target) for module, targets in IMPORTS.items() if room_of(module) == room for target in targets}
    assert MAY_IMPORT[room] - imported == set()


@pytest.mark.parametrize("room", [room for room, parts in MODULES_OF.items() if f"{parts[0]}.__init__" in FILES])
def test_the_docstring_of_a_folder_says_what_its_row_says(room):
    docstring = ast.get_docstring(ast.parse(FILES[f"{MODULES_OF[room][0]}.__init__"].read_text(encoding="utf-8")))
    sentence = docstring.partition("May import ")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([\w.]+)`", sentence)) == MAY_IMPORT[room]


def test_the_arrows_between_rooms_have_no_circle():
    assert circles(MAY_IMPORT) == []


def test_every_row_names_rooms_and_modules_that_exist():
    assert set().union(*MAY_IMPORT.values()) <= set(MAY_IMPORT)
    rooms = {room_of(module) for module in FILES}
    assert rooms == set(MODULES_OF)
    parts = {part for parts in MODULES_OF.values() for part in parts}
    assert {part for part in parts if not any(f"{module}.".startswith(f"{part}.") for module in FILES)} == set()


def test_no_files_import_each_other_in_a_circle():
    assert circles(IMPORTS) == []


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


def test_no_package_imports_examples_benchmarks_or_tests():
    imported = {name.partition(".")[0] for path in FILES.values() for name in imports_of(path)}
    assert imported & {"examples", "benchmarks", "tests"} == set()


def test_only_what_is_for_tests_imports_hypothesis():
    users = {module for module, path in FILES.items() if any(n.startswith("hypothesis") for n in imports_of(path))}
    entry_point = "autodiff.testing.__init__"  # in the function that hypothesis calls
    assert users == {entry_point, "autodiff.testing.strategies", "nn.testing"}


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_a_package_above_enters_autodiff_by_its_doors(package):
    doors = {"autodiff.__init__", "autodiff.extend", "autodiff.testing.__init__"}
    entered = {target for module in IMPORTS if module.startswith(f"{package}.") for target in IMPORTS[module]}
    assert {target for target in entered if target.startswith("autodiff.")} <= doors


def test_what_extend_hands_out_is_used():
    handed_out = {name.rpartition(".")[2] for name in imports_of(FILES["autodiff.extend"])}
    above = {name for module, path in FILES.items() if module.startswith(("nn.", "viz.")) for name in imports_of(path)}
    assert {name for name in handed_out if f"autodiff.extend.{name}" not in above} == set()


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_a_package_shows_at_most_16_modules_and_folders(package):
    top = {".".join(module.removesuffix(".__init__").split(".")[:2]) for module in FILES}
    assert len([name for name in top if name.startswith(f"{package}.")]) + 1 <= 16  # 1: its __init__
