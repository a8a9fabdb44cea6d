"""Optimizers: each formula against the sums that it abbreviates, on Values and on arrays, step by step."""

import math
import random

import numpy as np
import pytest

from autodiff import Value
from nn import SGD, Adam, AdamW, Optimizer, RMSProp
from nn.schedules import step_decay

T, N = 8, 5  # steps, parameters
RATE, MOMENTUM, DECAY, BETA1, BETA2, EPSILON, LAMBDA = 0.1, 0.8, 0.7, 0.6, 0.9, 1e-3, 0.3

MAKERS = {
    "plain": lambda **more: SGD(RATE, **more),
    "momentum": lambda **more: SGD(RATE, momentum=MOMENTUM, **more),
    "nesterov": lambda **more: SGD(RATE, momentum=MOMENTUM, nesterov=True, **more),
    "rmsprop": lambda **more: RMSProp(RATE, decay=DECAY, epsilon=EPSILON, **more),
    "adam": lambda **more: Adam(RATE, beta1=BETA1, beta2=BETA2, epsilon=EPSILON, **more),
    "adamw": lambda **more: AdamW(RATE, weight_decay=LAMBDA, beta1=BETA1, beta2=BETA2, epsilon=EPSILON, **more),
}
each_optimizer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def start_and_gradients(n=N, steps=T):
    rng = random.Random(1)
    return [rng.gauss(0, 1) for _ in range(n)], [[rng.gauss(0, 1) for _ in range(n)] for _ in range(steps)]


def step_with(optimizer, parameters, gradient):
    for parameter, slope in zip(parameters, gradient, strict=True):
        parameter.grad = slope
    optimizer.step(parameters)


def path_of_steps(optimizer, start, gradients):
    """The parameters after every eager step."""
    parameters, path = [*map(Value, start)], []
    for gradient in gradients:
        step_with(optimizer, parameters, gradient)
        path.append([parameter.data for parameter in parameters])
    return path


def path_of_updates(optimizer, start, gradients):
    """The parameters after every step on arrays."""
    theta, path = np.array(start), []
    for gradient in gradients:
        optimizer.update(theta, np.array(gradient))
        path.append(theta.tolist())
    return path


# ------------------------------------------------------------------------------------------------- the formulas


def discounted(factor, numbers):
    """sum of factor**(t - i) times the i-th number: what a running mean adds up to, written out."""
    t = len(numbers)
    return math.fsum(factor ** (t - 1 - i) * number for i, number in enumerate(numbers))


def expected(name, start, gradients):
    """The path of the parameters, from the whole history of gradients at every step."""
    path, x = [], [*start]
    for t in range(1, len(gradients) + 1):
        for j in range(len(x)):
            g = [gradient[j] for gradient in gradients[:t]]
            square = [slope**2 for slope in g]
            adam_mean = (1 - BETA1) * discounted(BETA1, g) / (1 - BETA1**t)
            adam_square = (1 - BETA2) * discounted(BETA2, square) / (1 - BETA2**t)
            adam = adam_mean / (math.sqrt(adam_square) + EPSILON)
            change = {
                "plain": g[-1],
                "momentum": discounted(MOMENTUM, g),
                "nesterov": g[-1] + MOMENTUM * discounted(MOMENTUM, g),
                "rmsprop": g[-1] / (math.sqrt((1 - DECAY) * discounted(DECAY, square)) + EPSILON),
                "adam": adam,
                "adamw": adam + LAMBDA * x[j],
            }
            x[j] -= RATE * change[name]
        path.append([*x])
    return path


@pytest.mark.parametrize("name", MAKERS)
def test_every_step_is_that_of_the_formula(name):
    start, gradients = start_and_gradients()
    want = expected(name, start, gradients)
    # numbers of size 1, a dozen operations in each of 8 steps, as many in the sums: some 200 eps, 5e-14
    np.testing.assert_allclose(path_of_steps(MAKERS[name](), start, gradients), want, rtol=0, atol=5e-14)
    np.testing.assert_allclose(path_of_updates(MAKERS[name](), start, gradients), want, rtol=0, atol=5e-14)


