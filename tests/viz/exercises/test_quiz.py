"""The page of a quiz: what it asks, what it hides, and what it says to an answer."""

import base64
import re

import pytest

import viz
from autodiff import Value
from viz.exercises.questions import ASKED, Questions
from viz.graph.description import describe

ANSWER = """
    answer.value = arguments[0];
    check.click();
    return says.textContent;"""


TOO_LARGE = (
    "quiz: expected a graph of at most 6 nodes, got 7; "
    "ask for a part of it (an inner node, one sample), or pass max_nodes=7"
)


def classic():
    """f = e² a, e = a b + c: a is used twice, and e too."""
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c")
    d = a * b
    d.label = "d"
    e = d + c
    e.label = "e"
    f = e * e * a
    f.label = "f"
    return f


@pytest.fixture
def blanks():
    questions = Questions(describe([classic()]).named(), 4)
    return {blank.question.name: blank for blank in questions.blanks(ASKED)}


def test_a_blank_has_its_rule_its_number_and_its_steps(blanks):
    assert [*blanks][:3] == ["d", "∂d/∂a", "∂d/∂b"]
    assert [*blanks][-6:] == ["df/dv₁", "df/de", "df/dc", "df/dd", "df/db", "df/da"]
    assert (blanks["d"].question.rule, blanks["d"].question.hint) == ("= a·b", "Compute 2·(−3).")
    assert blanks["∂d/∂a"].question.rule == "for d = a·b"
    gradient = blanks["df/da"]
    assert gradient.question.rule == "= df/dd · ∂d/∂a + df/df · ∂f/∂a"
    assert gradient.number == -32.0
    said = ["".join(text for _, text in sentence) for sentence in gradient.steps]
    assert said[0] == "df/da += df/df · ∂f/∂a = 1 · 16 = 16; so far 16."
    wrong = ["".join(text for _, text in sentence) for sentence in gradient.wrong["overwrite"]]
    assert wrong[1] == "df/da = df/dd · ∂d/∂a = 8 · (−3) = −24; it now holds −24."
    assert gradient.question.hint == "a is used along 2 edges: the products of all of them come back."


def test_the_page_says_what_the_mistake_was_and_shows_the_step(browse):
    driver = browse(viz.quiz(classic(), ask="grad"))
    assert driver.find_element("id", "asked").text == "1 of 6, 0 done"
    assert driver.find_element("id", "rule").text == "df/dv₁ = df/df · ∂f/∂v₁\n= 1 · 2"
    said = driver.execute_script(ANSWER, "1/2*4")
    assert said.startswith("Right. Enter leads on.\ndf/dv₁ += df/df · ∂f/∂v₁ = 1 · 2 = 2.")
    driver.find_element("id", "check").click()
    assert driver.find_element("id", "rule").text.endswith("(edge 2)\n= 2 · 4 + 2 · 4")
    said = driver.execute_script(ANSWER, "8")
    assert said.startswith(
        "8 is not right. This number comes from a wrong backward pass. A node keeps the last product"
    )
    assert "\nOr: The path through ∂v₁/∂e (edge 1) is missing." in said
    assert driver.find_element("id", "answer").get_attribute("aria-invalid") == "true"
    driver.find_element("id", "show").click()
    said = driver.execute_script("return says.textContent")
    assert said.startswith("With the mistake:\ndf/de = df/dv₁ · ∂v₁/∂e (edge 1) = 2 · 4 = 8; it now holds 8.")
    assert said.endswith("in all 16.")
    assert driver.execute_script(ANSWER, "16") != ""
    assert driver.execute_script(ANSWER, "two").startswith("Expected a number, or a formula such as 2*3")
    assert driver.execute_script(ANSWER, "16.5").endswith("It is close: give three significant digits, or a formula.")
    assert driver.execute_script(ANSWER, "1234").endswith("No known mistake gives this number; a hint may help.")
    driver.execute_script("summary.showPopover()")
    rows = driver.execute_script("return [...rows.rows].map((row) => [...row.cells].map((cell) => cell.textContent))")
    assert [row[:3] for row in rows[:3]] == [
        ["df/dv₁", "1/2*4", "right"],
        ["df/de", "8", "shown"],
        ["df/dc", "16.5, 1234", "open"],
    ]
    assert driver.find_element("id", "total").text == "1 of 6 right, 1 at the first try."
    driver.execute_script("summary.hidePopover()")
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    assert len(re.findall(rb"/Type /Page\b", base64.b64decode(printed))) == 2  # the graph, and the summary


