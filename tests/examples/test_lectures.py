"""The lectures run from top to bottom and show what they promise; a check ticks its answer, and says what is open."""

import ast
import json
import re
from pathlib import Path

import pytest

LECTURES = sorted((Path(__file__).parents[2] / "docs" / "lectures").glob("*.ipynb"))


def text(cell) -> str:
    return "".join(cell["source"])


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def run(code: str, variables: dict[str, object]) -> object:
    """Run a cell, and return what a notebook would show of it: the value of a last line that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), variables)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), variables) if last else None


def shown(thing: object) -> str:
    """A thing as a notebook shows it."""
    if hasattr(thing, "_repr_mimebundle_"):
        return "".join(thing._repr_mimebundle_().values())
    return thing._repr_html_() if hasattr(thing, "_repr_html_") else thing._repr_latex_()


def answer(after) -> str:
    """The code in the answer that follows an exercise."""
    for cell in after:
        if cell["cell_type"] == "markdown" and "<details>" in text(cell):
            return re.search(r"```python\n(.*?)```", text(cell), flags=re.S)[1]
    raise AssertionError("an exercise without an answer")


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_runs_and_its_exercises_check(path, monkeypatch, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    variables: dict[str, object] = {}
    pictures = exercises = 0
    for i, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        if "check" in tags(cell):
            exercises += 1
            run(text(cell), variables)
            assert "is still open: write your answer in place of the three dots" in capsys.readouterr().out
            run(answer(cells[i:]), variables)
        thing = run(text(cell), variables)
        if "check" in tags(cell):
            assert capsys.readouterr().out.startswith("✓ right at ")
        if thing is not None:
            pictures += 1
            assert re.search(r"<svg|<iframe|<div|\\begin{aligned", shown(thing))
    assert pictures >= 3
    assert exercises == 2


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_is_stored_without_outputs(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{i}" for i in range(1, len(notebook["cells"]) + 1)]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert path.read_text(encoding="utf-8") == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def test_the_lectures_lead_to_one_another():
    names = {path.name for path in LECTURES}
    assert len(names) == 4
    for path in LECTURES:
        links = re.findall(r"\]\(([^)]*\.ipynb)\)", text(json.loads(path.read_text(encoding="utf-8"))["cells"][0]))
        assert {*links} == names - {path.name}
