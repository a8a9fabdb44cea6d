"""The article's figures: what a page computes is what Python computes, and the stills are pictures."""

import math
import re
import subprocess
import sys
from itertools import combinations

import pytest

import viz
from autodiff import DomainError, log, sin
from nn import losses
from viz.figures.contour import levels
from viz.figures.path import Function
from viz.style.palette import DARK, LIGHT
from viz.style.text import format_number

POINTS = [(1.0, 2.0), (3.0, 1.0)]
PIXELS = "return [...document.querySelectorAll('.chart {}')].map((shape) => shape.getAttribute('{}'))"


def shown(page, id_):
    """The text of an element."""
    return page.execute_script("return document.getElementById(arguments[0]).textContent", id_)


def costs(m, c):
    line = [m * x + c for x, _ in POINTS]
    return [loss(line, [y for _, y in POINTS]) for loss in (losses.absolute_error, losses.squared_error)]


def test_figure_1_shows_the_errors_and_both_costs_of_the_line(browse):
    page = browse(viz.cost_curve(POINTS))
    assert [shown(page, id_) for id_ in ("error-0", "error-1", "absolute", "squared")] == ["−1", "2", "3", "2.5"]


@pytest.mark.parametrize(("m", "c"), [(0.5, 0.0), (-0.5, 2.5), (0.35, -1.25), (2.0, 4.0)])
def test_figure_1_follows_its_sliders(browse, m, c, move):
    page = browse(viz.cost_curve(POINTS))
    m, c = move(page, 0, m), move(page, 1, c)
    absolute, squared = costs(m, c)
    assert [shown(page, "absolute"), shown(page, "squared")] == [format_number(absolute, 4), format_number(squared, 4)]
    assert shown(page, "error-0") == format_number(m * 1.0 + c - 2.0, 4)


def test_an_exact_number_may_be_typed_and_may_lie_outside_the_slider(browse, write):
    page = browse(viz.cost_curve(POINTS))
    write(page, 0, "7.125")
    assert shown(page, "squared") == format_number(costs(7.125, 0.0)[1], 4)
    write(page, 0, "-")  # not a number yet: the last one stays
    assert shown(page, "squared") == format_number(costs(7.125, 0.0)[1], 4)


def test_a_slider_moves_by_keyboard(browse):
    from selenium.webdriver.common.keys import Keys

    page = browse(viz.cost_curve(POINTS))
    slider = page.find_elements("css selector", "input[type=range]")[0]
    slider.send_keys(Keys.ARROW_LEFT)
    m = float(slider.get_attribute("value"))
    assert 0.97 < m < 1.0
    assert shown(page, "squared") == format_number(costs(m, 0.0)[1], 4)


@pytest.mark.parametrize("points", [[(0.0, 0.0)], [(-5e6, 1e-3), (2e6, 3e-3)], [(i, i % 3) for i in range(40)]])
def test_figure_1_takes_any_points(browse, points):
    page = browse(viz.cost_curve(points))
    drawn = page.execute_script(PIXELS.format("path", "d"))
    assert len(drawn) >= 4
    assert not any("NaN" in path for path in drawn)


@pytest.fixture
def still():
    """A function that paints the still of figure 1 and returns its two axes, laid out."""
    figure = pytest.importorskip("matplotlib.figure")

    def paint(*args, **kwargs):
        canvas = figure.Figure(figsize=(11.0, 4.4), layout="constrained")
        viz.cost_curve(*args, **kwargs).draw(canvas)
        canvas.draw_without_rendering()
        return canvas.axes

    return paint


@pytest.mark.parametrize("m", [1.0, 0.0, -1.0])
def test_no_error_of_figure_1_is_written_over_the_end_of_an_axis(still, m):
    left, _ = still([(0.0, 1.0), (1.0, 3.0), (2.0, 5.5)], m=m)
    inside = left.get_window_extent()
    boxes = [text.get_window_extent() for text in left.texts if text.get_text() not in "ABC"]
    assert len(boxes) == 3
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)


