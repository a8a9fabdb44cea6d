"""The examples and the documents do what they say."""

import doctest
import importlib.util
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """A function that runs an example in an empty folder and returns what it prints."""

    def run_example(name: str, *arguments: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
        example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(example)
        assert not example.main()
        return capsys.readouterr().out

    return run_example


def test_the_article_tells_its_story_and_draws_its_graphs(run, tmp_path):
    story = run("article")
    assert "the sum of (f(x) - y^) x, by hand: +5.00    by the engine: +5.00" in story
    assert "dC/dm = ∂C/∂C(A) · ∂C(A)/∂s(A) · ∂s(A)/∂f(A) · ∂f(A)/∂m\n" in story  # written by `viz.derive`
    assert "df/dx = 4 x y^3   = 27    by the engine: 27" in story
    assert "m = -0.500000, c = 2.500000" in story
    assert "and so on: all 17 agree to 1e-12" in story
    recursion = re.findall(r"sigma'\(z\d\) += (.*)\n +read off the graph += (.*)\n", story)
    assert len(recursion) == 2
    assert all(by_formula == by_engine for by_formula, by_engine in recursion)
    right = [int(n) for n in re.findall(r"^ +\d+ +0\.\d{4} +(\d+)$", story, flags=re.M)]
    assert right[-1] >= 180 > right[0]  # of 200, before and after training
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["figure-1.html", "figure-2.html", "line.svg", "network.svg", "polynomial.svg"]


def accuracy(story):
    """The percentage in the last line."""
    return float(re.search(r"(\d+\.\d) ?%", story.splitlines()[-1])[1])


def test_digits_are_learned(run):
    assert accuracy(run("digits")) >= 95.0


@pytest.mark.full
def test_digits_of_784_pixels_are_learned_by_the_author_s_network(run):
    story = run("digits", "--size", "784", "--epochs", "30")
    assert accuracy(story) >= 90.0
    assert "on llvm" in story


@pytest.mark.full
def test_digits_are_learned_eagerly_too_from_a_short_run(run):
    story = run("digits", "--epochs", "2", "--backend", "eager")
    assert story.endswith(" on eager\n")
    assert accuracy(story) > 50.0  # guessing gives 10 %


def test_moons_are_told_apart_and_drawn(run, tmp_path):
    story = run("moons")
    assert "accuracy 100.0%" in story
    svg = ElementTree.parse(tmp_path / "out" / "moons.svg").getroot()
    assert len(svg.findall("{*}circle")) == 100
    assert len(svg.findall("{*}g/{*}rect")) > 2000


def test_the_regression_finds_the_least_squares_solution(run):
    story = run("regression")
    assert "stopped by gradient" in story
    assert float(re.search(r"difference to least squares: (\S+)", story)[1]) < 1e-5
    shares = re.findall(r"explains (\S+)%", story)
    assert shares
    assert all(float(share) > 40.0 for share in shares)


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "check-jax.md",
    "check-numba.md",
    "check-numpy.md",
    "check-torch.md",
}  # tests/autodiff/testing/test_how_to.py


@pytest.mark.full
@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.name not in ELSEWHERE], ids=lambda path: path.name)
def test_the_code_in_a_document_gives_what_it_prints(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "examples")  # docs/engine.md imports the engine on one page
    failed, _ = doctest.testfile(str(path), module_relative=False)
    assert failed == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path):
    for link in re.findall(r"\]\(([^)#]+)", path.read_text()):
        assert link.startswith("https://") or (path.parent / link).exists(), link


def test_every_place_that_contributing_names_exists():
    places = re.findall(
        r"`((?:autodiff|nn|viz|tests|docs|examples|benchmarks)/[\w./-]*)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert len(places) > 20
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_every_document_has_a_place_in_the_site():
    listed = re.findall(r"^[\w/-]+$", (ROOT / "docs" / "index.md").read_text(), re.MULTILINE)
    pages = [path for kind in ("md", "ipynb") for path in (ROOT / "docs").rglob(f"*.{kind}") if "api" not in path.parts]
    names = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in pages}
    assert sorted(listed) == sorted(names - {"index"})


def test_a_lecture_on_a_function_of_one_s_own_is_thirty_lines_and_small_pages(monkeypatch, tmp_path):
    text = (ROOT / "docs" / "how-to" / "lecture.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    lines = [line for block in blocks for line in block.splitlines() if line]
    assert len(lines) < 30
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_examples(blocks[0])
    exec("".join(example.source for example in examples), {})
    pages = [path.stat().st_size for path in tmp_path.glob("*.html")]
    assert len(pages) == 6
    assert max(pages) < 2_000_000
