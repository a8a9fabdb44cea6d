"""The script of mutants changes what it says, and prints as a diff what the tests do not see."""

import ast
import importlib.util
import random
import re
from pathlib import Path

import pytest

pytest.importorskip("coverage")
SPEC = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
mutants = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutants)

SOURCE = '''"""α: bytes and characters differ from here on."""


def area(width: float, height: float, *, scale: float = 1.0) -> float:
    """No mutant is here: 1 + 1."""
    if width < 0 or not height:
        raise ValueError(f"{1 + 1}")
    items = [width, height][0:2]
    items[0] = max(-width, height, key=abs)
    return width * height if scale == 1.0 else scale
'''


def test_every_kind_of_change_is_drawn_in_its_place_and_nothing_else():
    content = SOURCE.encode()
    every = [mutant for mutant in mutants.mutants_of("a.py", content) if mutants.is_another_program(mutant, content)]
    assert {mutant.kind for mutant in every} == {
        *("arithmetic", "comparison", "clause", "sign", "constant", "branches", "arguments", "keyword", "slice"),
        *("guard", "result", "statement"),
    }
    for mutant in every:
        changed = mutant.apply(SOURCE.encode())
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE))
        others = [
            i
            for i, (old, new) in enumerate(zip(SOURCE.splitlines(), changed.decode().splitlines(), strict=False))
            if old != new
        ]
        assert others == [mutant.line - 1]
        assert mutant.line not in (1, 4, 5) or mutant.kind == "constant"  # the default 1.0; no docstring
    texts = {mutant.apply(SOURCE.encode()).decode().splitlines()[mutant.line - 1].strip() for mutant in every}
    assert "if (width <= 0) or not height:" in texts
    assert "pass" in texts
    assert "items[0] = (max(height, -width, key=abs))" in texts


def test_the_same_seed_draws_the_same_mutants_at_most_one_in_a_line(tmp_path):
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn/a.py").write_text(SOURCE, encoding="utf-8")
    drawn = mutants.draw(tmp_path, "nn", 4, random.Random(1))
    assert drawn == mutants.draw(tmp_path, "nn", 4, random.Random(1))
    assert len({mutant.line for mutant in drawn}) == 4
    assert len(mutants.draw(tmp_path, "nn", 100, random.Random(1))) == 6  # lines that can change


@pytest.fixture
def tree(tmp_path):
    """A package of two functions, one of them without a test."""
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn/__init__.py").write_text("")  # comes before an installed `nn`
    (tmp_path / "tests/nn").mkdir(parents=True)
    (tmp_path / "tests/conftest.py").write_text(
        "from hypothesis import settings\n\nsettings.register_profile('few', max_examples=5)\n"
    )
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\naddopts = --import-mode=importlib --doctest-modules\n")
    (tmp_path / "nn/a.py").write_text("def held(x):\n    return x + 2\n\n\ndef free(x):\n    return x * 3\n")
    (tmp_path / "tests/nn/test_a.py").write_text(
        "from nn.a import free, held\n\n\ndef test_it():\n    assert held(3) == 5\n\n\n"
        "def test_too_little():\n    assert free(0) == 0\n"
    )
    return tmp_path


@pytest.mark.full
def test_what_a_test_sees_is_killed_and_the_rest_is_printed(tree, capsys):
    before = (tree / "nn/a.py").read_bytes()
    mutants.main(["--package", "nn", "--count", "2", "--seed", "1"], tree)
    printed = capsys.readouterr().out
    assert re.search(r"killed +\w+ +nn/a\.py:2 FAILED tests/nn/test_a\.py::test_it - ", printed)
    assert "nn: 2 mutants, 1 killed, 1 survived\n" in printed
    assert "-    return x * 3\n" in printed
    assert (tree / "nn/a.py").read_bytes() == before


def test_a_mutant_meets_the_tests_that_come_through_its_line(tree):
    (tree / "tests/test_exports.py").write_text("def test_of_all_files():\n    assert True\n")
    survey = mutants.Survey(tree, ["nn/a.py"])
    held, free = (mutants.Mutant("result", "nn/a.py", line, 0, 0, "") for line in (2, 6))
    assert [test.name for test in survey.tests_of(held)] == ["tests/nn/test_a.py::test_it"]
    assert [test.name for test in survey.tests_of(free)] == ["tests/nn/test_a.py::test_too_little"]
    on_import = mutants.Mutant("constant", "nn/a.py", 1, 0, 0, "")
    first, *others = survey.tests_of(on_import)
    assert first.name == "tests/test_exports.py::test_of_all_files"
    assert len(others) == 2


def test_a_mutant_of_what_runs_on_import_too_meets_all_tests_those_of_its_file_first(tree):
    (tree / "nn/b.py").write_text("from nn.a import held\n\nFIVE = held(3)\n")
    (tree / "tests/nn/test_0.py").write_text("from nn.b import FIVE\n\n\ndef test_five():\n    assert FIVE == 5\n")
    survey = mutants.Survey(tree, ["nn/a.py"])
    names = [test.name for test in survey.tests_of(mutants.Mutant("result", "nn/a.py", 2, 0, 0, ""))]
    assert names[-1] == "tests/nn/test_0.py::test_five"
    assert {*names[:-1]} == {"tests/nn/test_a.py::test_it", "tests/nn/test_a.py::test_too_little"}


@pytest.mark.full
def test_a_mutant_without_end_is_killed(tree, monkeypatch):
    monkeypatch.setattr(mutants, "SPARE_SECONDS", 5)
    survey = mutants.Survey(tree, ["nn/a.py"])
    content = (tree / "nn/a.py").read_bytes()
    start = content.index(b"return x + 2")
    endless = mutants.Mutant("statement", "nn/a.py", 2, start, start + len("return x + 2"), "\n    while True: pass")
    assert survey.killed_by(endless) == "pytest ends with -9"


@pytest.mark.full
def test_tests_that_fail_without_a_mutant_are_left_out(tree, capsys):
    with (tree / "tests/nn/test_a.py").open("a") as file:
        file.write("\n\ndef test_wrong():\n    assert held(3) == 6\n")
    mutants.main(["--package", "nn", "--count", "2", "--seed", "1"], tree)
    printed = capsys.readouterr().out
    assert "fails without a mutant, and is left out: tests/nn/test_a.py::test_wrong\n" in printed
    assert "nn: 2 mutants, 1 killed, 1 survived\n" in printed


@pytest.mark.full
def test_tests_that_all_fail_without_a_mutant_say_nothing(tree):
    (tree / "tests/nn/test_a.py").write_text("def test_it():\n    assert False\n")
    with pytest.raises(SystemExit, match=r"expected tests that pass without a mutant, got"):
        mutants.main(["--package", "nn", "--count", "1"], tree)