def test_no_text_of_figure_1_is_written_over_another(still):
    left, _ = still([(0.0, 1.0), (1.0, 3.0), (2.0, 4.0), (3.0, 8.0)], c=0.5)
    boxes = [text.get_window_extent() for text in left.texts]
    assert len(boxes) == 7  # four letters, and the errors but the first, which is small
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_the_map_of_a_steep_descent_is_no_strip():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    canvas = Figure()
    viz.cost_contour(lambda a, b: (a - 1) ** 2 + 2 * (b + 0.5) ** 2 + a * b, (2.0, 2.0)).draw(canvas)
    (axes,) = canvas.axes
    width, height = (high - low for low, high in (axes.get_xlim(), axes.get_ylim()))
    assert 0.5 <= width / height <= 2.0


def test_the_absolute_cost_of_figure_1_has_its_corners(still):
    _, right = still([(0.0, 1.0), (1.0, 1.5), (3.0, 2.0)], c=0.25)
    corners = [(1.5 - 0.25) / 1.0, (2.0 - 0.25) / 3.0]
    assert set(corners) <= {*right.lines[0].get_xdata()}


def test_figure_2_walks_as_gradient_descent_does(browse):
    f = Function("test", lambda x: sin(3 * x) + 0.3 * x**2, 1)
    page = browse(viz.descent(lambda x: sin(3 * x) + 0.3 * x**2, 2.6, learning_rate=0.05))
    for place in f.descend([2.6], 0.05, 8):
        texts = [shown(page, id_) for id_ in ("at", "value", "slope", "step")]
        slope = place.gradient[0]
        assert texts == [format_number(x, 4) for x in (place.at[0], place.value, slope, -0.05 * slope)]
        page.find_element("id", "forward").click()


def test_the_path_of_figure_2_follows_its_sliders(browse, move):
    page = browse(viz.descent(lambda x: x**2, 3.0, learning_rate=0.1, steps=10))
    move(page, 0, -2.0)
    move(page, 1, 0.25)
    move(page, 2, 3)
    assert shown(page, "at") == format_number(-2.0 * 0.5**3, 4)  # x - 0.25 * 2 x is x / 2


def test_a_learning_rate_that_is_too_large_diverges_and_the_page_says_so(browse, move):
    page = browse(viz.descent(lambda x: x**2, 3.0, learning_rate=1.5, steps=2000))
    move(page, 2, 1)
    assert shown(page, "at") == "−6"
    assert "the last step led up" in shown(page, "says").lower()
    move(page, 2, 2000)
    assert "no number any more" in shown(page, "says").lower()
    page.find_element("id", "reset").click()
    assert shown(page, "at") == "3"


def test_where_the_slope_is_0_the_page_says_so(browse):
    page = browse(viz.descent(lambda x: x**2, 0.0))
    assert "slope is 0" in shown(page, "says")


def test_the_keys_of_a_remote_control_step(browse):
    from selenium.webdriver.common.keys import Keys

    page = browse(viz.descent(lambda x: x**2, 1.0, learning_rate=0.25))
    body = page.find_element("css selector", "body")
    body.send_keys(Keys.PAGE_DOWN)
    body.send_keys(Keys.ARROW_RIGHT)
    assert shown(page, "at") == "0.25"
    body.send_keys(Keys.ARROW_LEFT)
    assert shown(page, "at") == "0.5"


def test_run_walks_to_the_end_and_stops(browse):
    page = browse(viz.descent(lambda x: x**2, 1.0, learning_rate=0.25, steps=2))
    page.find_element("id", "run").click()
    page.set_script_timeout(10)
    page.execute_async_script(
        "const done = arguments[0]; const wait = setInterval(() => {"
        "if (document.getElementById('run').textContent === 'Run') { clearInterval(wait); done(); } }, 20)"
    )
    assert shown(page, "at") == "0.25"
    assert not page.find_element("id", "forward").is_enabled()


def test_outside_a_domain_the_page_goes_on(browse, write):
    page = browse(viz.descent(log, 0.5, learning_rate=0.1, x_range=(-1.0, 2.0)))
    write(page, 0, "-0.5")
    assert [shown(page, id_) for id_ in ("at", "value")] == ["−0.5", "nan"]
    write(page, 0, "1")
    assert [shown(page, id_) for id_ in ("at", "value", "slope")] == ["1", "0", "1"]


