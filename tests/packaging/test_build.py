"""The two builds: what is said of them, and what the list of compiled modules holds."""

import ast
import os
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
