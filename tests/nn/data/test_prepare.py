"""Splits, batches, one-hot rows and standardized columns keep every sample, and its target beside it."""

import math
import random

import numpy as np
import pytest

from nn.data import Standardise, Standardize, batches, one_hot, split, take
from nn.data.samples import OneHot

INPUTS = [[float(i), 2.0 * i] for i in range(10)]
TARGETS = [10 * i for i in range(10)]


def rng(seed=0):
    return random.Random(seed)


# ------------------------------------------------------------------------------------------------------------ split


@pytest.mark.parametrize("as_arrays", [False, True], ids=["lists", "arrays"])
def test_a_split_keeps_every_sample_once_with_its_target(as_arrays):
    made = (np.array(INPUTS), np.array(TARGETS)) if as_arrays else (INPUTS, TARGETS)
    parts = split(*made, test=0.3, rng=rng())
    assert [[len(samples) for samples in part] for part in parts] == [[7, 7], [3, 3]]
    pairs = [(*x, t) for inputs, targets in parts for x, t in zip(inputs, targets, strict=True)]
    assert sorted(pairs) == [(i, 2 * i, 10 * i) for i in range(10)]
    assert {type(samples) for part in parts for samples in part} == {np.ndarray if as_arrays else list}


def test_lists_and_arrays_are_split_alike_and_by_the_seed():
    def targets(seed, convert):
        (_, training), (_, held_back) = split(convert(INPUTS), convert(TARGETS), rng=rng(seed))
        return [*training, *held_back]

    assert targets(1, list) == targets(1, np.array) == targets(1, tuple) != targets(2, list)


def test_every_sample_is_held_back_equally_often():
    counts = [0] * 10
    generator = rng()
    for _ in range(2000):
        for i in split(TARGETS, range(10), test=0.3, rng=generator)[1][1]:
            counts[i] += 1
    # 600 expected, standard deviation sqrt(2000 * 0.3 * 0.7) = 20.5
    assert all(abs(count - 600) < 5 * 20.5 for count in counts)


@pytest.mark.parametrize(("n", "test", "n_test"), [(2, 0.01, 1), (2, 0.99, 1), (10, 0.25, 2), (1797, 0.2, 359)])
def test_the_share_is_rounded_and_neither_part_is_empty(n, test, n_test):
    training, held_back = split(range(n), range(n), test=test, rng=rng())
    assert (len(training[0]), len(held_back[0])) == (n - n_test, n_test)


@pytest.mark.parametrize(
    ("inputs", "targets", "test", "message"),
    [
        ([1, 2], [1, 2], 0.0, "split: expected 0 < test < 1, the share that is held back, got 0.0"),
        ([1, 2], [1, 2], 1.0, "split: expected 0 < test < 1, the share that is held back, got 1.0"),
        ([1, 2], [1, 2], 20, "split: expected 0 < test < 1, the share that is held back, got 20"),
        ([1], [1], 0.5, "split: expected at least 2 samples, one for either part, got 1"),
        ([1, 2], [1], 0.5, "split: expected as many targets as inputs, got 1 and 2"),
        ([], [], 0.5, "split: expected at least one sample, got none"),
    ],
)
def test_what_cannot_be_split_is_refused(inputs, targets, test, message, refuses):
    with refuses(ValueError, message):
        split(inputs, targets, test=test, rng=rng())


def test_samples_are_taken_by_index():
    assert take(TARGETS, [3, 0, 3]) == [30, 0, 30]
    assert take(np.array(INPUTS), [1]).tolist() == [[1.0, 2.0]]


def test_a_pandas_series_is_taken_from_by_position_not_by_label():
    class Series:
        dtype, iloc = np.dtype(float), np.array([7.0, 8.0, 9.0])

    assert take(Series(), [2, 0]).tolist() == [9.0, 7.0]


@pytest.mark.parametrize("thing", [{0: 1.0}, "ab", iter([1.0])])
def test_samples_that_have_no_order_are_refused(thing, refuses):
    with refuses(TypeError, f"take: expected a list or an array of samples, got {type(thing).__name__}"):
        take(thing, [0])


