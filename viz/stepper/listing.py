"""Code beside a graph, whose lines have ids, so that a step lights lines as it lights nodes."""

from collections.abc import Iterable
from dataclasses import dataclass

from viz.pages.markup import Html, element

NOW, CALLS = "now", "calls"  # the marks of a line that is executed, and of one that waits for it


@dataclass(frozen=True)
class Listing:
    """Some lines of code with a heading; `key` is the beginning of their ids."""

    key: str
    heading: str
    lines: tuple[str, ...]

    def spots(self, lines: Iterable[int], mark: str = NOW) -> dict[str, str]:
        """Return the mark of some lines by their ids."""
        return {f"{self.key}-{line}": mark for line in lines}

    def html(self) -> Html:
        """Return the listing as a section of a page."""
        lines = [element("code", line or " ", id=f"{self.key}-{i}") for i, line in enumerate(self.lines)]
        shown = element("pre", *lines, tabindex=0, class_=self.key, aria_label=self.heading)
        return element("section", element("h2", self.heading), shown)
