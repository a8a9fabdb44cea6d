"""The lectures run from top to bottom and show what they promise; a check ticks its answer, and says what is open.

Every formula and figure of the article has its place in them.
"""

import importlib.util
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LECTURES = sorted((DOCS / "lectures").glob("*.ipynb"))

# A part of the article, and the text of a lecture that has it. Letters and corrections: article-notes of the lectures.
PARTS_OF_THE_ARTICLE = {
    "1-line-and-cost": {
        "the line": "f(x) = m x + c",
        "the inputs, a vector": r"x = \begin{pmatrix} A_x \\ B_x \end{pmatrix}",
        "the predictions": r"y = \begin{pmatrix} f(A_x) \\ f(B_x) \end{pmatrix}",
        "the targets": r"\hat y = \begin{pmatrix} A_y \\ B_y \end{pmatrix}",
        "the linear cost of a point": r"C_{\text{linear},A}(m) = |f(A_x) - A_y|",
        "the linear cost": r"C_\text{linear}(m) = \sum_i |y^{(i)} - \hat y^{(i)}|",
        "the squared cost": r"C(m) = \tfrac12 \sum_i (y^{(i)} - \hat y^{(i)})^2",
        "why one half": r"Why the $\tfrac12$?",
        "figure 1": "viz.cost_curve(",
        "a search through all weights": "candidates = ",
        "figure 2": "viz.descent(",
        "the derivative of a square": r"\frac{\partial g(x)}{\partial x} = 2x",
        "nabla": r"\nabla C = \frac{\partial C(m)}{\partial m}",
        "the step": r"\Delta m = -\eta \nabla C \qquad m \leftarrow m + \Delta m",
        "stop after a number of steps": "maximum number of steps",
        "stop where it is flat": "slope is almost zero",
        "a local minimum": "local minimum",
        "both weights, the steps": r"\Delta c = -\eta \frac{\partial C(m, c)}{\partial c}",
        "both weights at once": r"m \leftarrow m + \Delta m \qquad c \leftarrow c + \Delta c",
    },
    "2-chain-rule": {
        "the rule with primes": "f'(x) = (g(h(x)))' = g'(h(x)) \\, h'(x)",
        "the rule with fractions": r"\frac{\partial y}{\partial u} \frac{\partial u}{\partial x}",
        "where it starts": r"\frac{\partial \, \tfrac12 \sum_i (y^{(i)} - \hat y^{(i)})^2}{\partial m}",
        "the error s": r"\sum_i \frac{\partial \, \tfrac12 s^2}{\partial s} \frac{\partial s}{\partial m}",
        "by the prediction": r"(y^{(i)} - \hat y^{(i)})}{\partial y^{(i)}} \frac{\partial f(x^{(i)})}{\partial m}",
        "by the weight": r"\frac{\partial (m x^{(i)} + c)}{\partial m}",
        "three links": r"\sum_i s \cdot 1 \cdot x^{(i)} = \sum_i (f(x^{(i)}) - \hat y^{(i)}) \, x^{(i)}",
        "derived by the machine": "viz.derive(C, m)",
        "two variables": "$f(x, y) = 2 x^2 y^3$",
        "by x": r"\frac{\partial f(x, y)}{\partial x} = 4 x y^3",
        "by y": r"\frac{\partial f(x, y)}{\partial y} = 6 x^2 y^2",
        "the total derivative": r"\frac{\partial f(x, y)}{\partial x} dx + \frac{\partial f(x, y)}{\partial y} dy",
        "the total derivative of f": "4 x y^3 dx + 6 x^2 y^2 dy",
    },
    "3-network": {
        "a layer": r"a^{(l+1)} = \sigma(a^{(l)} W^{(l)} + b^{(l)})",
        "the input, with its size": r"\underset{1 \times 2}{a^{(1)}} = x",
        "z2 with sizes": r"\underset{1 \times 3}{z^{(2)}} = \underset{1 \times 2}{a^{(1)}} \, \underset{2 \times 3}",
        "a2": r"\underset{1 \times 3}{a^{(2)}} = \sigma(\underset{1 \times 3}{z^{(2)}})",
        "z3 with sizes": r"\underset{1 \times 2}{z^{(3)}} = \underset{1 \times 3}{a^{(2)}} \, \underset{3 \times 2}",
        "a3": r"\underset{1 \times 2}{a^{(3)}} = \sigma(\underset{1 \times 2}{z^{(3)}})",
        "s": r"\underset{1 \times 2}{s} = \underset{1 \times 2}{a^{(3)}} - \hat y",
        "the cost": r"C(W, b) = \tfrac12 s^2",
        "put in s": r"\frac{\partial (a^{(3)} - \hat y)}{\partial W^{(1)}}",
        "put in a3": r"\frac{\partial \sigma(z^{(3)})}{\partial W^{(1)}}",
        "put in z3": r"\frac{\partial (a^{(2)} W^{(2)} + b^{(2)})}{\partial W^{(1)}}",
        "put in a2": r"\frac{\partial \sigma(z^{(2)})}{\partial W^{(1)}}",
        "put in z2": r"{\partial z^{(2)}} \, \frac{\partial (a^{(1)} W^{(1)} + b^{(1)})}{\partial W^{(1)}}",
        "the six factors": r"s \qquad 1 \qquad \sigma'(z^{(3)}) \qquad W^{(2)} \qquad \sigma'(z^{(2)}) \qquad a^{(1)}",
        "by W1": r"\underset{2 \times 3}{\frac{\partial C}{\partial W^{(1)}}} = \underset{2 \times 1}{(a^{(1)})^T}",
        "the Hadamard product": "Hadamard product",
        "by W2, link by link": r"\frac{\partial (a^{(2)} W^{(2)} + b^{(2)})}{\partial W^{(2)}}",
        "by W2": r"\underset{3 \times 2}{\frac{\partial C}{\partial W^{(2)}}} = \underset{3 \times 1}{(a^{(2)})^T}",
        "delta 3": r"\underset{1 \times 2}{\delta^{(3)}} = (a^{(3)} - \hat y) \circ \sigma'(z^{(3)})",
        "delta 2": r"\underset{1 \times 3}{\delta^{(2)}} = \delta^{(3)} (W^{(2)})^T \circ \sigma'(z^{(2)})",
        "by W2 with delta": r"\frac{\partial C}{\partial W^{(2)}} = (a^{(2)})^T \delta^{(3)}",
        "by W1 with delta": r"\frac{\partial C}{\partial W^{(1)}} = (a^{(1)})^T \delta^{(2)}",
        "by the biases": r"\frac{\partial C}{\partial b^{(1)}} = \delta^{(2)}",
        "delta of the last layer": r"\delta^{(L)} = (a^{(L)} - \hat y) \circ \sigma'(z^{(L)})",
        "delta of a layer": r"\delta^{(l)} = \delta^{(l+1)} (W^{(l)})^T \circ \sigma'(z^{(l)})",
        "the slips in it": "$\\delta^{(3)}$ is missing",
    },
    "4-training": {
        "the step of W": r"\Delta W^{(l)} = -\frac{\eta}{k} \sum_{i=1}^{k} \frac{\partial C_i}{\partial W^{(l)}}",
        "the step of b": r"\Delta b^{(l)} = -\frac{\eta}{k} \sum_{i=1}^{k} \frac{\partial C_i}{\partial b^{(l)}}",
        "add them": r"W^{(l)} \leftarrow W^{(l)} + \Delta W^{(l)}",
        "the next batch": "next batch",
    },
}