# ---------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize(("n", "size", "sizes"), [(6, 2, [2, 2, 2]), (7, 3, [3, 3, 1]), (2, 5, [2]), (1, 1, [1])])
@pytest.mark.parametrize("seed", [None, 0])
def test_batches_have_every_index_once_and_the_last_what_remains(n, size, sizes, seed):
    made = batches(n, size, rng=None if seed is None else rng(seed))
    assert [*map(len, made)] == sizes
    assert sorted(i for batch in made for i in batch) == [*range(n)]


def test_batches_are_in_order_or_in_that_of_the_seed():
    assert batches(5, 2) == [[0, 1], [2, 3], [4]]
    assert batches(50, 7, rng=rng(1)) == batches(50, 7, rng=rng(1)) != batches(50, 7, rng=rng(2))


@pytest.mark.parametrize(
    ("n", "size", "message"),
    [
        (0, 2, "batches: expected n to be a positive int, got 0"),
        (5, 0, "batches: expected batch_size to be a positive int, got 0"),
        (5, 2.5, "batches: expected batch_size to be a positive int, got 2.5"),
    ],
)
def test_a_batch_without_samples_is_refused(n, size, message, refuses):
    with refuses(ValueError, message):
        batches(n, size)


@pytest.mark.parametrize("use", [lambda r: batches(5, 2, rng=r), lambda r: split([1, 2], [1, 2], rng=r)])
def test_a_generator_that_is_none_is_refused(use, refuses):
    with pytest.raises(TypeError, match=r"^\w+: expected rng to be a random\.Random, got int; use random\.Random\("):
        use(42)


# ---------------------------------------------------------------------------------------------------------- one-hot


def test_one_hot_rows_are_those_of_the_unit_matrix():
    labels = [2, 0, 1, 2]
    assert one_hot(labels, 4) == np.eye(4)[labels].tolist() == one_hot(np.array(labels), 4)


@pytest.mark.parametrize(
    ("labels", "n", "kind", "message"),
    [
        ([3], 3, ValueError, "one_hot: expected labels from 0 to 2, got 3"),
        ([-1], 3, ValueError, "one_hot: expected labels from 0 to 2, got -1"),
        ([1.0], 3, TypeError, "one_hot: expected labels that are ints, got float 1.0"),
        ([0], 0, ValueError, "one_hot: expected n to be a positive int, got 0"),
    ],
)
def test_a_label_that_is_no_class_is_refused(labels, n, kind, message, refuses):
    with refuses(kind, message):
        one_hot(labels, n)


# ------------------------------------------------------------------------------------------------------- standardise


def table():
    generator = rng()
    return [[generator.gauss(5.0, 2.0), 1e6 * generator.random(), 7.0] for _ in range(200)]


def test_standardized_columns_have_mean_0_and_deviation_1_and_a_constant_one_is_0():
    inputs = table()
    z = np.array(Standardize.of(inputs)(inputs))
    # sums of 200 numbers of size 1
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=200 * 2.2e-16)
    np.testing.assert_allclose(z.std(axis=0), [1.0, 1.0, 0.0], atol=200 * 2.2e-16)
    assert (z[:, 2] == 0.0).all()


def test_the_scale_is_that_of_the_part_it_was_made_of():
    scale = Standardize.of([[0.0], [2.0]])
    assert scale([[4.0], [-1.0]]) == [[3.0], [-2.0]]


@pytest.mark.parametrize("constant", [0.1, 1e300, -0.0])
def test_a_constant_column_keeps_its_scale(constant):
    scale = Standardize.of([[constant]] * 7)
    assert scale == Standardize([constant], [1.0])
    assert scale([[constant]]) == [[0.0]]


NEARLY_CONSTANT = {
    "rounded": [0.3, 0.1 + 0.2] * 50,
    "shares": [a / 7 + b / 7 + (7 - a - b) / 7 for a in range(8) for b in range(8)],
    "neighbours": [1.0, 1.0 + 2**-52],
    "negative": [-1e16, -1e16 - 2.0],
    "large": [1e8, 1e8 + 1e-7] * 50,
    "close": [1.0, 1.0 + 1e-7],
    "around 0": [1e-17, -1e-17],
    "many": [1e3 + 1e-12 * (i % 3) for i in range(1000)],
}


