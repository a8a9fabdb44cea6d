"""Rectangles, by hand."""

from viz.layout.geometry import around, hull, middle, moved


def test_a_rectangle_has_its_point_in_the_middle():
    rect = around(10.0, 20.0, (6.0, 8.0))
    assert rect == (7.0, 16.0, 13.0, 24.0)
    assert middle(rect) == (10.0, 20.0)


def test_a_hull_reaches_as_far_as_any_of_its_rectangles():
    assert hull({"a": (1.0, 2.0, 3.0, 9.0), "b": (0.0, 4.0, 5.0, 6.0)}) == (0.0, 2.0, 5.0, 9.0)


def test_places_move_together():
    assert moved({"a": (1.0, 2.0, 3.0, 4.0), "b": (0.0, 0.0, 1.0, 1.0)}, 10.0, 100.0) == {
        "a": (11.0, 102.0, 13.0, 104.0),
        "b": (10.0, 100.0, 11.0, 101.0),
    }
