"""Samples become arrays at once where they are numbers, and number by number only to find the wrong one."""

import numpy as np
import pytest

from nn.training import compiled


@pytest.mark.parametrize(
    "data",
    [np.ones(3), np.ones((3, 2)), [1.0, 2.0], [[1, 2], [3, 4]], np.ones((2, 2), np.float32), [True, False]],
    ids=["numbers", "rows", "a list", "lists", "float32", "bools"],
)
def test_an_array_of_numbers_is_not_read_number_by_number(data, monkeypatch):
    monkeypatch.delattr(compiled, "rows")
    columns = compiled.as_columns("inputs", data)
    assert columns.dtype == np.float64
    assert np.array_equal(columns, np.array(data, float))


def test_an_array_of_floats_is_not_copied():
    data = np.ones((3, 2))
    assert compiled.as_columns("inputs", data) is data
