"""What a hall sees: the whole graph, and numbers that are large enough, in every page of a graph on a projector."""

import re

import pytest

import viz
from viz.graph.description import describe

SIZE = """
    const view = document.getElementById("view").getBoundingClientRect();
    const svg = document.querySelector("#view svg"), texts = [...svg.querySelectorAll("text")];
    const shown = texts.map((text) => text.getBoundingClientRect()).filter(({ left, right, top, bottom }) =>
        left >= view.left && right <= view.right && top >= view.top && bottom <= view.bottom);
    const pixels = (role) => {
        const text = svg.querySelector(`.node .${role}`);
        return text.getScreenCTM().a * Number(text.getAttribute("font-size"));
    };
    return {
        number: pixels("data"), caption: pixels("caption"), visible: shown.length / texts.length,
        width: document.getElementById("view").clientWidth, height: document.getElementById("view").clientHeight,
        nodes: svg.querySelectorAll(".node").length, says: document.getElementById("small").textContent,
    };
"""


@pytest.fixture(scope="module")
def pages(lecture, lecture_names, tmp_path_factory):
    """The player and the explorer of each graph of at most 30 nodes, and one larger."""
    folder = tmp_path_factory.mktemp("pages")
    paths = []
    for name in lecture_names:
        output, options = lecture(name)
        for show in (viz.steps, viz.explore):
            paths.append(show(output, **options).save(folder / f"{show.__name__}-{name}.html"))
    return paths


def measured(page):
    """The sizes, once the page has seen the size of its window: it hears of that after it is loaded."""
    page.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return page.execute_script(SIZE)


@pytest.mark.full(cases=0)
@pytest.mark.parametrize("size", ["desktop", "hall"])
def test_the_whole_graph_is_seen_and_its_numbers_can_be_read_from_the_last_row(size, pages, browse):
    seen = {path.stem: measured(browse(path, size=size)) for path in pages}
    small = {name: page for name, page in seen.items() if page["nodes"] <= 30}
    assert len(small) > 50
    assert {name: page for name, page in small.items() if page["visible"] < 1.0} == {}
    least = {"desktop": 20.0, "hall": 30.0}[size]
    few = {name: page for name, page in small.items() if page["nodes"] <= 15}
    assert len(few) > 30
    assert {name: page for name, page in few.items() if page["number"] < least} == {}
    far = {"desktop": 24.0, "hall": 36.0}[size]
    assert {name: page for name, page in small.items() if (page["number"] < far) != bool(page["says"])} == {}


FRAMES = {"steps": (1240, 510), "explore": (960, 638)}  # the frames of the pages on a projector of 1280 by 720


def test_all_small_random_graphs_can_be_read_from_the_last_row(random_graph, browse):
    """The size of the text follows from that of the picture and its frame, which one page of each kind shows."""
    outputs = [random_graph(size, seed) for size in (12, 15) for seed in range(21)]
    outputs = [output for output in outputs if len(describe([output]).nodes) <= 15]
    assert len(outputs) > 40
    for show in (viz.steps, viz.explore):
        width, height = FRAMES[show.__name__]
        seen = browse(show(outputs[0])).execute_script(SIZE)
        assert seen["width"] - 4 >= width
        assert seen["height"] - 4 >= height
        for output in outputs:
            page = show(output)
            text = str(page.page() if show is viz.steps else page)
            sizes = [[*map(float, size)] for size in re.findall(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', text)]
            assert max(14 * min(width / x, height / y) for x, y in sizes) >= 20.0


def test_a_graph_that_is_not_whole_is_followed_at_a_size_that_can_be_read(lecture, browse):
    page = browse(viz.steps(lecture("mixed200")[0]), "#250").execute_script(SIZE)
    assert page["number"] > 16.0
    assert page["visible"] < 0.5


def test_the_size_follows_the_keys_and_the_buttons(lecture, browse):
    driver = browse(viz.steps(lecture("classic")[0]))
    first = driver.execute_script(SIZE)["number"]
    body = driver.switch_to.active_element
    body.send_keys("+")
    assert driver.execute_script(SIZE)["number"] == pytest.approx(1.25 * first, rel=1e-4)
    driver.find_element("id", "larger").click()
    assert driver.execute_script(SIZE)["visible"] < 1.0
    body.send_keys("0")
    assert driver.execute_script(SIZE)["number"] == pytest.approx(first, rel=1e-4)


def test_on_an_upright_phone_another_layout_takes_the_place_of_the_wide_one(lecture, browse):
    """It is at the same step, and so is the wide one when the phone is turned back."""
    driver = browse(viz.steps(lecture("softmax")[0]), "#12")
    read = """
        const texts = [...document.querySelectorAll("#view text[id]")];
        const { width, height } = document.querySelector("#view svg").viewBox.baseVal;
        return [Object.fromEntries(texts.map((text) => [text.id, text.textContent])), width / height];
    """
    wide, ratio = driver.execute_script(read)
    for turned in (True, False):
        metrics = {"width": 375 if turned else 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        shown, its_ratio = driver.execute_script(read)
        assert shown == wide
        assert its_ratio < 0.7 * ratio if turned else its_ratio == ratio


@pytest.mark.parametrize("size", [(844, 390), (640, 360)])  # a phone sideways, and a projector at 200 %
@pytest.mark.parametrize("show", [viz.steps, viz.explore])
def test_in_a_small_window_graph_and_buttons_are_beside_each_other(show, size, lecture, browse):
    driver = browse(show(lecture("logistic")[0]))
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    height, page, buttons = driver.execute_script(
        """
        const buttons = [...document.querySelectorAll(".tools button")].filter((button) => !button.hidden);
        const lowest = Math.max(...buttons.map((button) => button.getBoundingClientRect().bottom));
        return [view.clientHeight, document.documentElement.scrollHeight, lowest];
        """
    )
    assert height > 0.85 * size[1]
    assert page <= size[1]
    assert buttons <= size[1]
