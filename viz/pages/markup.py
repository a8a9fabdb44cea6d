"""HTML and SVG from elements. A `str` is a plain text and is escaped, unless it is `Html`.

A label such as `<img onerror=...>` is therefore shown, not executed.
"""

import re
from html import escape

_VOID = ("br", "hr", "img", "input", "link", "meta")
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """A text that is HTML; any other `str` is plain text."""

    __slots__ = ()


def showable(text: str) -> str:
    """Return a text with U+FFFD for the characters that HTML does not allow."""
    return _UNSHOWABLE.sub("\ufffd", text)


def to_html(text: object) -> Html:
    """Return a plain text as HTML, with markup escaped; return `Html` unchanged.

    >>> to_html("<b> & \\x00")
    '&lt;b&gt; &amp; \ufffd'
    """
    return text if isinstance(text, Html) else Html(escape(showable(str(text))))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element of HTML or SVG.

    Args:
        tag: its name.
        *children: `Html`, or anything else as plain text.
        **attributes: `class_` means class, `aria_label` means aria-label. None and False are left out, True has no
            value.

    >>> element("p", "a < b ", element("b", 3), class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b <b>3</b></p>'
    """
    start = [tag]
    for name, value in attributes.items():
        if value is not None and value is not False:
            name = name.removesuffix("_").replace("_", "-")
            start.append(name if value is True else f'{name}="{to_html(str(value))}"')
    content = "".join(to_html(child) for child in children)
    return Html(f"<{' '.join(start)}>" + ("" if tag in _VOID else f"{content}</{tag}>"))
