"""A run of all tests is a quick look, which says how many tests it leaves out; CI runs them all."""

import os
import subprocess
import sys

import pytest

FILE = "tests/autodiff/testing/test_differences.py"
SLOW = f"{FILE}::test_exact_slopes_pass_and_planted_mistakes_do_not"


@pytest.mark.full
@pytest.mark.parametrize(
    ("ci", "names", "cases", "says"),
    [
        ("", [], ["double"], "2 cases of slow tests were left out; with them: CI=true python -m pytest -n auto"),
        ("true", [], ["double", "single"], ""),
        ("", [FILE], ["double", "single"], ""),
    ],
    ids=["quick", "in CI", "of a file"],
)
def test_slow_tests_are_left_out_of_a_quick_look_alone(ci, names, cases, says, root):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--collect-only",
        "-p",
        "no:cacheprovider",
        "-o",
        f"testpaths={FILE}",
    ]
    environment = {name: setting for name, setting in os.environ.items() if not name.startswith("PYTEST")} | {"CI": ci}
    ran = subprocess.run([*command, *names], cwd=root, env=environment, capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert [line for line in lines if line.startswith(SLOW)] == [f"{SLOW}[{case}]" for case in cases]
    assert [line for line in lines if "left out" in line] == [says] * bool(says)