def squared_cost(m, c):
    return costs(m, c)[1]


def test_the_contour_walks_in_both_weights(browse):
    page = browse(viz.cost_contour(squared_cost, (1.0, 0.0)))
    for place in Function("test", squared_cost, 2).descend([1.0, 0.0], 0.1, 5):
        texts = [shown(page, id_) for id_ in ("at-0", "at-1", "value", "slope-0", "slope-1")]
        assert texts == [format_number(x, 4) for x in (*place.at, place.value, *place.gradient)]
        page.find_element("id", "forward").click()


def double_well(x, y):
    return (x**2 - 1) ** 2 + 0.3 * x + y**2


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@pytest.mark.parametrize(
    ("cost", "start", "rate", "minima"),
    [
        (double_well, (1.4, 0.8), 0.05, [(0.96, 0.0), (-1.04, 0.0)]),
        (rosenbrock, (-1.2, 1.0), 0.001, [(1.0, 1.0)]),
    ],
)
def test_the_contour_shows_the_other_minima_and_the_formula_on_axes_of_one_scale(cost, start, rate, minima, browse):
    page = browse(viz.cost_contour(cost, start, learning_rate=rate))
    assert " = (" in page.title
    read = """
        const ends = (name) => [...chart.querySelectorAll(`.tick.${name}`)].map((tick) => {
            const { x, y, width, height } = tick.getBBox();
            return [Number(tick.textContent.replace("−", "-")), x + width / 2, y + height / 2];
        });
        return [ends("middle"), ends("end"), [...chart.querySelectorAll("text.level")].length];
    """
    across, up, numbers = page.execute_script(read)
    x_scale = (across[-1][1] - across[0][1]) / (across[-1][0] - across[0][0])
    y_scale = (up[0][2] - up[-1][2]) / (up[-1][0] - up[0][0])
    assert x_scale == pytest.approx(y_scale, rel=0.02)
    assert numbers >= 3
    for x, y in minima:
        assert across[0][0] - 0.5 < x < across[-1][0] + 0.5
        assert up[0][0] - 0.5 < y < up[-1][0] + 0.5


def test_each_line_of_the_contour_is_where_the_cost_has_one_value(browse):
    ranges = ((-2.0, 2.0), (-2.0, 2.0))
    figure = viz.cost_contour(lambda x, y: x**2 + y**2, (1.0, 1.0), ranges=ranges)
    page = browse(figure)
    radii = page.execute_script(
        """
        return [...document.querySelectorAll('path.level')].map((line) => {
          const { x, y, width, height } = document.querySelector('.chart rect').getBBox();
          const pairs = line.getAttribute('d').match(/[-\\d.]+,[-\\d.]+/g);
          const points = pairs.map((pair) => pair.split(',').map(Number));
          const unit = 4 / Math.min(width, height); // both axes have one scale
          return points.map(([px, py]) => unit * Math.hypot(px - x - width / 2, py - y - height / 2));
        })
        """
    )
    # a cell is at most 6/180 wide; linear interpolation of x^2 is off by at most 1/4 of its square, 0.0003
    for line, level in zip(radii, figure_levels(ranges), strict=True):
        assert max(abs(r * r - level) for r in line) < 0.001 + 0.02 * math.sqrt(level)  # and 0.005 pixels of rounding


def test_what_lies_above_a_line_of_the_contour_is_shaded_and_what_has_no_cost_is_not(browse):
    ranges = ((-2.0, 2.0), (-2.0, 2.0))
    figure = viz.cost_contour(lambda x, y: log(x) ** 2 + y**2, (1.0, 1.0), ranges=ranges)
    lines, shades = browse(figure).execute_script(
        """
        const chart = document.querySelector('.chart'), { x, y, width, height } = chart.querySelector('rect').getBBox();
        const unit = Math.min(width, height) / 4, point = chart.createSVGPoint();
        return [JSON.parse(document.getElementById('data').textContent).levels, [...Array(200).keys()].map((k) => {
          const [a, b] = [-1.9 + 3.8 * ((0.618 * k) % 1), -1.9 + (3.8 * k) / 200];
          Object.assign(point, { x: x + width / 2 + unit * a, y: y + height / 2 - unit * b });
          return [a, b, [...chart.querySelectorAll('path.above')].map((area) => area.isPointInFill(point))];
        })];
        """
    )
    assert len(lines) > 8
    for a, b, shaded in shades:
        if 0 < a < 0.05:  # there the costs of neighbors are far apart
            continue
        cost = math.log(a) ** 2 + b * b if a > 0 else math.nan
        near = [abs(cost - level) < 0.1 for level in lines]  # more than a cell changes the cost
        assert [s for s, n in zip(shaded, near, strict=True) if not n] == [
            cost >= level for level, n in zip(lines, near, strict=True) if not n
        ]


