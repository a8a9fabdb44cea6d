"""The how-to pages of the test kit do what they say; those on a library run where it is installed."""

import doctest

import pytest

PAGES = ["check-numpy", "check-numba", "check-torch", "check-jax"]


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_gives_what_it_prints(page, root):
    pytest.importorskip(page.removeprefix("check-"))
    path = root / "docs" / "how-to" / f"{page}.md"
    failed, tried = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried > 5
    assert failed == 0


def test_every_page_is_run(root):
    assert sorted(path.stem for path in (root / "docs" / "how-to").glob("check-*.md")) == sorted(PAGES)
