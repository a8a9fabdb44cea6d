"""The losses: their formulas, their signed derivatives, and which shapes they take."""

import math
import random
from functools import reduce
from operator import add

import numpy as np
import pytest
from mpmath import mp, mpf

from autodiff import Value, logsumexp
from autodiff.program import Program
from autodiff.testing import check_gradients
from nn import MLP
from nn.losses import absolute_error, binary_cross_entropy, cross_entropy, hinge, huber, squared_error

LOSSES = [squared_error, absolute_error, huber, hinge, binary_cross_entropy]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
ONE_HOT = "for nn.fit, use nn.data.one_hot(labels, 2)"


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "value", "slope"),
    [
        (squared_error, 3.0, 1.0, 2.0, 2.0),
        (squared_error, 1.0, 3.0, 2.0, -2.0),
        (squared_error, 1.0, 1.0, 0.0, 0.0),
        (absolute_error, 3.0, 1.0, 2.0, 1.0),
        (absolute_error, 1.0, 3.0, 2.0, -1.0),
        (absolute_error, 1.0, 1.0, 0.0, 0.0),  # the kink
        (huber, 3.0, 1.0, 1.5, 1.0),  # delta (|r| - delta/2)
        (huber, 1.0, 3.0, 1.5, -1.0),
        (huber, 1.5, 1.0, 0.125, 0.5),  # r**2 / 2
        (huber, 1.0, 1.5, 0.125, -0.5),
        (huber, 1.0, 1.0, 0.0, 0.0),
        (huber, 2.0, 1.0, 0.5, 1.0),  # where the two meet
        (huber, 1.0, 2.0, 0.5, -1.0),
        (hinge, 0.5, 1.0, 0.5, -1.0),
        (hinge, 0.5, -1.0, 1.5, 1.0),
        (hinge, 2.0, 1.0, 0.0, 0.0),
        (hinge, 1.0, 1.0, 0.0, 0.0),  # the kink
        (binary_cross_entropy, 0.0, 1.0, math.log(2.0), -0.5),
        (binary_cross_entropy, 0.0, 0.0, math.log(2.0), 0.5),
        (binary_cross_entropy, 0.0, 0.25, math.log(2.0), 0.25),  # p - t
        (binary_cross_entropy, 1000.0, 0.0, 1000.0, 1.0),
        (binary_cross_entropy, 1000.0, 1.0, 0.0, 0.0),
        (binary_cross_entropy, -1000.0, 1.0, 1000.0, -1.0),
        (binary_cross_entropy, -1000.0, 0.0, 0.0, 0.0),
    ],
)
def test_the_value_and_the_signed_derivative(loss, prediction, target, value, slope):
    p = Value(prediction)
    output = loss(p, target)
    output.backward()
    assert (output.data, p.grad) == (value, slope)
    assert (loss(prediction, target), type(loss(prediction, target))) == (value, float)


@each_loss
def test_a_list_sums_over_its_elements(loss):
    predictions, targets = [0.5, -2.0, 3.0], [1.0, 1.0, -1.0]
    want = reduce(add, map(loss, predictions, targets))  # Python's sum carries more digits since 3.12
    assert loss([*map(Value, predictions)], targets).data == loss(predictions, targets) == want


@each_loss
def test_a_tuple_and_an_array_are_lists(loss):
    assert loss((Value(0.5), Value(2.0)), np.array([1.0, -1.0])).data == loss([0.5, 2.0], [1.0, -1.0])


@each_loss
def test_the_target_may_be_a_value_too(loss):
    p, t = Value(0.5), Value(1.0)
    loss(p, t).backward()
    # t - p, sign(t - p), t - p, -p, log(1 - p) - log(p) with p = sigmoid(0.5), which is -logit
    slope = {squared_error: 0.5, absolute_error: 1.0, huber: 0.5, hinge: -0.5, binary_cross_entropy: -0.5}
    assert t.grad == pytest.approx(slope[loss], rel=1e-15)  # a difference of two softplus, each rounded


@each_loss
def test_the_loss_of_a_list_of_one_is_that_of_the_number(loss):
    p = Value(0.5)
    assert loss([p], [1.0]).data == loss(p, 1.0).data
    assert loss([p], [1.0]).primitive is loss(p, 1.0).primitive