def test_what_is_asked_is_neither_in_the_graph_nor_in_its_table(browse):
    driver = browse(viz.quiz(classic()))
    shown = "return [...document.querySelectorAll('#view [id$=grad], #view [id$=partial]')].map((x) => x.textContent)"
    assert {*driver.execute_script(shown)} == {"?", "1"}  # 1: df/df
    table = driver.execute_script("return help.textContent")
    assert "32" not in table
    assert "−6" not in table
    assert "32" not in driver.execute_script("return document.querySelector('#view svg').getAttribute('aria-label')")
    level = "level.value = arguments[0]; level.dispatchEvent(new Event('change'))"
    driver.execute_script(level, "2")
    assert "4" in driver.execute_script(shown)
    assert driver.find_element("id", "asked").text == "1 of 6, 0 done"
    driver.execute_script(level, "3")
    assert driver.find_element("id", "asked").text == "1 of 3, 0 done"
    assert driver.find_element("id", "rule").text == "df/dc = df/de · ∂e/∂c\n= ? · 1"


def test_a_function_is_asked_with_the_names_of_its_variables():
    def cost(w, x, y):
        guess = w * x
        return (guess - y) ** 2

    names = [row[2] for row in viz.quiz(cost, 2.0, x=3.0, y=1.0, ask="grad")._data["blanks"]]
    assert names == ["dcost/dv₁", "dcost/dy", "dcost/dguess", "dcost/dx", "dcost/dw"]


def test_keys_answer_and_lead_on(browse):
    from selenium.webdriver.common.keys import Keys

    driver = browse(viz.quiz(classic(), ask=["data"]))
    field = driver.find_element("id", "answer")
    width = "return document.querySelector('.graph').getAttribute('width')"
    before = driver.execute_script(width)
    field.send_keys("-3*2-0+0", Keys.ENTER)
    assert driver.execute_script(width) == before  # + and 0 are written here, and change no size
    assert driver.find_element("id", "says").text.startswith("Right.")
    field.send_keys(Keys.ENTER)
    assert driver.find_element("id", "name").text == "e ="
    field.send_keys(Keys.PAGE_DOWN)
    assert driver.find_element("id", "name").text == "v₁ ="
    driver.find_element("css selector", "#view .output").click()
    assert driver.find_element("id", "name").text == "f ="


def test_a_phone_has_room_for_fingers(browse):
    driver = browse(viz.quiz(classic()), size="phone")
    driver.execute_script(ANSWER, "6")
    small = """return [...document.querySelectorAll('#card button, #card input, #card select')]
        .filter((x) => x.getBoundingClientRect().height < 44).map((x) => x.id)"""
    assert driver.execute_script(small) == []
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_the_blank_is_in_sight_in_a_graph_larger_than_its_frame(browse, deep):
    driver = browse(viz.quiz(deep(10)), size="phone")
    seen = """
        next.click();
        const [blank, frame] = [document.querySelector('.graph .now'), view].map((x) => x.getBoundingClientRect());
        return blank.left > frame.left && blank.right < frame.right
            && blank.top > frame.top && blank.bottom < frame.bottom"""
    assert [driver.execute_script(seen) for _ in range(20)] == [True] * 20


def test_numbers_that_are_not_finite_are_shown():
    out = Value(1e308, "a") * Value(10.0, "b") + Value(1.0, "c")
    names = [row[2] for row in viz.quiz(out)._data["blanks"]]
    assert "∂v₁/∂a" in names
    assert not {"v₁", "f"} & {*names}


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: viz.quiz(2.0), TypeError, "quiz: expected a Value as output, got float"),
        (
            lambda: viz.quiz(lambda x: 1.0, x=2.0),
            TypeError,
            (
                "quiz: expected <lambda> to return a Value, got float; "
                "compute with Values, by autodiff's functions and not math's"
            ),
        ),
        (
            lambda: viz.quiz(classic(), ask=3),
            ValueError,
            "quiz: expected ask to hold some of data, partials, grad, got 3",
        ),
        (
            lambda: viz.quiz(classic(), aks="grad"),
            TypeError,
            "quiz: expected a Value and options, or a function and its arguments, got 'aks'",
        ),
        (
            lambda: viz.quiz(classic(), ask=["grads"]),
            ValueError,
            "quiz: expected ask to hold some of data, partials, grad, got grads",
        ),
        (
            lambda: viz.quiz(Value(2.0, "x")),
            ValueError,
            "quiz: expected a graph with numbers to ask for, got Value(data=2.0, grad=0.0, label='x'), which has none",
        ),
        (
            lambda: viz.quiz(classic(), max_nodes=6),
            ValueError,
            TOO_LARGE,
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(call, error, said):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == said
