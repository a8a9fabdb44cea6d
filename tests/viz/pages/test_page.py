"""Pages: what is put in is text, nothing is loaded, and a page is on disk whole or not at all."""

import json
import math
import re

import pytest

from viz.pages.markup import Html, element
from viz.pages.page import Page, json_in_html
from viz.style.palette import DARK, LIGHT

NASTY = [
    "<img src=x onerror=\"document.title='obeyed'\">",
    "</script><script>document.title='obeyed'</script>",
    "<!-- <script>",
    "&lt; \"quoted\" 'twice'",
    "\u2028\u2029 é ∂ 日本 \x00 \ud800",
]
SHOW = "document.getElementById('data-here').textContent = data.label;"


@pytest.mark.parametrize("label", NASTY)
def test_whatever_is_put_into_a_page_is_shown_as_text(label, browse):
    body = element("p", label, id="text", title=label), element("p", id="data-here")
    driver = browse(Page(f"title {label}", *body, js=SHOW, data={"label": label}))
    expected = re.sub("[\x00\ud800]", "\ufffd", label)
    read = "const e = document.getElementById(arguments[0]); return [e.textContent, e.title]"
    assert driver.execute_script(read, "text") == [expected, expected]
    assert driver.execute_script(read, "data-here")[0] == expected
    assert driver.execute_script("return document.title.replaceAll('\\u2028', '')").startswith("title ")
    assert driver.execute_script("return document.images.length") == 0


def test_the_second_lock_a_script_or_picture_that_gets_in_as_html_is_not_obeyed(chromium, tmp_path):
    """The policy of the page stops it; Chromium says so in the console, so this is not for `browse`."""
    smuggled = Html(
        "<script>document.title = 'obeyed'</script>"
        "<img src='http://127.0.0.1:9/picture.png' onerror=\"document.title = 'obeyed'\">"
    )
    page = Page("title", smuggled, js="document.body.dataset.own = 'ran'")
    chromium.get(page.save(tmp_path / "page.html").as_uri())
    assert chromium.title == "title"
    assert chromium.execute_script("return document.body.dataset.own") == "ran"
    said = " ".join(entry["message"] for entry in chromium.get_log("browser"))
    assert "Executing inline script violates" in said
    assert re.search(r"Loading the image '\S+' violates", said)


def test_a_script_of_ours_that_speaks_of_script_runs(browse):
    driver = browse(Page("title", js="document.title = '</script>' + '<!--' + data[0];\r\n", data=["&"]))
    assert driver.title == "</script><!--&"


@pytest.mark.parametrize("number", [1.5, -0.0, 1e-320, math.nan, math.inf, -math.inf])
def test_numbers_arrive_in_the_script_bit_by_bit(number, browse):
    script = "document.title = String(Number(data)) + (Object.is(Number(data), -0) ? ' -' : '')"
    driver = browse(Page("title", js=script, data=number))
    said = driver.title.split()
    arrived = math.nan if said[0] == "NaN" else float(said[0].replace("Infinity", "inf")) * (-1.0 if said[1:] else 1.0)
    assert repr(arrived) == repr(number)


def test_json_holds_no_character_that_html_reads():
    text = json_in_html({"a": ["<&>", "\u2028", "é"], "b": (1, None, True)})
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == {"a": ["<&>", "\u2028", "é"], "b": [1, None, True]}


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_follows_the_readers_colors_and_width(size, dark, browse):
    driver = browse(Page("title", element("h1", "A heading " + "long" * 60), "text " * 100), size=size, dark=dark)
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    expected = (DARK if dark else LIGHT)["paper"]
    assert ground == f"rgb({', '.join(str(int(expected[i : i + 2], 16)) for i in (1, 3, 5))})"
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert driver.execute_script("return parseFloat(getComputedStyle(document.body).fontSize)") >= 16


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_meets_its_ground_with_the_contrast_of_wcag_aa(colors, contrast):
    grounds = ("paper", "panel", "leaf", "parameter", "operation", "sender", "receiver")
    for text in ("ink", "muted", "data", "grad", "partial"):
        for ground in grounds:
            assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    for line in ("line", "focus", "grad"):
        for ground in ("paper", "panel"):
            assert contrast(colors[line], colors[ground]) >= 3.0, (line, ground)


def test_contrast_is_that_of_the_standard(contrast):
    """The example of WCAG's own understanding document: #767676 on white is just enough."""
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_a_page_in_a_notebook_is_a_frame_in_which_its_script_runs(browse, tmp_path):
    frame = Page("inner", element("p", id="data-here"), js=SHOW, data={"label": "<b>"})._repr_html_()
    outer = tmp_path / "notebook.html"
    outer.write_text(f"<!doctype html><meta charset=utf-8><title>outer</title>{frame}", encoding="utf-8")
    driver = browse(outer)
    driver.switch_to.frame(0)
    assert driver.execute_script("return document.getElementById('data-here').textContent") == "<b>"


def test_a_page_is_saved_as_html_only(tmp_path, refuses):
    with refuses(ValueError, "save: expected a file name that ends in .html, got 'page.txt'"):
        Page("title").save(tmp_path / "page.txt")
