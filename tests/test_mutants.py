"""The script of mutants changes what it says, and prints as a diff what the tests do not see."""

import ast
import importlib.util
import random
from pathlib import Path

import pytest

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
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\naddopts = --import-mode=importlib --doctest-modules\n")
    (tmp_path / "nn/a.py").write_text("def held(x):\n    return x + 2\n\n\ndef free(x):\n    return x * 3\n")
    (tmp_path / "tests/nn/test_a.py").write_text("from nn.a import held\n\n\ndef test_it():\n    assert held(3) == 5\n")
    return tmp_path


def test_what_a_test_sees_is_killed_and_the_rest_is_printed(tree, capsys):
    before = (tree / "nn/a.py").read_bytes()
    mutants.main(["--package", "nn", "--count", "2", "--seed", "1"], tree)
    printed = capsys.readouterr().out
    assert "nn/a.py:2 tests/nn/test_a.py nn/a.py\n" in printed
    assert "nn: 2 mutants, 1 killed, 1 survived\n" in printed
    assert "-    return x * 3\n" in printed
    assert (tree / "nn/a.py").read_bytes() == before


def test_tests_that_fail_without_a_mutant_say_nothing(tree):
    (tree / "tests/nn/test_a.py").write_text("def test_it():\n    assert False\n")
    with pytest.raises(
        SystemExit, match=r"expected tests that pass without a mutant, got a failure in tests/nn/test_a\.py"
    ):
        mutants.main(["--package", "nn", "--count", "1"], tree)
