"""Pages for everyone: axe-core, keys, the help, and the table behind a graph."""

import pytest

import viz
from autodiff import Value
from nn import MLP
from viz.stepper.player import KEYS

FOUND = """
    const done = arguments[0];
    const said = (node) => `${node.html.slice(0, 120)} ${node.failureSummary}`;
    axe.run(document, {resultTypes: ["violations"]}).then((results) => done(
      results.violations.map((one) => `${one.id}: ${one.nodes.map(said).join("; ")}`)));
"""


@pytest.fixture(scope="session")
def axe(npm):
    """The script of axe-core, which tests a page by the rules of WCAG."""
    return (npm("axe-core") / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.full
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_any_page(every_page, dark, browse, axe):
    driver = browse(every_page, dark=dark)
    driver.execute_script(axe)
    assert driver.execute_async_script(FOUND) == []
    if driver.find_elements("id", "nudged"):
        driver.execute_script("nudged.selectedIndex = 1; nudged.onchange()")
        assert driver.execute_async_script(FOUND) == []
    if driver.find_elements("id", "help-button"):
        driver.find_element("id", "help-button").click()
        assert driver.execute_async_script(FOUND) == []


@pytest.fixture
def pressed(browse):
    """A function that presses keys on a page of steps and returns the step after each."""
    from selenium.webdriver.common.keys import Keys

    def pressed(driver, *keys):
        positions = []
        for key in keys:
            driver.switch_to.active_element.send_keys(getattr(Keys, key, key))
            positions.append(int(driver.find_element("id", "position").text.split(" / ")[0]))
        return positions

    return pressed


def test_the_help_names_every_key_of_the_player(browse, small):
    driver = browse(viz.steps(small))
    moves = driver.execute_script("return document.querySelector('script:not([type])').textContent")
    names = {"ArrowRight": "→", "ArrowLeft": "←", "ArrowUp": "↑", "ArrowDown": "↓", "PageDown": "Page Down"}
    names |= {"PageUp": "Page Up", "Home": "Home", "End": "End", '" "': "Space", "f": "F", "p": "P"}
    listed = " ".join(KEYS)
    for key, name in names.items():
        assert f"{key}: " in moves
        assert name in listed
    driver.find_element("id", "help-button").click()
    shown = driver.find_element("id", "help").text
    assert all(text in shown for item in KEYS.items() for text in item)


def test_one_letter_keys_can_be_switched_off(browse, small):
    driver = browse(viz.steps(small))
    play = driver.find_element("id", "play")

    def after_p():
        driver.find_element("tag name", "body").send_keys("p")
        return play.text

    assert [after_p(), after_p()] == ["Pause", "Play"]
    driver.execute_script("letters.checked = false")
    assert after_p() == "Play"
    width = "return document.querySelector('.graph').getAttribute('width')"
    before = driver.execute_script(width)
    driver.find_element("tag name", "body").send_keys("+")
    assert driver.execute_script(width) == before
    driver.execute_script("letters.checked = true")
    driver.find_element("tag name", "body").send_keys("+")
    assert float(driver.execute_script(width)) > float(before)


def test_arrows_scroll_a_graph_larger_than_its_frame_and_step_elsewhere(browse, deep, pressed):
    driver = browse(viz.steps(deep(20), rankdir="LR"))
    driver.execute_script("view.style.width = '300px'; view.scrollLeft = 0; view.focus()")
    assert driver.execute_script("return view.scrollWidth > view.clientWidth")
    assert pressed(driver, "ARROW_RIGHT", "ARROW_RIGHT") == [0, 0]
    wait = "return new Promise((done) => setTimeout(() => done(view.scrollLeft), 400))"
    assert driver.execute_script(wait) > 0
    driver.execute_script("view.blur()")
    assert pressed(driver, "ARROW_RIGHT") == [1]


CELLS = """
    const cells = [...document.querySelectorAll("#help [id^=t-]")];
    return Object.fromEntries(cells.map((cell) => [cell.id.slice(2), cell.textContent]));"""


def test_a_table_behind_the_player_has_every_number_at_every_step(browse, small):
    steps = viz.steps(small)
    driver = browse(steps)
    for step in steps:
        cells = driver.execute_script(CELLS)
        assert {key: cells[key] for key in step.state.texts} == dict(step.state.texts)
        driver.find_element("tag name", "body").send_keys("\ue014")


def test_a_table_behind_the_explorer_follows_its_sliders(browse, move):
    x = Value(2.0, "x")
    out = x * x
    driver = browse(viz.explore(out, {x: (-3.0, 3.0)}))
    move(driver, 0, 1.5)
    cells = driver.execute_script(CELLS)
    assert (cells["n0.data"], cells["n1.data"], cells["n0.grad"], cells["e0.partial"]) == ("1.5", "2.25", "3", "1.5")


def test_a_table_says_what_a_node_is_computed_from(browse, small):
    driver = browse(viz.steps(small))
    driver.find_element("id", "help-button").click()
    rows = driver.execute_script("return [...document.querySelectorAll('#help tr')].map((row) => row.innerText)")
    assert rows[0].split("\t") == ["node", "computed from", "data", "gradient", "local derivatives"]
    assert rows[3].startswith("c\ta × b\t")


@pytest.mark.parametrize("make", [viz.steps, viz.explore])
def test_a_page_has_a_legend_on_the_screen_and_in_print(make, browse, small):
    driver = browse(make(small))
    legend = driver.find_element("class name", "legend")
    assert "∂ node / ∂ operand" in legend.text
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert legend.is_displayed()
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_legend_of_the_explorer_tells_sliders_from_parameters(browse):
    w, x = Value(2.0, "w"), Value(3.0, "x")
    model = MLP(1, [1])
    for page, tinted in ((viz.explore(w * x), False), (viz.explore(model([x]), {x: (0.0, 5.0)}, clusters=model), True)):
        text = browse(page).find_element("class name", "legend").text
        assert "yellow: a leaf with a slider" in text
        assert ("tinted: a parameter" in text) == tinted


def test_the_derivatives_in_a_sentence_are_mathematics(browse, small):
    steps = viz.steps(small)
    driver = browse(steps, "#5")
    quotients = driver.execute_script("""
        return [...document.querySelectorAll("#says math")].map((math) => [...math.children].map((e) => e.textContent));
        """)
    assert quotients[:3] == [
        ["d", "f", "/", "d", "a"],
        ["d", "f", "/", "d", "f"],
        ["∂", "f", "/", "∂", "a"],
    ]
    assert driver.find_element("id", "says").get_attribute("textContent") == str(steps[5])


def test_the_explorer_announces_the_output_and_the_gradient(browse, move):
    x = Value(2.0, "x")
    driver = browse(viz.explore(x * x, {x: (-3.0, 3.0)}))
    move(driver, 0, 1.5)
    announced = [status.text for status in driver.find_elements("css selector", "[role=status]")]
    assert announced[0].split("\n") == ["f = 2.25", "df/dx = 3"]


@pytest.mark.parametrize("every_page", ["steps of neurons"], indirect=True)
def test_the_legend_of_a_network_is_another(every_page, browse):
    text = browse(every_page).find_element("class name", "legend").text
    assert "δ: d cost / dz" in text
    assert "on a line: the weight" in text
    assert "square corners" not in text


@pytest.mark.full
def test_the_picture_of_a_page_says_its_graph(every_page, browse):
    driver = browse(every_page)
    for alt in driver.execute_script("return [...document.querySelectorAll('svg.graph')].map((e) => e.ariaLabel)"):
        assert alt.startswith("Computation graph of ")
        assert " = " in alt
