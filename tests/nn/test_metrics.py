"""Metrics: shares and explained variance, by their definitions."""

import functools

import numpy as np
import pytest

from nn.metrics import accuracy, r2


def test_of_several_outputs_the_largest_counts_against_rows_and_labels():
    predictions = [[0.1, 0.2, 0.3], [0.9, 0.2, 0.3], [0.0, 5.0, -1.0], [-3.0, -2.0, -1.0]]
    labels = [2, 1, 1, 2]
    assert accuracy(predictions, labels) == 0.75
    assert accuracy(np.array(predictions), np.eye(3)[labels]) == 0.75


@pytest.mark.parametrize("targets", [[-1.0, 1.0, 1.0, -1.0], [0, 1, 1, 0]])
def test_of_one_output_the_sign_counts(targets):
    assert accuracy([-0.1, 0.2, -0.3, -4.0], targets) == 0.75


def test_a_threshold_is_for_outputs_between_0_and_1():
    half = functools.partial(accuracy, threshold=0.5)
    assert half([0.1, 0.6, 0.4], [0.0, 1.0, 1.0]) == pytest.approx(2 / 3)


def test_r2_is_1_for_the_targets_0_for_their_mean_and_negative_for_worse():
    targets = [1.0, 2.0, 6.0]
    assert (r2(targets, targets), r2([3.0] * 3, targets)) == (1.0, 0.0)
    assert r2([6.0, 2.0, 1.0], targets) < 0.0


@pytest.mark.parametrize("metric", [accuracy, r2])
def test_there_must_be_samples_and_as_many_targets(metric, refuses):
    with refuses(ValueError, f"{metric.__name__}: expected as many targets as predictions, got 1 and 2"):
        metric([1.0, 2.0], [1.0])
    with refuses(ValueError, f"{metric.__name__}: expected at least one sample, got none"):
        metric([], [])


def test_rows_of_another_width_and_equal_targets_are_refused(refuses):
    with refuses(ValueError, "accuracy: expected a target for each of 2 outputs, got 3"):
        accuracy([[1.0, 2.0]], [[1.0, 0.0, 0.0]])
    with refuses(ValueError, "r2: expected targets that differ, got equal ones: there is no variance to explain"):
        r2([1.0, 2.0], [3.0, 3.0])


def test_arguments_in_the_wrong_order_are_refused(refuses):
    message = (
        "accuracy: expected the target of a single output to be a number, got a list of 2 for sample 0; "
        "predictions come first, then targets"
    )
    with refuses(ValueError, message):
        accuracy([1, 0], [[0.1, 0.8], [0.7, 0.6]])


def test_a_row_of_one_output_is_that_output():
    assert (
        accuracy([[-0.1], [0.2], [0.3]], [[0.0], [1.0], [0.0]]) == accuracy([-0.1, 0.2, 0.3], [[0], [1], [0]]) == 2 / 3
    )


def test_r2_takes_no_rows(refuses):
    with refuses(
        ValueError, "r2: expected a prediction to be a number, got a list of 2 for sample 0; take one output at a time"
    ):
        r2([[1.0, 2.0], [3.0, 4.0]], [0, 1])
    with refuses(
        ValueError, "r2: expected a target to be a number, got a ndarray of 1 for sample 0; take one output at a time"
    ):
        r2([1.0, 2.0], np.array([[1.0], [2.0]]))
