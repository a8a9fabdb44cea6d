"""The fingerprint of a graph tells two graphs apart exactly where a program would."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from autodiff import Value, dot, graph
from autodiff import sum as total
from autodiff.program.recording.fingerprint import fingerprint


def test_a_key_tells_zeros_of_either_sign_apart_and_takes_nan_for_nan():
    x = Value(1.0)
    keys = {number: fingerprint([x * Value(float(number))], [x]) for number in ("0.0", "-0.0", "nan", "inf", "1.5")}
    for number, key in keys.items():
        assert key == fingerprint([x * Value(float(number))], [x])
        assert hash(tuple(key)) == hash(tuple(fingerprint([x * Value(float(number))], [x])))
    for one, other in pairwise(keys.values()):
        assert one != other


OPERANDS = st.lists(st.integers(0, 7), min_size=1, max_size=12)


@given(OPERANDS, OPERANDS)
@example([0, 1, 2, 3], [0, 1, 2, 4])
@example([0, 2, 4, 6], [0, 2, 4])
@example([7, 7, 7], [7, 7])
@example([0, 1, 1, 2], [0, 1, 2, 1])
def test_keys_of_wide_nodes_are_equal_only_for_the_same_operands(some, others):
    inputs = [Value(1.0) for _ in range(8)]

    def key_of(numbers):
        operands = [inputs[i] for i in numbers]
        return fingerprint([dot(operands, operands[::-1]) + total(operands)], inputs)

    assert (key_of(some) == key_of(others)) == (some == others)
    assert key_of(some) == key_of(some)


def test_a_key_of_many_operands_in_a_row_is_short():
    weights = [Value(1.0) for _ in range(1000)]
    assert len(fingerprint([dot(weights, weights)], weights)) < 10


def test_a_key_has_outputs_that_are_inputs():
    x, y = Value(1.0), Value(2.0)
    assert fingerprint([x, y], [x, y]) != fingerprint([y, x], [x, y])
    assert fingerprint([x], [x, y]) == fingerprint([y], [y, x])


def test_a_key_is_the_same_while_a_walk_is_under_way():
    x, y, other = Value(1.0), Value(2.0), Value(3.0)
    outputs, inputs = [dot([x, y, x], [y, 2.0, other]) + 3.0 * x.tanh(), x, other], [y, x, Value(4.0)]
    expected = fingerprint(outputs, inputs)
    mark, graph.marks[0] = graph.marks[0], 0
    try:
        assert fingerprint(outputs, inputs) == expected
    finally:
        graph.marks[0] = mark
    assert graph.marks[0] > 0
