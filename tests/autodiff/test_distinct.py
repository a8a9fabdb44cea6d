"""Each node once, with marks and without."""

import pytest

from autodiff import Value, graph
from autodiff.distinct import distinct


@pytest.mark.parametrize("is_walking", [False, True])
def test_every_node_comes_once_in_the_order_of_its_first_place(is_walking):
    x, y, z = Value(1.0), Value(1.0), Value(1.0)
    mark = graph.marks[0]
    graph.marks[0] = 0 if is_walking else mark
    try:
        for _ in range(2):  # the second time, the nodes have marks
            assert distinct([y, x, y, z, x, y]) == [y, x, z]
        assert distinct([]) == []
    finally:
        graph.marks[0] = max(mark, graph.marks[0])
