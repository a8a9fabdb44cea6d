"""Slides, handouts, slides of an office program and moving pictures, read back."""

import random
import re
import time
from xml.etree import ElementTree

import pytest

import viz
from autodiff import Value
from nn import MLP, losses
from viz.drawing.paths import SVG, points_of
from viz.stepper.slides import MARGIN, PAPERS, paragraphs
from viz.style.palette import DARK, LIGHT

pytest.importorskip("typst")


@pytest.fixture
def pages(tmp_path):
    """A function that saves steps as a moving picture and returns its frames, which are the slides."""
    image = pytest.importorskip("PIL.Image")

    def pages(steps, **options):
        with image.open(steps.save(tmp_path / "steps.gif", **options)) as file:
            frames = []
            for i in range(file.n_frames):
                file.seek(i)
                frames.append(file.convert("RGB"))
        return frames

    return pages


@pytest.fixture
def network():
    """The cost of a 2-3-2 network, and the network."""
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    return losses.squared_error(model([Value(0.5, "x1"), Value(-1.0, "x2")]), [1.0, 0.0]), model


def ink(page):
    """The box around all that is not paper: left, top, right and bottom."""
    from PIL import Image, ImageChops

    return ImageChops.difference(page, Image.new("RGB", page.size, page.getpixel((0, 0)))).getbbox()


def titles(pdf: bytes) -> list[str]:
    """The titles of the bookmarks of a PDF."""
    texts = re.findall(rb"/Title\s*(?:\(([^()]*)\)|<([0-9A-Fa-f]*)>)[^>]*?/(?:Parent|Dest|Next|Prev)", pdf)
    return [
        plain.decode("latin-1") if plain else bytes.fromhex(coded.decode()).decode("utf-16") for plain, coded in texts
    ]


@pytest.mark.parametrize(("paper", "size"), [pair for pair in PAPERS.items() if pair[0] != "picture"])
def test_a_pdf_has_a_page_a_step_or_few_for_all(paper, size, tmp_path, small):
    steps = viz.steps(small)
    pdf = steps.save(tmp_path / "steps.pdf", paper=paper).read_bytes()
    sizes = re.findall(rb"/MediaBox\s*\[0 0 (\d+)[\d.]* (\d+)[\d.]*\]", pdf)
    assert {tuple(map(int, pair)) for pair in sizes} == {size}
    assert len(sizes) == (1 if paper == "handout" else len(steps))
    assert pdf == steps.save(tmp_path / "again.pdf", paper=paper).read_bytes()


def test_a_pdf_has_bookmarks_tags_and_a_title(tmp_path, small):
    steps = viz.steps(small)
    pdf = steps.save(tmp_path / "steps.pdf").read_bytes()
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang(en)" in pdf
    bookmarks = titles(pdf)
    assert [name for name in bookmarks if name.startswith("The ")] == ["The forward pass", "The backward pass"]
    assert sum(name[0].isdigit() for name in bookmarks) == len(steps)


def test_slides_are_what_a_reader_of_the_screen_needs(tmp_path, small, monkeypatch):
    import typst

    compiled = typst.compile
    monkeypatch.setattr(typst, "compile", lambda *args, **kwargs: compiled(*args, **kwargs, pdf_standards=["ua-1"]))
    for paper in PAPERS:  # Typst refuses what PDF/UA-1 does not allow, as a picture without an alternative text
        viz.steps(small).save(tmp_path / "steps.pdf", paper=paper)


@pytest.mark.full
def test_sixty_slides_take_less_than_three_seconds(tmp_path, network):
    cost, model = network
    steps = viz.steps(cost, clusters=model)
    viz.steps(model.layers[0].neurons[0].weights[0] * 2.0).save(tmp_path / "first.pdf")  # imports, and finds the fonts
    start = time.process_time()
    steps.save(tmp_path / "steps.pdf")
    assert time.process_time() - start < 3.0
    assert len(steps) >= 50


@pytest.mark.full
def test_a_high_picture_is_whole_above_the_sentence(pages, small):
    steps = viz.steps(small, rankdir="TB")
    left, top, right, bottom = ink(pages(steps)[-1].crop((0, 0, 960, 400)))
    picture = steps[0].picture
    assert top >= MARGIN - 1
    assert (right - left) / (bottom - top) == pytest.approx(picture.width / picture.height, rel=0.08)  # of its margin


def test_a_network_is_not_cut(pages, network):
    cost, model = network
    steps = viz.steps(cost, clusters=model)
    page = pages(steps)[-1]
    left, top, right, bottom = ink(page.crop((0, 0, 960, 360)))
    picture = steps[0].picture
    assert left >= MARGIN - 1
    assert right <= 960 - MARGIN + 1
    assert top >= MARGIN - 1
    assert bottom < 360
    assert (right - left) / (bottom - top) == pytest.approx(picture.width / picture.height, rel=0.08)  # of its margin


