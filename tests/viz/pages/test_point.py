"""Numbers below each other are aligned at their point, in every table and list of a page."""

import pytest

import viz
from autodiff import Value, exp

PLACE = """
const place = (element) => {
  const text = element.firstChild;
  const range = document.createRange();
  const point = text.data.match(/^−?\\d*/)[0].length;
  range.setStart(text, 0);
  range.setEnd(text, point);
  return range.getBoundingClientRect().right;
};
return [...document.querySelectorAll(arguments[0])].map((element) => [element.textContent, place(element)]);
"""


def places(driver, selector):
    """The text of each number, and where its point is."""
    return dict(map(tuple, driver.execute_script(PLACE, selector)))


def graph():
    w, x, b = Value(-1.0, "w"), Value(120.0, "x"), Value(0.25, "b")
    return exp(-(w * x) / 100.0) - b


def moved(page):
    page.execute_script("const field = document.querySelector('[type=number]'); field.value = 3.5;")
    page.execute_script("document.querySelector('[type=number]').dispatchEvent(new Event('input', { bubbles: true }));")


@pytest.mark.parametrize("make", [viz.explore, lambda f: viz.steps(f).page()], ids=["explore", "steps"])
def test_the_numbers_of_the_table_of_a_graph(make, browse):
    driver = browse(make(graph()), "#20")
    driver.execute_script("document.querySelector('#help').showPopover();")
    for column in (3, 4):
        at = places(driver, f"#help td:nth-child({column})")
        assert len(at) > 3
        assert max(at.values()) - min(at.values()) < 1.5, at  # a minus is not quite as wide as a digit


def test_the_numbers_of_the_table_follow_the_sliders(browse):
    driver = browse(viz.explore(graph()))
    moved(driver)
    driver.execute_script("document.querySelector('#help').showPopover();")
    at = places(driver, "#help td:nth-child(3)")
    assert "3.5" in at
    assert max(at.values()) - min(at.values()) < 1.5


@pytest.mark.parametrize(
    "figure",
    [viz.descent(lambda x: (x - 12) ** 2, 3.0), viz.cost_contour(lambda m, c: m * m + 30.0 * c, (-0.5, 10.25))],
    ids=["curve", "map"],
)
def test_the_numbers_beside_a_descent(figure, browse):
    at = places(browse(figure.page), ".numbers b")
    assert len(at) > 3
    assert any(text.startswith("−") for text in at)
    assert max(at.values()) - min(at.values()) < 1.5


def test_the_ticks_beside_a_chart(browse):
    driver = browse(viz.descent(lambda x: x * x / 10.0 - 0.2, 3.0).page)
    ticks = """
        return [...document.querySelectorAll(".tick.end")].map(({ textContent, firstChild: whole }) =>
            [textContent, whole.getEndPositionOfChar(whole.textContent.length - 1).x]);
    """
    at = dict(map(tuple, driver.execute_script(ticks)))
    assert {"0", "0.8", "1"} <= at.keys()
    assert max(at.values()) - min(at.values()) < 0.1
