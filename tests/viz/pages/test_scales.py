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
