"""A step of a forward and a backward pass, as a sentence and a picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from viz.drawing.picture import Picture
from viz.drawing.svg import State, svg
from viz.pages.notebook import image
from viz.stepper.narrator import Sentence, plain_text


@dataclass(frozen=True)
class Change:
    """The changes by a step: texts and marks stay, spots only until the next step."""

    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    spots: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""  # that of the event, as in `viz.graph.events`

    def with_(self, other: "Change") -> "Change":
        """Return both changes as one."""
        texts, marks, spots = ({**getattr(self, name), **getattr(other, name)} for name in ("texts", "marks", "spots"))
        return Change(texts, marks, spots, self.kind or other.kind)


@dataclass(frozen=True)
class Step:
    """A step, numbered from 0. `str` is its sentence; a notebook shows the picture and the sentence."""

    number: int  # its number
    sentence: Sentence  # the sentence, in pieces
    state: State  # the texts and marks of the picture
    picture: Picture  # the picture, which all steps share
    lines: int  # the number of lines to reserve for the sentence
    colors: Mapping[str, str]  # the colors of the picture
    alt: str  # the graph in words
    part: str = ""  # the name of the part that begins with it: the forward pass, or the backward pass

    def __str__(self) -> str:
        return plain_text(self.sentence)

    def __repr__(self) -> str:
        return f"<step {self.number}: {self}>"

    def svg(self, *, sentence: bool = True) -> str:
        """Return the picture as SVG, with the sentence below, or without."""
        below = str(self) if sentence else ""
        return svg(self.picture, self.state, self.colors, alt=self.alt, sentence=below, lines=self.lines)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return image(self.svg(), str(self))
