"""One step of a backpropagation, as a sentence and a picture."""

from dataclasses import dataclass

from viz.drawing.picture import Picture
from viz.drawing.svg import State, svg
from viz.pages.markup import Html, element
from viz.stepper.narrator import Said, spoken


@dataclass(frozen=True)
class Step:
    """One step: what is said, and how the picture looks. `str` is the sentence; a notebook shows both."""

    number: int
    said: Said
    state: State
    picture: Picture
    lines: int

    def __str__(self) -> str:
        return spoken(self.said)

    def __repr__(self) -> str:
        return f"<step {self.number}: {self}>"

    def svg(self) -> str:
        """The picture with the sentence below, as SVG."""
        return svg(self.picture, self.state, sentence=str(self), lines=self.lines)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return element("div", Html(self.svg()), style="max-width:100%;overflow-x:auto")
