"""What a still shows is what was computed: lines, points, limits and words are read back from its axes."""

import pytest

import viz

np = pytest.importorskip("numpy")
figure = pytest.importorskip("matplotlib.figure")

POINTS = [(1.0, 2.0), (3.0, 1.0)]


def painted(plot):
    canvas = figure.Figure()
    plot.draw(canvas)
    return canvas.axes


def bowl(a, b):
    return a**2 + 4 * (b - 1) ** 2


def steps_of_bowl(start, rate, n):
    path = [start]
    for _ in range(n):
        a, b = path[-1]
        path.append((a - rate * 2 * a, b - rate * 8 * (b - 1)))
    return path


def test_each_line_of_the_contour_is_where_the_cost_has_its_level():
    (axes,) = painted(viz.cost_contour(bowl, (1.5, 0.5), ranges=((-2.0, 2.0), (-1.0, 3.0))))
    (lines,) = [shape for shape in axes.collections if hasattr(shape, "levels") and not shape.filled]
    drawn = [(level, path.vertices) for level, path in zip(lines.levels, lines.get_paths(), strict=True)]
    assert len(drawn) > 3
    cell = 4.0 / 60  # no grid is coarser; a line between two points of it is off by f'' h^2 / 8 = cell^2 at most
    for level, points in drawn:
        assert len(points) > 10
        assert max(abs(bowl(x, y) - level) for x, y in points) <= cell**2


def test_the_still_of_the_contour_shows_the_path_in_the_ranges_and_says_where_it_ends():
    ranges = ((-2.0, 2.0), (-1.0, 3.0))  # without the start
    plot = viz.cost_contour(bowl, (2.5, 0.5), learning_rate=0.05, steps=7, ranges=ranges)
    (axes,) = painted(plot)
    path, start = axes.lines
    np.testing.assert_allclose(path.get_xydata(), steps_of_bowl((2.5, 0.5), 0.05, 7), rtol=1e-12)
    assert start.get_xydata().tolist() == [[2.5, 0.5]]
    assert (axes.get_xlim(), axes.get_ylim()) == ranges
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    a, b = steps_of_bowl((2.5, 0.5), 0.05, 7)[-1]
    assert axes.get_title() == f"η = 0.05; after 7 steps a = {a:.4g}, b = {b:.4g}"
    assert [text.get_text() for text in axes.texts if text.get_text() == "start"] == ["start"]


def test_the_still_of_figure_2_shows_the_curve_the_path_and_the_tangent_at_the_start():
    (axes,) = painted(viz.descent(lambda x: x**2, 3.0, learning_rate=0.25, steps=4, x_range=(-1.0, 4.0)))
    curve, path, tangent = axes.lines
    xs = np.asarray(curve.get_xdata())
    assert (xs[0], xs[-1]) == (-1.0, 4.0)
    np.testing.assert_allclose(curve.get_ydata(), xs**2, rtol=1e-12)
    assert path.get_xydata().tolist() == [[x, x * x] for x in (3.0, 1.5, 0.75, 0.375, 0.1875)]
    (left, low), (right, high) = tangent.get_xydata()
    assert (high - low) / (right - left) == pytest.approx(6.0, rel=1e-12)
    assert (left + right) / 2 == pytest.approx(3.0, rel=1e-12)
    assert (low + high) / 2 == pytest.approx(9.0, rel=1e-12)
    assert 0.2 < right - left < 2.5  # neither a point nor the whole width
    assert axes.get_xlim() == (-1.0, 4.0)
    assert axes.get_ylim()[0] < 0.0 < 16.0 < axes.get_ylim()[1] < 25.0
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "f(x)")
    assert axes.get_title() == "η = 0.25; after 4 steps x = 0.1875"
    assert [text.get_text() for text in axes.texts] == ["slope 6"]


def test_the_left_of_figure_1_shows_the_line_the_points_and_their_errors():
    left, _ = painted(viz.cost_curve(POINTS, m=0.5, c=-1.0))
    line, *rest = left.lines
    assert len(rest) == 2 * len(POINTS)
    ends = np.asarray(line.get_xdata())
    assert line.get_ydata() == pytest.approx(0.5 * ends - 1.0, rel=1e-12)
    assert (ends[0], ends[1]) == left.get_xlim()
    assert ends[0] <= 0.0 < 3.0 < ends[1]
    for (x, y), error, point in zip(POINTS, rest[::2], rest[1::2], strict=True):
        assert error.get_xydata().tolist() == [[x, y], [x, 0.5 * x - 1.0]]
        assert point.get_xydata().tolist() == [[x, y]]
    assert left.get_ylim()[0] < -1.0 < 2.0 < left.get_ylim()[1]
    assert left.get_title() == "m = 0.5, c = −1"
    assert {text.get_text() for text in left.texts} >= {"A", "B", "error A = −2.5"}


def test_the_right_of_figure_1_shows_both_costs_and_the_slope_of_the_line():
    _, right = painted(viz.cost_curve(POINTS, m=0.5, c=-1.0))
    absolute, now_absolute, squared, now_squared, here = right.lines
    ms = np.asarray(absolute.get_xdata())
    errors = np.outer(ms, [x for x, _ in POINTS]) - 1.0 - [y for _, y in POINTS]
    np.testing.assert_allclose(absolute.get_ydata(), np.abs(errors).sum(1), rtol=1e-12)
    np.testing.assert_allclose(squared.get_ydata(), 0.5 * (errors**2).sum(1), rtol=1e-12)
    assert now_absolute.get_xydata().tolist() == [[0.5, 2.5 + 0.5]]
    assert now_squared.get_xydata().tolist() == [[0.5, 0.5 * (2.5**2 + 0.5**2)]]
    assert [*here.get_xdata()] == [0.5, 0.5]
    assert right.get_xlim() == (ms[0], ms[-1])
    assert ms[0] < 0.5 < 1.2 < ms[-1]  # the best slope is sum x (y - c) / sum x^2 = 9 / 10
    highest = max(*absolute.get_ydata(), *squared.get_ydata())
    assert right.get_ylim()[0] == 0.0
    assert highest < right.get_ylim()[1] < 1.2 * highest
    names = [text.get_text() for text in right.get_legend().get_texts()]
    assert names == ["absolute cost: 3", "squared cost: 3.25"]
