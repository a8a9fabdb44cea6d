"""The legend of a page, and its help: the keys, and the graph as a table, for those who do not see its picture."""

from collections.abc import Mapping

from viz.pages.markup import Html, element
from viz.style.legend import LEGEND, Legend

SIZE_KEYS = {
    "+, -, 0, Ctrl with the wheel": "larger, smaller, the whole graph",
    "arrows, in a graph larger than its frame": "scroll it; Tab leads to it and away",
}


def legend(*more: str, entries: Legend = LEGEND) -> Html:
    """Return a legend, and more sentences, as a line of a page."""
    shown = [element("span", words, class_=name) for name, words in (*entries, *(("ink", words) for words in more))]
    return element("p", *shown, class_="legend")


def help_button() -> Html:
    """Return the button that shows the help."""
    return element("button", "?", id="help-button", type="button", popovertarget="help", aria_label="Help")


def help_of(keys: Mapping[str, str], *content: Html) -> Html:
    """Return the help of a page, which the button shows: what each key does, and more content.

    Keys of one character can be switched off, for those who speak to their computer (WCAG 2.2, 2.1.4).
    """
    switch = element(
        "label", element("input", type="checkbox", id="letters", checked=True), "Single characters are keys"
    )
    rows = [part for key, what in keys.items() for part in (element("dt", key), element("dd", what))]
    listed = [element("h2", "Keys"), element("dl", *rows), switch] if keys else []
    close = element("button", "Close", type="button", popovertarget="help", popovertargetaction="hide")
    return element("section", *listed, *content, close, id="help", popover=True, aria_label="Help", tabindex=0)
