"""A page of each kind as text: its elements, its style sheet, its script and its data name the same things."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from viz.exercises.mistakes import KINDS

ASSETS = "\n".join(
    path.read_text(encoding="utf-8") for path in (Path(__file__).parents[3] / "viz" / "assets").glob("*.[cj]s*")
)
WORDS = {*re.findall(r"[\w-]+", ASSETS)}
TAGS = """
    html head meta link title style body main script template section div p h1 h2 h3 ul ol li dl dt dd span b i em
    strong code pre br a figure table thead tbody tr th td button input select option optgroup label datalist details
    summary output form fieldset legend kbd small svg g path text tspan rect circle line polygon
    math mrow mi mo mn mtext mspace mfrac msup msub msubsup msqrt mover munder mtable mtr mtd mphantom mstyle
    """
ATTRIBUTES = """
    accent aria-controls aria-describedby aria-expanded aria-label aria-live aria-pressed autocapitalize autocomplete
    charset checked class colspan content d data-box data-digits data-folded data-holds data-key data-pad data-room
    data-value data-whole display displaystyle font-family font-size font-style font-weight for form height hidden href
    http-equiv id inputmode label lang list lspace max maxlength min name popover popovertarget popovertargetaction rel
    role rspace scope selected spellcheck step stroke-width tabindex text-anchor title type value viewbox width x xmlns
    y dy
    """
VALUES = {
    "aria-expanded": "true false",
    "aria-live": "polite",
    "aria-pressed": "true false",
    "autocapitalize": "off",
    "autocomplete": "off",
    "display": "block inline",
    "displaystyle": "true",
    "font-style": "italic",
    "font-weight": "bold",
    "form": "prefix infix postfix",
    "inputmode": "decimal",
    "popovertargetaction": "hide",
    "role": "img group region status",
    "scope": "row col",
    "spellcheck": "false",
    "tabindex": "0 -1",
    "text-anchor": "middle end",
    "type": "button range number checkbox text submit application/json",
}
NUMBERS = "colspan font-size height max maxlength min step stroke-width width x y dy data-digits"
LISTINGS = {"source0", "loop", "example"}  # classes of code that no rule needs


class Page(HTMLParser):
    """The elements of a page with their attributes, and its style sheet, script and data."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._inside = [], {"style": "", "script": "", "data": ""}, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        is_code = tag in ("style", "script")
        self._inside = "data" if ("id", "data") in attributes else tag if is_code else ""

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, text):
        if self._inside:
            self.texts[self._inside] += text


def words(attributes, name):
    return attributes.get(name, "").split()


def keys(data):
    """The keys of all objects in the data of a page, without those that are numbers or their names."""
    if isinstance(data, dict):
        yield from (key for key in data if not re.search(r"\d", key))
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from keys(part)


def check_words(page):
    """Only attributes and values that HTML, SVG and MathML know, and classes and data that a rule or a script reads."""
    assert {tag for tag, _ in page.elements} - {*TAGS.split()} == set()
    names = {name for _, attributes in page.elements for name in attributes}
    assert names - {*ATTRIBUTES.split()} == set()
    for name, allowed in VALUES.items():
        values = {attributes[name] for _, attributes in page.elements if name in attributes}
        assert values - {*allowed.split()} == set(), name
    for name in NUMBERS.split():
        values = {attributes[name] for _, attributes in page.elements if name in attributes} - {"any", "100%"}
        assert [value for value in values if not re.fullmatch(r"-?[\d.]+(?:e-?\d+)?(?:pt|em)?", value)] == [], name
    classes = {one for _, attributes in page.elements for one in words(attributes, "class")}
    assert classes - WORDS - LISTINGS == set()
    script, data = page.texts["script"], json.loads(page.texts["data"] or "null")
    names = {attributes.get("id") for _, attributes in page.elements} | {*KINDS}
    assert {*keys(data)} - {*re.findall(r"\w+", script)} - names == set()


def check_names(page):
    """What has a name is asked for by it, and what is asked for is on the page."""
    ids = Counter(attributes["id"] for _, attributes in page.elements if attributes.get("id"))
    twice = [id_ for id_, n in ids.items() if n > 1]
    layouts = sum(tag == "template" for tag, _ in page.elements)
    assert twice == [] or layouts  # another layout has the same nodes
    asked = {
        id_
        for _, attributes in page.elements
        for name in ("for", "list", "popovertarget", "aria-controls", "aria-describedby")
        for id_ in words(attributes, name)
    }
    assert asked - {*ids} == set()
    script, style = page.texts["script"], page.texts["style"]
    of_parts = re.compile(r"(?:[a-z]+-?)*\d[\w.-]*")  # n3.data, w-n2, loop-0: of nodes, numbers and lines
    called = {*re.findall(r"[\w-]+", script + style + ASSETS)} | asked
    assert {id_ for id_ in ids if id_ not in called and not of_parts.fullmatch(id_)} == set()
    sought = re.findall(r'getElementById\("([\w-]+)"\)|(?:querySelector|closest|matches)\("#([\w-]+)"', script)
    assert {one or other for one, other in sought} - {*ids} == set()


@pytest.mark.full
def test_a_page_is_of_one_piece(every_page, tmp_path):
    every_page.save(tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert len(page.elements) > 30
    check_words(page)
    check_names(page)