@each_loss
def test_lists_of_different_lengths_are_refused(loss, refuses):
    message = f"{loss.__name__}: expected as many targets as predictions, got 1 and 2"
    with refuses(ValueError, message):
        loss([1.0, 2.0], [1.0])


@each_loss
def test_a_list_against_a_number_is_refused(loss, refuses):
    start = f"{loss.__name__}: expected two numbers or two lists, got a list"
    with refuses(ValueError, f"{start} as prediction and one number as target"):
        loss([1.0], 1.0)
    with refuses(ValueError, f"{start} as target and one number as prediction"):
        loss(Value(1.0), [1.0])


def test_a_loss_reaches_every_parameter_of_a_network():
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    squared_error(model([0.5, -1.0]), [1.0, 0.0]).backward()
    assert all(parameter.grad for parameter in model.parameters())


@pytest.mark.parametrize("thing", [{0: 1.0}, {1.0}, "1", iter([1.0]), np.ones((1, 1, 1)), np.array(1.0)])
def test_what_is_neither_number_nor_list_is_refused(thing, refuses):
    message = f"squared_error: expected a number, a Value, or a list of them, got {type(thing).__name__}"
    with refuses(TypeError, message):
        squared_error(thing, [1.0])


BATCHES = [
    (squared_error, [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 0.5], [1.0, 1.0]]),
    (huber, [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 0.5], [1.0, 1.0]]),
    (hinge, [[0.5], [2.0], [-1.0]], [[1.0], [-1.0], [1.0]]),
    (binary_cross_entropy, [[0.5], [2.0], [-1.0]], [[1.0], [0.0], [1.0]]),
    (cross_entropy, [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]], [1, 0, 0]),
    (cross_entropy, [[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]], [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]),
]


@pytest.mark.parametrize("kind", [list, tuple, np.array])
@pytest.mark.parametrize(("loss", "predictions", "targets"), BATCHES)
def test_rows_are_samples_and_the_loss_is_their_mean(loss, predictions, targets, kind):
    mean = sum(map(loss, predictions, targets)) / 3
    assert loss(kind(predictions), kind(targets)) == pytest.approx(mean, rel=1e-15)
    values = [[Value(x) for x in row] for row in predictions]
    out = loss(kind(values), kind(targets))
    out.backward()
    assert out.data == pytest.approx(mean, rel=1e-15)
    assert values[0][0].grad != 0.0


def test_options_hold_for_every_sample():
    assert huber([[3.0], [5.0]], [[0.0], [0.0]], delta=2.0) == (huber([3.0], [0.0], delta=2.0) + 8.0) / 2


def test_a_batch_has_a_target_for_each_row(refuses):
    with refuses(ValueError, "cross_entropy: expected a target for each of 2 rows of predictions, got 1"):
        cross_entropy([[1.0, 2.0], [0.0, 1.0]], [1])
    with refuses(TypeError, "squared_error: expected numbers or Values in the list, got list; a loss is of one sample"):
        squared_error([1.0, [2.0]], [1.0, [2.0]])


# -------------------------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize("target", [[0.3, 0.9, 0.0], [1.0, 0.0, 1.0]])
@each_loss
def test_the_derivatives_are_right_in_prediction_and_target(loss, target):
    check_gradients(loss, [0.7, -1.6, 2.3], target)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1000.0])
@each_loss
def test_predictions_of_any_size_give_finite_losses_and_gradients(loss, size):
    predictions = [Value(size), Value(-size)]
    output = loss(predictions, [1.0, 1.0])
    output.backward()
    assert math.isfinite(output.data)
    assert all(math.isfinite(p.grad) for p in predictions)


@each_loss
def test_a_recorded_loss_is_true_at_other_points(loss):
    """No loss takes a branch on a Value: what was recorded at one point replays at all of them."""
    p, t = Value(0.3), Value(1.0)
    program = Program(loss(p, t), inputs=[p, t], backend="python")
    points = [(x, y) for x in (-1000.0, -2.0, -0.3, 0.0, 0.4, 1.0, 5.0, 1000.0) for y in (0.0, 0.25, 1.0)]
    # the same operations in another order, on numbers of the size of the loss
    np.testing.assert_allclose(program(points), [loss(*point) for point in points], rtol=1e-15, atol=1e-15)


# ------------------------------------------------------------------------------------------------------------ huber


