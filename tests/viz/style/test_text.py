"""The bounds of widths, against the tables of a font that is wider than most."""

from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont

from viz.style.text import text_width

PRINTABLE = "".join(map(chr, range(32, 127))) + "\xa0αβγδεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ∂√·×÷−…→²³⁰¹⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁽⁾éßŷ∞∘"


@pytest.mark.parametrize(
    ("file", "bold"), [("DejaVuSans", False), ("DejaVuSans-Oblique", False), ("DejaVuSans-Bold", True)]
)
def test_no_text_is_wider_than_its_bound(file, bold):
    font = TTFont(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{file}.ttf")
    names, advances, per_em = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    real = {c: advances[names[ord(c)]][0] / per_em for c in PRINTABLE if ord(c) in names}
    assert len(real) > 0.95 * len(PRINTABLE)
    number = "-0123456789."
    assert sum(map(real.get, number)) <= text_width(number, 1.0, bold=bold)
    too_wide = {c: width for c, width in real.items() if width > 1.03 * text_width(c, 1.0, bold=bold)}
    assert too_wide == {}


def test_combining_marks_have_no_width_and_wide_letters_have():
    assert text_width("e\u0301", 10.0) == text_width("e", 10.0)
    assert text_width("日", 10.0) == 10.0
