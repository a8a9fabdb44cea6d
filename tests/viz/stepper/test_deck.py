"""A player on a slide of a deck, and under a finger."""

import pytest

import viz
from viz.pages.markup import element

DECK = """<!doctype html><meta charset="utf-8"><title>A deck</title><script>
  window.told = [];
  addEventListener("keydown", ({ key, keyCode }) => told.push([key, keyCode]));
  addEventListener("message", ({ data }) => told.push(JSON.parse(data)));
</script>"""


@pytest.fixture
def deck(browse, tmp_path):
    """A function that opens a page in a frame of another, with options of the frame, and puts the focus into it."""

    def deck(page, **options):
        outer = tmp_path / "deck.html"
        frame = element("iframe", srcdoc=str(page), width=900, height=600, **options)
        outer.write_text(f"{DECK}{frame}", encoding="utf-8")
        driver = browse(outer)
        driver.switch_to.frame(0)
        driver.find_element("tag name", "h1").click()
        return driver

    return deck


def press(driver, *keys):
    from selenium.webdriver.common.keys import Keys

    for key in keys:
        driver.find_element("tag name", "body").send_keys(getattr(Keys, key))


def told(driver, n):
    from selenium.webdriver.support.wait import WebDriverWait

    driver.switch_to.default_content()
    WebDriverWait(driver, 5, poll_frequency=0.05).until(lambda d: d.execute_script("return told.length") >= n)
    return driver.execute_script("return told")


def test_beyond_the_first_and_the_last_step_a_key_is_the_decks(deck, small):
    driver = deck(viz.steps(small).page())
    press(driver, "ARROW_RIGHT", "ARROW_LEFT", "ARROW_LEFT", "END", "PAGE_DOWN")
    assert told(driver, 2) == [["ArrowLeft", 37], ["PageDown", 34]]
    driver.switch_to.frame(0)
    assert driver.find_element("id", "position").text == "8 / 8"


def test_a_deck_of_another_origin_is_told_by_a_message(deck, small):
    driver = deck(viz.steps(small).page(), sandbox="allow-scripts")
    press(driver, "ARROW_LEFT", "END", "ARROW_RIGHT")
    assert told(driver, 2) == [{"method": "prev"}, {"method": "next"}]


def test_a_descent_gives_its_keys_on_too(deck):
    driver = deck(viz.descent(lambda x: x**2, 3.0, steps=2).page)
    press(driver, "ARROW_RIGHT", "ARROW_RIGHT", "ARROW_RIGHT")
    assert told(driver, 1) == [["ArrowRight", 39]]


def swipe(driver, id_, dx, dy):
    x, y = driver.execute_script(
        f"const box = document.getElementById('{id_}').getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]"
    )
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + dx, "y": y + dy}]),
        ("touchEnd", []),
    ):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_finger_sideways_leads_to_the_next_step_and_back(browse, small):
    driver = browse(viz.steps(small), "#2", size="phone")
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        positions = []
        for id_, dx, dy in (("says", -90, 8), ("view", -90, 0), ("says", 90, -8), ("says", 20, 0), ("says", -60, 80)):
            swipe(driver, id_, dx, dy)
            positions.append(driver.find_element("id", "position").text.split(" / ")[0])
        assert positions == ["3", "4", "3", "3", "3"]
    finally:
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
