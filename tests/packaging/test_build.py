"""The two builds: what is said of them, and what the list of compiled modules holds."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import autodiff

ROOT = Path(__file__).parents[2]


def test_build_says_which_one_runs():
    assert autodiff.build() == ("pure" if autodiff.value.__file__.endswith(".py") else "compiled")


def test_the_build_that_the_tests_are_meant_for_runs():
    expected = os.environ.get("CHAINRULE_EXPECT_BUILD")
    assert expected in (None, autodiff.build())


def test_every_module_that_is_to_be_compiled_exists():
    tree = ast.parse((ROOT / "setup.py").read_text())
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    modules = {path.stem for path in (ROOT / "autodiff").glob("*.py")}
    assert {"graph", "node", "primitives", "reverse", "value"} <= names & modules


def test_no_compiled_module_lies_beside_the_sources():
    assert not list((ROOT / "autodiff").rglob("*.so")), sys.path  # it would shadow the file that one edits


def test_the_header_that_the_compiler_needs_is_in_the_source_distribution():
    names = (ROOT / "MANIFEST.in").read_text().split()
    assert "autodiff/trashcan.h" in names
    assert "autodiff/trashcan.h" in (ROOT / "setup.py").read_text()


def test_what_only_the_compiler_needs_is_not_needed_to_run(tmp_path):
    code = "import sys; sys.modules['mypy_extensions'] = None; import autodiff, nn; autodiff.Value(1.0).backward()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
