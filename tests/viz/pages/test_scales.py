"""Numbers on pages: written as Python writes them, and round ones for axes and sliders."""

import json
import math
import random
import struct

import pytest

from viz.pages.page import Page, asset
from viz.pages.scales import axis_range, round_up, rounded_range
from viz.style.text import format_number


def test_a_page_writes_numbers_as_python_does(browse):
    rng = random.Random(1)
    numbers = [struct.unpack("d", rng.randbytes(8))[0] for _ in range(2000)]
    numbers += [rng.randrange(-(10**7), 10**7) / 2 ** rng.randrange(20) for _ in range(2000)]  # many are ties
    numbers += [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1000.5, 2.0625, 99995.0, 1e-5, 1e22, 123456.0]
    script = "document.title = JSON.stringify(data.map((x) => [1, 2, 4, 6, 15].map((n) => number(Number(x), n))))"
    page = browse(Page("numbers", js=f"{asset('number.js')}\n{script}", data=numbers))
    assert json.loads(page.title) == [[format_number(x, digits) for digits in (1, 2, 4, 6, 15)] for x in numbers]


@pytest.mark.parametrize("x", [0.1, 0.3, 1.0, 1.5, 2.0, 3e-7, 7e12])
def test_nice_numbers(x):
    nice = round_up(x)
    assert x * (1 - 1e-9) <= nice <= 2.5 * x * (1 + 1e-9)
    assert f"{nice:e}"[0] in "125"


def test_a_rounded_range_holds_the_given_one():
    assert rounded_range(0.13, 9.7) == (0.0, 10.0)


def test_an_axis_leaves_out_what_is_not_a_number_and_the_neighbors_of_a_pole():
    low, high = axis_range([math.nan, math.inf, *[1 / x for x in range(-50, 51) if x]])
    assert -1.2 < low < -0.1
    assert 0.1 < high < 1.2
    low, high = axis_range([*[float(i % 7) for i in range(100)], 1e9])
    assert high < 100.0
    assert axis_range([]) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("numbers", "ends"),
    [
        ([0.25, 0.25], (-0.75, 1.25)),
        ([-3.0], (-6.0, 0.0)),
        ([math.nan, math.inf], (-1.0, 1.0)),
        ([0.0, 10.0, -math.inf], (-0.8, 10.8)),
        ([*range(20), 1000.0], (-2.72, 36.72)),  # 9 of 10 are from 2 to 18: as much again beside them is 34
    ],
)
def test_an_axis_has_a_margin_of_8_percent_or_one_that_can_be_seen(numbers, ends):
    assert axis_range(numbers) == pytest.approx(ends)