def figure_levels(ranges):
    steps = [low + (high - low) * i / 30 for low, high in ranges[:1] for i in range(31)]
    return levels([x**2 + y**2 for x in steps for y in steps])


@pytest.mark.full
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "figure",
    [
        lambda: viz.cost_curve(POINTS),
        lambda: viz.descent(lambda x: x**2, 3.0),
        lambda: viz.cost_contour(squared_cost, (1.0, 0.0)),
    ],
)
def test_nothing_is_wider_than_the_screen(browse, figure, size, dark):
    page = browse(figure(), size=size, dark=dark)
    wide = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scroll, client = page.execute_script(wide)
    assert scroll <= client


@pytest.mark.full
@pytest.mark.parametrize("width", [560, 760, 900, 1200])
@pytest.mark.parametrize(
    "figure", [lambda: viz.descent(lambda x: x**2, 3.0), lambda: viz.cost_contour(squared_cost, (1.0, 0.0))]
)
def test_a_frame_in_a_notebook_shows_the_whole_page_and_a_chart_of_use(browse, figure, width, tmp_path):
    outer = tmp_path / "outer.html"
    frame = figure()._repr_html_()
    outer.write_text(f'<!doctype html><meta charset=utf-8><div style="width:{width}px">{frame}</div>', encoding="utf-8")
    page = browse(outer)
    page.switch_to.frame(0)
    page_height, frame_height = page.execute_script("return [document.documentElement.scrollHeight, innerHeight]")
    assert page_height <= frame_height
    chart = page.execute_script("const { width, height } = chart.getBoundingClientRect(); return [width, height]")
    assert min(chart) >= 280
    for slider in page.find_elements("css selector", "input[type=range]"):
        assert slider.size["width"] >= 80


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_what_an_explored_graph_paints_over_one_another_can_be_told_apart(colors, contrast):
    for text in ("ink", "data", "grad", "muted"):
        for ground in ("receiver", "leaf", "operation", "parameter"):
            assert contrast(colors[text], colors[ground]) >= 4.5
    assert contrast(colors["partial"], colors["paper"]) >= 4.5
    assert contrast(colors["grad"], colors["paper"]) >= 3.0


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_lines_and_their_numbers_can_be_read(colors, contrast):
    assert min(contrast(colors[name], colors["paper"]) for name in ("ink", "muted", "focus", "partial", "grad")) >= 4.5
    assert contrast(colors["line"], colors["paper"]) >= 3.0


@pytest.mark.full
@pytest.mark.parametrize(
    "figure",
    [
        viz.cost_curve(POINTS),
        viz.descent(lambda x: x**2, 3.0),
        viz.cost_contour(squared_cost, (1.0, 0.0)),
    ],
)
@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_a_still_is_a_picture_and_the_same_bytes_again(figure, suffix, magic, tmp_path):
    pytest.importorskip("matplotlib")
    first = figure.save(tmp_path / f"a.{suffix}").read_bytes()
    assert first.startswith(magic)
    assert len(first) > 5000
    assert figure.save(tmp_path / f"b.{suffix}").read_bytes() == first


def test_a_still_changes_no_style():
    mpl = pytest.importorskip("matplotlib")
    before = dict(mpl.rcParams)
    viz.cost_curve(POINTS).still("svg")
    assert dict(mpl.rcParams) == before