@pytest.mark.parametrize("column", NEARLY_CONSTANT.values(), ids=NEARLY_CONSTANT)
def test_a_column_is_constant_up_to_rounding_where_scikit_learn_says_so(column):
    theirs = pytest.importorskip("sklearn.preprocessing").StandardScaler().fit(np.array(column)[:, None])
    ours = Standardize.of(column)
    assert ours.mean == pytest.approx(theirs.mean_[0], rel=1e-15)
    assert ours.deviation == pytest.approx(theirs.scale_[0], rel=1e-6)  # their sums round in another order
    assert (ours.deviation == 1.0) == (theirs.scale_[0] == 1.0)


@pytest.mark.parametrize("exponent", [1000, 664, 500, 0, -500, -664, -1000, -1060])
def test_a_column_of_any_size_is_scaled(exponent):
    """As scikit-learn scales the same column near 1: its squares of 1e200 overflow, and those of 1e-200 vanish."""
    column = [1.0, 2.0, 3.0, 7.5]
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    z = scaler.fit_transform(np.array(column)[:, None])[:, 0]
    sized = [math.ldexp(x, exponent) for x in column]
    scale = Standardize.of(sized)
    np.testing.assert_allclose(scale(sized), z, rtol=1e-14 if exponent >= -1000 else 1e-3)  # subnormals are coarse
    np.testing.assert_allclose(scale.inverse(scale(sized)), sized, rtol=1e-15)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e307, 5e-324])
def test_a_column_of_two_numbers_of_any_size_becomes_minus_1_and_1(size):
    np.testing.assert_allclose(Standardize.of([-size, size])([-size, size]), [-1.0, 1.0], rtol=1e-15)


def test_inverse_takes_it_back():
    inputs = table()
    scale = Standardize.of(inputs)
    # three operations; the result is at most 3 eps of the largest number of the column off
    np.testing.assert_allclose(scale.inverse(scale(inputs)), inputs, rtol=0, atol=3 * 2.2e-16 * 1e6)


def test_single_numbers_such_as_targets_are_a_column():
    scale = Standardize.of([1.0, 3.0])
    assert scale == Standardize(2.0, 1.0)
    assert scale([5.0, 2]) == [3.0, 0.0]
    assert scale.inverse([3.0]) == [5.0]


def test_an_array_gives_an_array_with_the_same_numbers():
    inputs = table()
    scale = Standardize.of(np.array(inputs))
    assert scale == Standardize.of(inputs)
    for use in (scale, scale.inverse):
        assert isinstance(use(np.array(inputs)), np.ndarray)
        assert use(np.array(inputs)).tolist() == use(inputs)
    assert scale(np.ones((1, 3), dtype=int)).tolist() == scale([[1, 1, 1]])


def test_the_old_spelling_is_kept():
    assert Standardise is Standardize


def test_repr_is_the_call_that_makes_it():
    scale = Standardize.of(table())
    assert eval(repr(scale)) == scale


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: Standardize.of([]), "Standardize: expected at least one sample, got none"),
        (
            lambda: Standardize.of([[1.0, 2.0], [1.0, math.nan]]),
            "Standardize: expected finite numbers, got nan in sample 1, column 1",
        ),
        (
            lambda: Standardize.of([[1.0, 2.0]])([[1.0]]),
            "Standardize: expected samples of 2 numbers, got 1",
        ),
        (
            lambda: Standardize.of([[1.0, 2.0]])([1.0, 2.0]),
            "Standardize: expected samples of 2 numbers, got single numbers",
        ),
        (
            lambda: Standardize.of([1.0, 2.0]).inverse([[1.0, 2.0]]),
            "Standardize: expected single numbers, got samples of 2",
        ),
    ],
)
def test_what_has_no_scale_or_another_width_is_refused(use, message, refuses):
    with refuses(ValueError, message):
        use()


def test_labels_that_training_makes_rows_are_those_rows():
    rows = OneHot([2, 0], 3)
    assert rows == one_hot([2, 0], 3)
    assert rows.labels == [2, 0]