@pytest.mark.parametrize("n", [1, 5, 337])
@each_optimizer
def test_values_and_arrays_take_the_same_path_to_the_last_bit(make, n):
    start, gradients = start_and_gradients(n, 20)
    eager, on_arrays = make(), make()
    assert path_of_steps(eager, start, gradients) == path_of_updates(on_arrays, start, gradients)
    assert eager.state() == on_arrays.state()


@each_optimizer
def test_the_two_ways_can_be_mixed(make):
    start, gradients = start_and_gradients()
    want = path_of_steps(make(), start, gradients)[-1]
    optimizer, theta = make(), np.array(start)
    parameters = [*map(Value, start)]
    for t, gradient in enumerate(gradients):
        if t % 3:
            theta[:] = [parameter.data for parameter in parameters]
            optimizer.update(theta, np.array(gradient))
            for parameter, number in zip(parameters, theta.tolist(), strict=True):
                parameter.data = number
        else:
            step_with(optimizer, parameters, gradient)
    assert [parameter.data for parameter in parameters] == want


def test_a_step_moves_every_parameter_against_its_gradient():
    parameters = [Value(1.0), Value(2.0), Value(3.0)]
    step_with(SGD(0.25), parameters, [2.0, -4.0, 0.0])
    assert [parameter.data for parameter in parameters] == [0.5, 3.0, 3.0]


@each_optimizer
def test_the_gradients_stay(make):
    parameter, gradient = Value(1.0), np.array([2.0, 300.0])
    step_with(make(clip_norm=1.0), [parameter], [2.0])
    make(clip_norm=1.0).update(np.ones(2), gradient)
    assert parameter.grad == 2.0
    assert gradient.tolist() == [2.0, 300.0]


def test_on_a_parabola_each_step_shrinks_the_distance_by_the_same_factor():
    m = Value(1.0)
    for _ in range(10):
        m.grad = 0.0
        (m**2).backward()
        SGD(learning_rate=0.25).step([m])
    assert m.data == 0.5**10  # m - 0.25 * 2m = m/2


@pytest.mark.parametrize("g", [1e-6, -3.0, 1e100])
def test_adams_first_step_is_the_learning_rate_against_the_sign(g):
    x = Value(0.0)
    step_with(Adam(0.01, epsilon=1e-30), [x], [g])
    # the corrections cancel (1 - beta) to a few eps
    assert x.data == pytest.approx(-0.01 * math.copysign(1.0, g), rel=1e-14)


@pytest.mark.parametrize("make", [RMSProp, Adam])
def test_a_parameter_without_gradient_stays(make):
    x = Value(1.5)
    step_with(make(), [x], [0.0])
    assert x.data == 1.5


def test_weight_decay_shrinks_a_parameter_without_gradient():
    x = Value(2.0)
    step_with(AdamW(0.5, weight_decay=0.5), [x], [0.0])
    assert x.data == 1.5


# ------------------------------------------------------------------------------------------------------ the rate


@each_optimizer
def test_a_schedule_gives_the_rate_of_every_step_counted_from_0(make):
    optimizer, x = make(), Value(1.0)
    asked = []
    optimizer.learning_rate = lambda t: asked.append(t) or 0.1
    for _ in range(3):
        step_with(optimizer, [x], [1.0])
    optimizer.update(np.ones(1), np.ones(1))
    assert asked == [0, 1, 2, 3]


def test_the_rate_is_that_of_the_next_step():
    optimizer, x = SGD(step_decay(0.8, 0.5, 1)), Value(0.0)
    rates = []
    for _ in range(3):
        rates.append(optimizer.rate)
        step_with(optimizer, [x], [1.0])
    assert rates == [0.8, 0.4, 0.2]
    assert x.data == -(0.8 + 0.4 + 0.2)
    assert SGD(0.5).rate == 0.5


def test_the_learning_rate_may_be_changed_while_training():
    optimizer, x = SGD(1.0), Value(0.0)
    step_with(optimizer, [x], [1.0])
    optimizer.learning_rate = 0.25
    step_with(optimizer, [x], [1.0])
    assert x.data == -1.25


@pytest.mark.parametrize("learning_rate", [0.0, -0.1, math.nan, math.inf])
def test_the_learning_rate_is_positive_and_finite(learning_rate, refuses):
    message = f"SGD: expected learning_rate > 0, got {learning_rate!r}; the formula has the minus sign"
    with refuses(ValueError, message):
        SGD(learning_rate)
    optimizer = SGD(0.1)
    with refuses(ValueError, message):
        optimizer.learning_rate = learning_rate
    assert optimizer.learning_rate == optimizer.rate == 0.1


