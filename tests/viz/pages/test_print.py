"""Pages on paper: whole, light, and without what only a screen can do."""

import base64
import re

import pytest

from viz.style.palette import LIGHT

ON_PAPER = """
    const seen = (e) => { const box = e.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
    const all = [...document.querySelectorAll("body *")].filter(seen);
    const within = (e) => e.getBoundingClientRect().right <= innerWidth + 1 && e.getBoundingClientRect().left >= -1;
    const named = (elements) => elements.map((e) => e.outerHTML.slice(0, 80));
    return {
      hands: named(all.filter((e) => e.matches("button, select, input[type=range]"))),
      cut: named(all.filter((e) => !within(e) && !e.closest("clipPath, .chart"))),
      scrolls: named(all.filter((e) => getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1
        && !e.closest("svg, math, input"))),
      paper: getComputedStyle(document.body).backgroundColor,
      graphs: all.filter((e) => e.matches("svg.graph")).map((e) => {
        const box = e.getBoundingClientRect(), {width, height} = e.viewBox.baseVal;
        return [box.width / width, box.height / height];
      }),
    };"""


@pytest.mark.full
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_in_print_is_whole_and_light_and_has_no_buttons(every_page, dark, browse):
    driver = browse(every_page, dark=dark)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [scheme]})
    try:
        shown = driver.execute_script(ON_PAPER)
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown["hands"] == []
    assert shown["cut"] == []
    assert shown["scrolls"] == []
    channels = [int(LIGHT["paper"][i : i + 2], 16) for i in (1, 3, 5)]
    assert shown["paper"] == f"rgb({', '.join(map(str, channels))})"
    for scales in shown["graphs"]:
        assert min(scales) > 0.3


@pytest.mark.full
def test_a_page_prints_on_one_sheet(every_page, browse):
    driver = browse(every_page)
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pdf = base64.b64decode(printed["data"])
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


@pytest.mark.full
@pytest.mark.parametrize("every_page", ["cost_curve", "descent", "cost_contour"], indirect=True)
def test_a_chart_is_drawn_anew_for_paper(browse, every_page):
    driver = browse(every_page)
    boxes = "return [...document.querySelectorAll('.chart')].map((e) => e.getAttribute('viewBox'))"
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert set(driver.execute_script(boxes)) == {"0 0 680 360"}
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert "0 0 680 360" not in driver.execute_script(boxes)