def module_of(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_lectures = module_of(DOCS / "make_lectures.py")


def text(cell) -> str:
    return "".join(cell["source"])


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def answer(after) -> str:
    """The code in the answer that follows an exercise."""
    for cell in after:
        if cell["cell_type"] == "markdown" and "<details>" in text(cell):
            return re.search(r"```python\n(.*?)```", text(cell), flags=re.S)[1]
    raise AssertionError("an exercise without an answer")


@pytest.mark.full
@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_shows_what_is_stored_and_its_exercises_check(path, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    variables: dict[str, object] = {}
    exercises = pages = 0
    for i, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            new = make_lectures.outputs(text(cell), variables, cell["execution_count"])
            assert summary(new) == summary(cell["outputs"])
            pages += "text/html" in str(new)
        if "check" in tags(cell):
            exercises += 1
            assert summary(new)[0].startswith("✗ ")
            make_lectures.run(answer(cells[i:]), variables)
            assert summary(make_lectures.outputs(text(cell), variables, 0))[0].startswith("✓ right at ")
    assert pages >= 3
    assert exercises == 4


def summary(outputs) -> list[str]:
    """The texts and formulas of the outputs of a cell; of a picture, the text that says what it shows."""
    texts = []
    for output in outputs:
        (content,) = [output["text"]] if "text" in output else output["data"].values()
        content = "".join(content)
        assert "<iframe" not in content
        texts.append(re.search(r'<img [^>]*alt="([^"]*)"', content)[1] if content.startswith("<div") else content)
    return texts


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_is_stored_as_it_was_run(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{i}" for i in range(1, len(notebook["cells"]) + 1)]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert path.read_text(encoding="utf-8") == make_lectures.as_text(notebook)
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_every_part_of_the_article_has_its_place(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lecture = "\n".join(map(text, cells))
    assert [part for part, words in PARTS_OF_THE_ARTICLE[path.stem].items() if words not in lecture] == []


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_has_aims_minutes_questions_and_a_summary(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    assert "**Aims** (45 minutes)" in prose
    assert "## Summary" in prose
    assert sum(map(int, re.findall(r"^## .* \((\d+) minutes\)$", prose, flags=re.M))) in range(36, 51)
    for before, cell in pairwise(cells):
        if re.search(r"viz\.(cost_curve|descent|cost_contour)\(", text(cell)):
            assert "**Guess first:**" in text(before)


def test_the_lectures_lead_to_one_another():
    names = {path.name for path in LECTURES}
    assert len(names) == 4
    for path in LECTURES:
        links = re.findall(r"\]\(([^)]*\.ipynb)\)", text(json.loads(path.read_text(encoding="utf-8"))["cells"][0]))
        assert {*links} == names - {path.name}