def test_a_learning_rate_that_is_no_number_is_refused(refuses):
    message = (
        "SGD: learning_rate: expected a real number, got str '0.1'; pass an int or a float (use float(...) to convert)"
    )
    with refuses(TypeError, message):
        SGD("0.1")


def test_a_schedule_that_gives_no_rate_is_refused_before_anything_moves(refuses):
    def falling(t):
        return 0.1 - 0.1 * t

    optimizer, x = Adam(falling), Value(1.0)
    for _ in range(2):
        step_with(optimizer, [x], [1.0])
    before = x.data, optimizer.state()
    with refuses(ValueError, "Adam: expected a learning rate >= 0 from falling, got -0.1 at step 2"):
        step_with(optimizer, [x], [1.0])
    assert (x.data, optimizer.state()) == before


# ------------------------------------------------------------------------------------------------------ clipping


@each_optimizer
def test_a_gradient_within_the_norm_is_left_alone(make):
    start, gradients = start_and_gradients()
    assert path_of_steps(make(clip_norm=100.0), start, gradients) == path_of_steps(make(), start, gradients)
    assert path_of_updates(make(clip_norm=100.0), start, gradients) == path_of_updates(make(), start, gradients)


@pytest.mark.parametrize("scale", [1.0, 1e200])  # whose square is no float
def test_a_longer_gradient_is_scaled_down_to_the_norm(scale):
    parameters, theta = [Value(0.0), Value(0.0)], np.zeros(2)
    step_with(SGD(1.0, clip_norm=0.5), parameters, [3.0 * scale, -4.0 * scale])
    SGD(1.0, clip_norm=0.5).update(theta, np.array([3.0 * scale, -4.0 * scale]))
    # a root, a division and a product
    assert [parameter.data for parameter in parameters] == pytest.approx([-0.3, 0.4], rel=1e-15)
    assert theta.tolist() == pytest.approx([-0.3, 0.4], rel=1e-15)


@each_optimizer
def test_clipped_values_and_arrays_take_the_same_path_to_the_last_bit(make):
    start, gradients = start_and_gradients(337, 20)
    eager, on_arrays = (path(make(clip_norm=1.0), start, gradients) for path in (path_of_steps, path_of_updates))
    assert eager == on_arrays != path_of_steps(make(), start, gradients)


def test_a_nan_is_not_clipped_away():
    parameters, theta = [Value(0.0), Value(0.0)], np.zeros(2)
    step_with(SGD(1.0, clip_norm=0.5), parameters, [math.nan, 1.0])
    SGD(1.0, clip_norm=0.5).update(theta, np.array([math.nan, 1.0]))
    assert math.isnan(parameters[0].data)
    assert math.isnan(theta[0])


# ------------------------------------------------------------------------------------------------- one's own rule


class Halving(Optimizer):
    """Moves nothing in place."""

    slots = ("count",)

    def rule(self, x, gradient, rate, count):
        return x / 2.0, count + 1.0


def test_a_rule_of_ones_own_works_both_ways_in_place_or_not():
    start, gradients = [1.0, 3.0], [[0.0, 0.0]] * 3
    eager, on_arrays = Halving(0.1), Halving(0.1)
    assert path_of_steps(eager, start, gradients) == path_of_updates(on_arrays, start, gradients)
    assert on_arrays.state()["slots"] == {"count": [3.0, 3.0]} == eager.state()["slots"]


def test_an_optimizer_without_a_rule_says_so(refuses):
    with refuses(NotImplementedError, "Optimizer: expected a subclass to define rule(x, gradient, rate, *slots)"):
        Optimizer(0.1).step([Value(1.0)])


def test_the_learning_rate_by_pytorch_s_name_is_refused_with_ours(refuses):
    with refuses(TypeError, "SGD: expected learning_rate, got lr; write SGD(learning_rate=0.1)"):
        SGD(lr=0.1)
    with refuses(TypeError, "AdamW: expected learning_rate, got lr; write AdamW(learning_rate=0.001)"):
        AdamW(lr=0.001)