def test_importing_viz_and_making_a_page_imports_no_matplotlib():
    code = (
        "import sys, viz; viz.cost_curve([(1, 2)]).page; viz.descent(lambda x: x * x, 1.0).page; "
        "print([name for name in ('matplotlib', 'numpy', 'graphviz') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_axes_have_the_names_of_the_arguments(browse):
    page = browse(viz.descent(lambda weight: weight**2, 3.0))
    names = page.execute_script("return [...document.querySelectorAll('.chart .name')].map((name) => name.textContent)")
    assert names == ["weight", "f(weight)"]


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: viz.cost_curve([]), ValueError, "cost_curve: expected at least one point, got none"),
        *(
            (make, ValueError, f"{who}: expected numbers of at most 1e+100 in size, got {got}; scale them")
            for who, got, make in [
                ("cost_curve", "inf", lambda: viz.cost_curve([(1.0, 2.0), (1.0, math.inf)])),
                ("cost_curve", "nan", lambda: viz.cost_curve([(1.0, 2.0)], m=math.nan)),
                ("descent", "1e+308", lambda: viz.descent(lambda x: x * x, 1e308)),
                ("descent", "-2e+100", lambda: viz.descent(lambda x: x * x, 1.0, x_range=(-2e100, 1.0))),
                ("cost_contour", "-inf", lambda: viz.cost_contour(squared_cost, (1.0, -math.inf))),
                ("cost_contour", "1e+150", lambda: viz.cost_contour(squared_cost, (1, 0), ranges=((0, 1), (0, 1e150)))),
            ]
        ),
        (lambda: viz.descent(3.0, 1.0), TypeError, "descent: expected a function, got float"),
        (
            lambda: viz.descent(lambda x: x, 1.0, learning_rate=-0.1),
            ValueError,
            "descent: expected learning_rate > 0, got -0.1; the minus sign is in the formula",
        ),
        (
            lambda: viz.descent(lambda x: x, 1.0, steps=0),
            ValueError,
            "descent: expected steps to be a positive int, got 0",
        ),
        (
            lambda: viz.descent(lambda x: x, 1.0, x_range=(2, 1)),
            ValueError,
            "descent: expected a range (low, high) with low < high, got (2.0, 1.0)",
        ),
        (
            lambda: viz.descent(lambda x: [x], 1.0),
            TypeError,
            "descent: expected the function to return one number or Value, got list",
        ),
        (
            lambda: viz.cost_contour(squared_cost, (1.0,)),
            TypeError,
            "cost_contour: expected start to be two numbers, got (1.0,)",
        ),
        (
            lambda: viz.descent(lambda x: x, 1.0).save("x.gif"),
            ValueError,
            "save: expected a file name that ends in .html, .svg, .png or .pdf, got 'x.gif'",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, kind, message, refuses):
    with refuses(kind, message):
        make()


def test_a_start_outside_the_domain_is_refused():
    with pytest.raises(DomainError, match="log"):
        viz.descent(log, -1.0)


def test_the_numbers_of_a_still_have_a_true_minus_sign():
    pytest.importorskip("matplotlib")
    for figure in (viz.descent(lambda x: x**2 - 3 * x, -2.0), viz.cost_curve([(1, 2), (-3, 1)], m=-1.0)):
        texts = re.findall(r"<!-- (.*?) -->", figure.still("svg").decode())  # matplotlib notes each text that it draws
        assert any("−" in text for text in texts)
        assert [text for text in texts if re.search(r"-\d", text)] == []


def test_the_line_of_figure_1_is_drawn_from_side_to_side_and_its_costs_fit_into_their_chart(still):
    points = [(0.0, 1.0), (1.0, 1.5), (3.0, 2.0)]
    left, right = still(points, m=0.5, c=0.25)
    assert any(
        [*line.get_ydata()] == pytest.approx([0.5 * x + 0.25 for x in line.get_xdata()])
        and [*line.get_xdata()] == pytest.approx([*left.get_xlim()])
        for line in left.lines
    )
    residuals = [[m * x + 0.25 - y for x, y in points] for m in right.get_xlim()]
    highest = max(max(math.fsum(map(abs, some)), math.fsum(r * r for r in some) / 2) for some in residuals)
    assert right.get_ylim() == pytest.approx((0.0, 1.08 * highest))
