"""`import chainrule as cr`, the command `chainrule`, and the error if a file of the user hides a package of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff
import chainrule
import nn
import viz
import viz.__main__

HOME = Path(autodiff.__file__).parents[1]


def test_one_name_hands_on_the_public_names_of_autodiff_and_both_other_packages():
    assert chainrule.nn is nn
    assert chainrule.viz is viz
    assert chainrule.sum is autodiff.sum
    assert all(getattr(chainrule, name) is getattr(autodiff, name) for name in autodiff.__all__)
    assert dir(chainrule) == sorted([*autodiff.__all__, "nn", "sum", "viz"])
    assert chainrule.__version__ == autodiff.__version__


def run(folder, *command):
    """What Python prints in a folder, the sources or the installed packages behind it on the path."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{HOME}", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize("name", ["nn", "viz"])
def test_a_file_of_the_user_that_hides_a_package_is_named_with_its_path(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("")
    answer = run(tmp_path, "-c", "import chainrule")
    assert answer.stderr.splitlines()[-1] == (
        f"ImportError: chainrule: expected the package {name} of chainrule, in {HOME}, "
        f"got {tmp_path / f'{name}.py'}, which comes first on Python's path; rename it"
    )


def test_version_says_what_is_installed_and_where(tmp_path):
    lines = run(tmp_path, "-m", "chainrule", "--version").stdout.splitlines()
    assert lines[0] == f"chainrule {autodiff.__version__}, {autodiff.build()} build"
    assert lines[1].startswith(f"Python {sys.version.split()[0]}, ")
    assert lines[2] == f"in {HOME}"
    assert [line.split(":")[0] for line in lines[3:]] == [f"extra {extra}" for extra in chainrule.PACKAGES_OF_EXTRAS]


def test_a_package_that_is_not_installed_is_named_beside_its_extra(monkeypatch):
    monkeypatch.setitem(chainrule.PACKAGES_OF_EXTRAS, "fast", ("numpy", "no_such_package"))
    assert "extra fast: missing no_such_package" in chainrule.versions().splitlines()


def test_the_command_draws_a_formula_as_the_command_of_viz_does(capsys):
    assert chainrule.main(["x**2", "x=3"]) == 0
    drawn = capsys.readouterr().out
    assert viz.__main__.main(["x**2", "x=3"]) == 0
    assert drawn == capsys.readouterr().out
    assert "6" in drawn