@pytest.mark.parametrize("delta", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("r", [-1000.0, -2.0, -0.05, 0.0, 0.07, 20.0, 1000.0])
def test_huber_is_a_parabola_and_then_a_line(r, delta):
    want = r * r / 2.0 if abs(r) <= delta else delta * (abs(r) - delta / 2.0)
    assert huber(r, 0.0, delta=delta) == pytest.approx(want, rel=1e-15)  # two products and a difference


def test_huber_has_the_curvature_of_a_parabola_where_the_error_is_0():
    check_gradients(lambda p: huber(p, 1.0), 1.0)


@pytest.mark.parametrize("delta", [0.0, -1.0, math.inf])
def test_hubers_delta_is_positive(delta, refuses):
    with refuses(ValueError, f"huber: expected delta > 0, got {delta!r}"):
        huber(1.0, 2.0, delta=delta)


# ---------------------------------------------------------------------------------------------------- cross-entropies


def exact_binary(z, t):
    """By the definition, with 500 digits."""
    with mp.workdps(500):
        p = 1 / (1 + mp.exp(-mpf(z)))
        return float(-(mpf(t) * mp.log(p) + (1 - mpf(t)) * mp.log(1 - p))), float(p - mpf(t))


@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", [-1000.0, -40.0, -1.5, 0.0, 1e-8, 0.5, 40.0, 1000.0])
def test_binary_cross_entropy_keeps_its_digits(z, t):
    logit = Value(z)
    output = binary_cross_entropy(logit, t)
    output.backward()
    loss, slope = exact_binary(z, t)
    # softplus and sigmoid are good to a few eps; the terms have one sign in the loss, and two in the slope
    assert output.data == pytest.approx(loss, rel=2e-15, abs=0.0)
    assert logit.grad == pytest.approx(slope, rel=2e-15, abs=0.0 if t in (0.0, 1.0) else 2e-16)


def exact_cross_entropy(logits, probabilities):
    """By the definition, with 1000 digits: the loss, and softmax - t."""
    with mp.workdps(1000):
        powers = [mp.exp(mpf(z)) for z in logits]
        ps = [power / mp.fsum(powers) for power in powers]
        loss = -mp.fsum(mpf(t) * mp.log(p) for t, p in zip(probabilities, ps, strict=True))
        return float(loss), [float(p - mpf(t)) for t, p in zip(probabilities, ps, strict=True)]


LOGITS = [[0.0, 0.0], [1.0, -2.0, 0.5], [1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 1000.0], [40.0, 1.0, 0.0]]
TARGETS = {2: [[1.0, 0.0], [0.3, 0.7]], 3: [[0.0, 1.0, 0.0], [0.2, 0.5, 0.3]]}


@pytest.mark.parametrize(("logits", "target"), [(z, t) for z in LOGITS for t in TARGETS[len(z)]])
def test_cross_entropy_is_that_of_the_softmax_and_its_gradient_the_difference(logits, target):
    values = [*map(Value, logits)]
    output = cross_entropy(values, target)
    output.backward()
    loss, slopes = exact_cross_entropy(logits, target)
    size = max(map(abs, logits)) + 1.0
    # logsumexp - logit is a difference of numbers of that size; softmax is exp of such a difference
    assert output.data == pytest.approx(loss, abs=4e-16 * size)
    assert [z.grad for z in values] == pytest.approx(slopes, abs=4e-16 * size)
    assert cross_entropy(logits, target) == output.data


@pytest.mark.parametrize("logits", LOGITS)
def test_the_index_of_a_class_is_its_one_hot_row(logits):
    for k in range(len(logits)):
        row = [1.0 if i == k else 0.0 for i in range(len(logits))]
        by_index, by_row = [*map(Value, logits)], [*map(Value, logits)]
        losses = cross_entropy(by_index, k), cross_entropy(by_row, row)
        for loss in losses:
            loss.backward()
        assert losses[0].data == losses[1].data == cross_entropy(np.array(logits), np.int64(k))
        assert [z.grad for z in by_index] == pytest.approx([z.grad for z in by_row], abs=4e-16)


def test_the_probabilities_may_be_values():
    target = [Value(0.25), Value(0.75)]
    cross_entropy([1.0, 0.0], target).backward()
    log_sum = math.log(math.e + 1.0)
    assert [t.grad for t in target] == pytest.approx([log_sum - 1.0, log_sum], rel=1e-15)


@pytest.mark.parametrize("target", [1, [0.2, 0.5, 0.3]])
def test_the_derivatives_of_cross_entropy_are_right(target):
    check_gradients(lambda logits: cross_entropy(logits, target), [0.7, -1.6, 2.3])


@pytest.mark.parametrize("loss", [binary_cross_entropy, lambda z, t: cross_entropy([z, 0.0], [t, 1.0 - t])])
def test_two_classes_are_one_logit(loss):
    """softmax([z, 0]) is (sigmoid(z), 1 - sigmoid(z))."""
    assert loss(1.5, 0.25) == pytest.approx(exact_binary(1.5, 0.25)[0], rel=2e-15)


@pytest.mark.parametrize(
    ("prediction", "target", "kind", "message"),
    [
        (1.0, 0, TypeError, "expected a list of logits, got float; for one, use binary_cross_entropy"),
        (Value(1.0), 0, TypeError, "expected a list of logits, got Value; for one, use binary_cross_entropy"),
        ([1.0], 0, ValueError, "expected at least 2 logits, got 1; use binary_cross_entropy"),
        ([1.0, 2.0], 2, ValueError, "expected the index of one of 2 classes, 0 to 1, got 2"),
        ([1.0, 2.0], -1, ValueError, "expected the index of one of 2 classes, 0 to 1, got -1"),
        (
            [1.0, 2.0],
            1.0,
            TypeError,
            f"expected the index of a class, an int, or a list of 2 probabilities, got 1.0; {ONE_HOT}",
        ),
        (
            [1.0, 2.0],
            Value(1.0),
            TypeError,
            (
                "expected the index of a class, an int, or a list of 2 probabilities, "
                f"got Value(data=1.0, grad=0.0); {ONE_HOT}"
            ),
        ),
        ([1.0, 2.0], [1.0], ValueError, "expected a probability for each of 2 logits, got 1"),
        ([1.0, 2.0], "b", TypeError, "expected a number, a Value, or a list of them, got str"),
    ],
)
def test_what_is_no_logits_or_no_target_is_refused(prediction, target, kind, message, refuses):
    with refuses(kind, f"cross_entropy: {message}"):
        cross_entropy(prediction, target)


@pytest.mark.parametrize("gap", [5.0, 37.0, 40.0, 300.0, math.inf])
@pytest.mark.parametrize("backend", ["eager", "python", "arrays", "llvm"])
def test_a_one_hot_row_of_values_keeps_the_digits_of_p_minus_t(gap, backend):
    logits, row = [2.0, 2.0 - gap, 1.0 - gap], [1.0, 0.0, 0.0]
    values, target = [*map(Value, logits)], [*map(Value, row)]
    loss = cross_entropy(values, target)
    if backend == "eager":
        loss.backward()
        got, slopes = loss.data, [z.grad for z in (*values, *target)]
    else:
        program = Program(loss, [*values, *target], backend=backend)
        got, slopes = program.value_and_grad([*logits, *row])
    tail = [math.exp(-gap), math.exp(-gap - 1.0)]
    rest = sum(tail)
    assert got == pytest.approx(math.log1p(rest), rel=1e-15, abs=0.0)
    wanted = [-rest / (1.0 + rest), *[x / (1.0 + rest) for x in tail]]
    assert list(slopes[:3]) == pytest.approx(wanted, rel=1e-15, abs=0.0)
    by_target = [math.log1p(rest) + x for x in (0.0, gap, gap + 1.0)]  # -log p
    assert list(slopes[3:]) == pytest.approx(by_target, rel=1e-15, abs=1e-15)


def test_rows_that_are_not_one_hot_mean_what_they_say():
    for row in ([0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.5, -0.5], [0.2, 0.5, 0.3], [1.0, 1e-9, 0.0]):
        logits, target = [*map(Value, [1.0, 2.0, 3.0])], [*map(Value, row)]
        loss = cross_entropy(logits, target)
        log_sum = logsumexp([1.0, 2.0, 3.0])
        wanted = sum(t * (log_sum - z) for t, z in zip(row, [1, 2, 3], strict=True))
        assert loss.data == pytest.approx(wanted, rel=1e-14)  # some ten roundings of numbers up to 10 times its size
        check_gradients(lambda z, t: cross_entropy(z, t), [1.0, 2.0, 3.0], [0.3, 0.3, 0.4])
