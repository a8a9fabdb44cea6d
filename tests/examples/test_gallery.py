"""The gallery shows what its own code saves. The code itself runs with that of all documents."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_every_picture_is_saved_by_the_code_above_it(page):
    for picture in re.finditer(r"!\[.*?\]\(images/gallery/(.*?)\.(\w+)\)", page):
        saved = re.findall(r'"([\w-]+)\.(?:svg|png|html|gif|pdf)"', page[: picture.start()])
        assert picture[1] in saved


def test_every_picture_is_shown_and_they_are_small(page):
    pictures = [*(DOCS / "images" / "gallery").iterdir()]
    assert {f"images/gallery/{path.name}" for path in pictures} == {*re.findall(r"\((images/gallery/.*?)\)", page)}
    assert sum(path.stat().st_size for path in pictures) < 3_000_000


def test_the_flowchart_that_is_shown_is_the_one_that_is_printed(page):
    (chart,) = re.findall(r"```mermaid\n(.*?)```", page, flags=re.S)
    assert chart in page.split("```mermaid")[0]