@pytest.mark.full
@pytest.mark.parametrize(
    "label", ["W" * 50, "$x_1$ & \\frac{", "#import [*]", "two\nlines", "一二三", "שלום", "🙂", "</svg>"]
)
def test_any_label_stays_on_the_slide(label, pages):
    a, b = Value(2.0, label), Value(3.0, "b")
    out = (a * b + a) * b
    out.label = f"the cost {label}"
    for page in pages(viz.steps(out)):
        left, top, right, bottom = ink(page)
        assert left >= MARGIN - 1
        assert right <= 960 - MARGIN + 1
        assert top >= MARGIN - 1
        assert bottom <= 540 - 8


@pytest.mark.parametrize("paper", ["16:9", "4:3"])
def test_slides_have_the_colors_of_a_theme(paper, pages, small):
    page = pages(viz.steps(small, theme="dark"), paper=paper)[-1]
    assert page.size == PAPERS[paper]
    assert "#{:02x}{:02x}{:02x}".format(*page.getpixel((0, 0))) == DARK["paper"]


def test_the_sentence_keeps_its_colors():
    sentence = [("", "a += "), ("grad", "2"), ("muted", "\nand"), ("", " so on\nand on")]
    assert paragraphs(sentence) == [
        [("ink", "a += "), ("grad", "2")],
        [("muted", "and"), ("ink", " so on")],
        [("ink", "and on")],
    ]


def test_office_slides_have_text_that_can_be_edited_and_notes(tmp_path, small):
    pptx = pytest.importorskip("pptx")
    steps = viz.steps(small, theme="dark")
    deck = pptx.Presentation(steps.save(tmp_path / "steps.pptx", paper="4:3"))
    assert (deck.slide_width.pt, deck.slide_height.pt) == PAPERS["4:3"]
    assert deck.core_properties.title == steps.title
    for step, slide in zip(steps, deck.slides, strict=True):
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        assert "\n".join(texts) == str(step)
        assert slide.notes_slide.notes_text_frame.text == str(step)
        assert str(slide.background.fill.fore_color.rgb) == DARK["paper"][1:].upper()
        (picture,) = [shape for shape in slide.shapes if not shape.has_text_frame]
        assert picture._element.nvGrpSpPr.cNvPr.get("descr") == step.alt
        assert picture.left >= 0
        assert picture.left + picture.width <= deck.slide_width
        assert picture.top + picture.height <= slide.shapes.title.top


A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def shapes_in(group):
    """The shapes in a group, in the order of painting, at any depth."""
    for shape in group.shapes:
        yield from shapes_in(shape) if shape.shape_type == 6 else [shape]


def colors_of(shape):
    """The colors of a shape: of its fill and its line, or of its letters."""
    return [color.get("val") for color in shape._element.iter(f"{A}srgbClr")]


