"""Steps as slides, as a handout, as slides of an office program, and as a moving picture.

Typst typesets the first two, from the pictures of the steps as SVG: `assets/slides.typ` is the document. The moving
picture is made of its pages as PNG; slides of an office program have shapes in the same places.
"""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from autodiff.extend import check_choice, needed
from viz.drawing.office import Frame, drawing_ml
from viz.drawing.svg import svg
from viz.pages.page import asset
from viz.stepper.narrator import Sentence
from viz.stepper.step import Step
from viz.style.legend import LEGEND, Legend

PAPERS = {"16:9": (960, 540), "4:3": (960, 720), "handout": (595, 842), "picture": (960, 540)}
"""Width and height of a page, in points; a picture alone has its own height."""

KINDS = {"handout": "handout", "picture": "pictures"}  # of `slides.typ`, by the paper; else "slides"
SUFFIXES = {"handout": (".pdf",), "picture": (".pdf", ".gif")}  # what a paper is for; else all

SECONDS, LAST_SECONDS = 1.6, 5.0  # a step of the moving picture, and the last one
GIF_COLORS = 64
MARGIN, TEXT_SHARE = 28.0, 0.3  # of a slide of an office program: points, and the share of the text in its height
WHO = "viz.steps(...).save"


def slides(
    title: str, steps: Sequence[Step], suffix: str, paper: str, colors: Mapping[str, str], legend: Legend = LEGEND
) -> bytes:
    """Return the steps as ".pdf", ".pptx" or ".gif"; `colors` are those of a theme."""
    check_choice("save", "paper", paper, PAPERS)
    if suffix not in SUFFIXES.get(paper, (suffix,)):
        raise ValueError(f"save: expected a {' or '.join(SUFFIXES[paper])} file for paper={paper!r}, got {suffix}")
    document = _Document(title, steps, paper, colors, legend)
    write = {".pdf": _Document.pdf, ".pptx": _Document.pptx, ".gif": _Document.gif}
    return write[suffix](document)


def paragraphs(sentence: Sentence) -> list[list[tuple[str, str]]]:
    """Return the pieces of each paragraph of a sentence, each piece after the name of its color."""
    result: list[list[tuple[str, str]]] = [[]]
    for class_, text in sentence:
        first, *others = text.split("\n")
        result[-1].append((class_ or "ink", first))
        result += [[(class_ or "ink", other)] for other in others]
    return [[piece for piece in pieces if piece[1]] for pieces in result]


class _Document:
    """The steps on a paper, in the colors of a theme."""

    def __init__(
        self, title: str, steps: Sequence[Step], paper: str, colors: Mapping[str, str], legend: Legend
    ) -> None:
        self.title, self.paper, self.colors, self.steps = title, paper, colors, steps
        self.kind, self.legend = KINDS.get(paper, "slides"), legend

    def _typeset(self, as_format: Literal["pdf", "png"]) -> Any:
        """The bytes of a PDF, or of each page as PNG."""
        with needed(WHO, "typst", "slides"):
            import typst
        with needed(WHO, "tqdm", "slides"):
            from tqdm.auto import tqdm
        bar = tqdm(self.steps, desc="slides", unit="step", disable=None)  # there is none without a terminal
        picture = self.steps[0].picture
        deck = {
            "kind": self.kind,
            "title": self.title,
            "size": PAPERS[self.paper],
            "picture": (picture.width, picture.height),
            "colors": dict(self.colors),
            "legend": self.legend,
            "alt": self.steps[0].alt,
            "steps": [
                {
                    "svg": svg(step.picture, step.state, self.colors),
                    "said": paragraphs(step.sentence),
                    "part": step.part,
                }
                for step in bar
            ],
        }
        inputs = {"deck": json.dumps(deck)}
        return typst.compile(asset("slides.typ").encode(), format=as_format, ppi=72, sys_inputs=inputs)

    def pdf(self) -> bytes:
        pdf: bytes = self._typeset("pdf")
        return pdf

    def gif(self) -> bytes:
        with needed(WHO, "PIL", "slides"):
            from PIL import Image
        pages = [Image.open(io.BytesIO(png)).convert("RGB") for png in self._typeset("png")]
        first, *others = [page.quantize(GIF_COLORS, dither=Image.Dither.NONE) for page in pages]
        times = [1000 * SECONDS] * len(others) + [1000 * LAST_SECONDS]
        file = io.BytesIO()
        first.save(file, "gif", save_all=True, append_images=others, duration=times, loop=0)
        return file.getvalue()

    def pptx(self) -> bytes:
        """A slide a step: the first paragraph is its title, the sentence is in the notes too."""
        with needed(WHO, "pptx", "slides"):
            import pptx
            from pptx.oxml import parse_xml
            from pptx.util import Pt
        width, height = PAPERS[self.paper]
        picture = self.steps[0].picture
        scale = min((width - 2 * MARGIN) / picture.width, ((1 - TEXT_SHARE) * height - 1.5 * MARGIN) / picture.height)
        deck = pptx.Presentation()
        deck.core_properties.title = self.title
        deck.slide_width, deck.slide_height = Pt(width), Pt(height)
        left = (width - scale * picture.width) / 2
        top = (MARGIN + (1 - TEXT_SHARE) * height - scale * picture.height) / 2
        for step in self.steps:
            slide = deck.slides.add_slide(deck.slide_layouts.get_by_name("Title Only"))
            slide.background.fill.solid()
            slide.background.fill.fore_color.rgb = self._rgb("paper")
            graph = drawing_ml(picture, step.state, self.colors, Frame(left, top, scale), step.alt)
            slide.shapes._spTree.append(parse_xml(graph))
            first, *others = paragraphs(step.sentence)
            box = slide.shapes.title
            box.left, box.top, box.width = Pt(MARGIN), Pt((1 - TEXT_SHARE) * height), Pt(width - 2 * MARGIN)
            box.height = Pt(0.5 * TEXT_SHARE * height)
            self._write(box.text_frame, [first], 24)
            if others:
                place = box.left, box.top + box.height, box.width, box.height
                self._write(slide.shapes.add_textbox(*place).text_frame, others, 17)
            slide.notes_slide.notes_text_frame.text = str(step)
        file = io.BytesIO()
        deck.save(file)
        return file.getvalue()

    def _rgb(self, name: str) -> Any:
        from pptx.dml import color

        kind: Any = color.RGBColor  # without type hints
        return kind.from_string(self.colors[name].removeprefix("#").upper())

    def _write(self, frame: Any, lines: Sequence[Sequence[tuple[str, str]]], size: int) -> None:
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
        for i, pieces in enumerate(lines):
            paragraph = frame.add_paragraph() if i else frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.LEFT
            for name, text in pieces:
                run = paragraph.add_run()
                run.text, run.font.size, run.font.color.rgb = text, Pt(size), self._rgb(name)
                run.font.bold = name not in ("ink", "muted")
