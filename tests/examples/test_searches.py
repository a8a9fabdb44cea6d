"""What a newcomer types into the search of the site is on the page with the answer.

The search gives the pages that have all of its words.
"""

import pkgutil

import pytest

SEARCHES = {  # and the page, or the object that has a page of its own
    "install own project": "docs/how-to/install.md",
    "windows": "docs/how-to/install.md",
    "run tests long": "docs/how-to/install.md",
    "import name": "docs/how-to/install.md",
    "micrograd": "docs/how-to/from-micrograd.md",
    "minimize": "docs/how-to/scipy.md",
    "hessian program": "docs/how-to/hessian.md",
    "compiling pays": "docs/how-to/backend.md",
    "tolerance double": "docs/testing.md",
    "article": "docs/index.md",
    "trust notebook": "docs/gallery.md",
    "eager loop": "docs/program.md",
    "functions erf": "docs/conventions.md",
    "step level show": "viz.steps",
    "draw rankdir": "viz.draw",
    "epochs fit": "nn.fit",
}


@pytest.mark.parametrize(("words", "place"), SEARCHES.items(), ids=SEARCHES)
def test_a_search_finds_the_page_that_answers_it(words, place, root):
    text = (root / place).read_text(encoding="utf-8") if place.endswith(".md") else pkgutil.resolve_name(place).__doc__
    assert [word for word in words.split() if word not in f"{place} {text}".lower()] == []
