"""Imports only point down, and importing a package loads nothing that is optional."""

import ast
import subprocess
import sys

import pytest

PACKAGES = ["autodiff", "nn", "viz"]
LOADED = """
import sys
before = set(sys.modules)
import {package}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(loaded - sys.stdlib_module_names))
"""


def imports_of(path):
    """The top-level names that a source file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_third_party_module(package, root):
    run = subprocess.run(
        [sys.executable, "-c", LOADED.format(package=package)], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name for name in run.stdout.split() if not name.endswith("__mypyc")}  # the compiled code of our own
    assert loaded <= set(PACKAGES)


@pytest.mark.parametrize(
    ("package", "above"), [("autodiff", {"nn", "viz", "examples"}), ("nn", {"viz", "examples"}), ("viz", {"examples"})]
)
def test_a_package_never_imports_one_above_it(package, above, root):
    sources = {path: set(imports_of(path)) for path in (root / package).rglob("*.py")}
    assert {str(path): names & above for path, names in sources.items() if names & above} == {}


def test_only_the_testing_package_imports_hypothesis(root):
    users = [path.relative_to(root) for path in (root / "autodiff").rglob("*.py") if "hypothesis" in imports_of(path)]
    assert [str(path) for path in users] == ["autodiff/testing/strategies.py"]