@pytest.mark.parametrize("level", ["operations", "neurons"])
def test_office_slides_show_what_the_pictures_show_in_shapes_that_can_be_edited(level, tmp_path, network):
    """Each outline, line and text of the SVG is a shape with its colors, in its place on the scale of the slide."""
    pptx = pytest.importorskip("pptx")
    cost, model = network
    steps = viz.steps(cost, clusters=model, level=level)
    deck = pptx.Presentation(steps.save(tmp_path / "steps.pptx"))
    for i in (0, len(steps) // 2, len(steps) - 1):
        (graph,) = [shape for shape in deck.slides[i].shapes if not shape.has_text_frame]
        svg = ElementTree.fromstring(steps[i].svg(sentence=False))
        left, top, width, _ = map(float, svg.get("viewBox").split())
        scale = graph.width.pt / width
        shapes, seen = [*shapes_in(graph)], 0
        kinds = f"{SVG}path", f"{SVG}text"
        drawn = [item for item in svg.iter() if item.tag == kinds[0] or (item.tag == kinds[1] and any(item.itertext()))]
        assert len(drawn) == len(shapes) > 20
        for item, shape in zip(drawn, shapes, strict=True):
            if item.tag == f"{SVG}text":
                assert shape.text_frame.text == "".join(item.itertext())
                x, side = float(item.get("x")), {None: 0.0, "middle": 0.5, "end": 1.0}[item.get("text-anchor")]
                assert shape.left.pt + side * shape.width.pt == pytest.approx(
                    graph.left.pt + scale * (x - left), abs=0.1
                )
                seen += 1
                continue
            xs, ys = zip(*points_of(item.get("d")), strict=True)
            place = [graph.left.pt + scale * (min(xs) - left), graph.top.pt + scale * (min(ys) - top)]
            assert [shape.left.pt, shape.top.pt] == pytest.approx(place, abs=0.1)
            assert [shape.width.pt, shape.height.pt] == pytest.approx(
                [scale * (max(xs) - min(xs)), scale * (max(ys) - min(ys))], abs=0.1
            )
            paints = [item.get(name) for name in ("fill", "stroke") if item.get(name) not in (None, "none")]
            assert colors_of(shape) == [paint[1:].upper() for paint in paints]
        assert seen > 10


@pytest.mark.parametrize("paper", ["16:9", "4:3"])
def test_the_sentence_of_an_office_slide_has_the_lower_part_in_the_colors_of_its_pieces(paper, tmp_path, small):
    pptx = pytest.importorskip("pptx")
    steps = viz.steps(small)
    deck = pptx.Presentation(steps.save(tmp_path / "steps.pptx", paper=paper))
    width, height = PAPERS[paper]
    picture = steps[0].picture
    scale = min((width - 2 * MARGIN) / picture.width, (0.7 * height - 1.5 * MARGIN) / picture.height)
    for step, slide in zip(steps, deck.slides, strict=True):
        (graph,) = [shape for shape in slide.shapes if not shape.has_text_frame]
        assert (graph.left.pt + graph.width.pt / 2, graph.top.pt + graph.height.pt / 2) == pytest.approx(
            (width / 2, (MARGIN + 0.7 * height) / 2), abs=0.1
        )
        assert (graph.width.pt, graph.height.pt) == pytest.approx(
            (scale * picture.width, scale * picture.height), abs=scale * 10.0
        )
        boxes = [shape for shape in slide.shapes if shape.has_text_frame]
        assert boxes[0] == slide.shapes.title
        for i, (box, size) in enumerate(zip(boxes, (24, 17), strict=False)):
            place = (box.left.pt, box.top.pt, box.width.pt, box.height.pt)
            top = 0.7 * height + i * 0.15 * height
            assert place == pytest.approx((MARGIN, top, width - 2 * MARGIN, 0.15 * height), abs=0.1)
            assert box.text_frame.word_wrap
            assert str(box.text_frame.vertical_anchor).startswith("TOP")
            for paragraph in box.text_frame.paragraphs:
                assert str(paragraph.alignment).startswith("LEFT")
                assert {run.font.size.pt for run in paragraph.runs} == {size}
        said = [
            [(f"#{str(run.font.color.rgb).lower()}", run.font.bold, run.text) for run in paragraph.runs]
            for box in boxes
            for paragraph in box.text_frame.paragraphs
        ]
        assert said == [
            [(LIGHT[name], name not in ("ink", "muted"), text) for name, text in pieces]
            for pieces in paragraphs(step.sentence)
        ]


def test_a_moving_picture_rests_at_its_last_step(tmp_path, small):
    image = pytest.importorskip("PIL.Image")
    steps = viz.steps(small)
    path = steps.save(tmp_path / "steps.gif")
    assert 2 << (path.read_bytes()[10] & 7) == 64  # colors: GIF89a, section 18; more would make the file larger
    with image.open(path) as file:
        seconds = []
        for i in range(file.n_frames):
            file.seek(i)
            seconds.append(file.info["duration"] / 1000)
        assert file.info["loop"] == 0  # again and again
    assert seconds == [1.6] * (len(steps) - 1) + [5.0]


def test_an_index_is_lowered_on_office_slides(tmp_path):
    pptx = pytest.importorskip("pptx")
    steps = viz.steps(Value(2.0, "W_{ij}") * 3.0)
    deck = pptx.Presentation(steps.save(tmp_path / "steps.pptx"))
    (graph,) = [shape for shape in deck.slides[0].shapes if not shape.has_text_frame]
    runs = [run for shape in shapes_in(graph) for run in shape._element.iter(f"{A}r")]
    assert [run.findtext(f"{A}t") for run in runs if run.find(f"{A}rPr").get("baseline")] == ["ij"]


def test_a_handout_is_a_pdf(tmp_path, small, refuses):
    with refuses(ValueError, "save: expected a .pdf file for paper='handout', got .gif"):
        viz.steps(small).save(tmp_path / "steps.gif", paper="handout")
    with refuses(ValueError, "save: expected paper to be one of 16:9, 4:3, handout, picture, got 'a4'"):
        viz.steps(small).save(tmp_path / "steps.pdf", paper="a4")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_alone_has_no_sentence_and_no_number(tmp_path, pages, small):
    steps = viz.steps(small)
    pdf = steps.save(tmp_path / "steps.pdf", paper="picture").read_bytes()
    picture = steps[0].picture
    sizes = [[*map(float, pair)] for pair in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)]
    assert len(sizes) == len(steps)
    assert all(size == pytest.approx([picture.width, picture.height], abs=0.1) for size in sizes)
    page = pages(steps, paper="picture")[-1]
    assert page.size == pytest.approx((picture.width, picture.height), abs=1.0)
    steps.save(f"{tmp_path}/alone/", paper="picture")
    (first, *_) = sorted((tmp_path / "alone").iterdir())
    assert "The forward pass" not in first.read_text(encoding="utf-8")
