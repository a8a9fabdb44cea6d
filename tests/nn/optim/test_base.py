"""What optimizers refuse, and their `repr`."""

import copy
import math
import pickle
from typing import Any, NamedTuple

import numpy as np
import pytest

from autodiff import Value
from nn import MLP, SGD, Adam, AdamW, Optimizer, RMSProp, StateError
from nn.schedules import cosine

# ------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0.1, momentum=1.0), "SGD: expected 0 <= momentum < 1, got 1.0"),
        (lambda: SGD(0.1, momentum=-0.1), "SGD: expected 0 <= momentum < 1, got -0.1"),
        (lambda: SGD(0.1, nesterov=True), "SGD: expected a momentum > 0 with nesterov=True, got 0; 0.9 is usual"),
        (lambda: SGD(0.1, clip_norm=0), "SGD: expected clip_norm > 0, got 0.0"),
        (lambda: RMSProp(0.1, decay=math.nan), "RMSProp: expected 0 <= decay < 1, got nan"),
        (lambda: RMSProp(0.1, epsilon=0.0), "RMSProp: expected epsilon > 0, got 0.0"),
        (lambda: Adam(0.1, beta1=1.0), "Adam: expected 0 <= beta1 < 1, got 1.0"),
        (lambda: Adam(0.1, beta2=2.0), "Adam: expected 0 <= beta2 < 1, got 2.0"),
        (lambda: Adam(0.1, epsilon=-1.0), "Adam: expected epsilon > 0, got -1.0"),
        (lambda: AdamW(0.1, weight_decay=-1.0), "AdamW: expected weight_decay >= 0, got -1.0"),
    ],
)
def test_a_number_outside_its_domain_is_refused(make, message, refuses):
    with refuses(ValueError, message):
        make()


def test_nesterov_is_true_or_false(refuses):
    with refuses(TypeError, "SGD: expected nesterov to be True or False, got 0.9"):
        SGD(0.1, momentum=0.9, nesterov=0.9)


def test_a_model_is_not_its_parameters(refuses):
    with refuses(TypeError, "SGD: expected parameters, got MLP; pass model.parameters()"):
        SGD(0.1).step(MLP(1, [1]))


def test_numbers_are_not_parameters(refuses):
    with refuses(TypeError, "SGD: expected parameters that are Values, got float"):
        SGD(0.1).step([Value(1.0), 2.0])


@pytest.mark.parametrize("n", [1, 3])
def test_another_number_of_parameters_is_refused_by_what_remembers(n, refuses):
    message = f"Adam: expected 2 parameters, as in the steps before, got {n}; make a new optimizer for another model"
    optimizer = Adam()
    optimizer.step([Value(1.0), Value(2.0)])
    with refuses(ValueError, message):
        optimizer.step([Value(1.0)] * n)
    with refuses(ValueError, message):
        optimizer.update(np.ones(n), np.ones(n))
    assert optimizer.steps == 1


def test_plain_descent_remembers_nothing_and_takes_any_parameters():
    optimizer = SGD(0.1)
    optimizer.step([Value(1.0)])
    optimizer.step([Value(1.0), Value(2.0)])
    optimizer.update(np.ones(3), np.ones(3))
    assert optimizer.steps == 3


@pytest.mark.parametrize(
    ("theta", "gradient", "kind", "message"),
    [
        ([1.0], [1.0], TypeError, "SGD: expected theta to be an array of floats with one axis, got list"),
        (np.ones(1), [1.0], TypeError, "SGD: expected gradient to be an array of floats with one axis, got list"),
        (
            np.array([1]),
            np.ones(1),
            TypeError,
            "SGD: expected theta to be an array of floats with one axis, got int64 of shape (1,)",
        ),
        (
            np.ones((2, 1)),
            np.ones((2, 1)),
            TypeError,
            "SGD: expected theta to be an array of floats with one axis, got float64 of shape (2, 1)",
        ),
        (np.ones(2), np.ones(1), ValueError, "SGD: expected a gradient of 2 numbers, as theta, got 1"),
    ],
)
def test_what_is_no_pair_of_arrays_is_refused(theta, gradient, kind, message, refuses):
    with refuses(kind, message):
        SGD(0.1).update(theta, gradient)


def test_a_gradient_of_another_length_is_refused_in_a_later_step_too(refuses):
    optimizer, theta, gradient = SGD(0.1), np.ones(2), np.ones(2)
    optimizer.update(theta, gradient)
    with refuses(ValueError, "SGD: expected a gradient of 2 numbers, as theta, got 1"):
        optimizer.update(theta, np.ones(1))
    with refuses(ValueError, "SGD: expected a gradient of 1 numbers, as theta, got 2"):
        optimizer.update(np.ones(1), gradient)


# --------------------------------------------------------------------------------------------- rules of one's own


class Lookahead(Optimizer):
    """Not in place, and what it remembers is the gradient itself."""

    slots = ("before",)

    def rule(self, x, gradient, rate, before):
        return x - rate * (2.0 * gradient - before), gradient


class HeavyBall(Optimizer):
    """What it remembers is the parameter itself."""

    slots = ("old",)

    def rule(self, x, gradient, rate, old):
        return x - rate * gradient + 0.5 * (x - old), x


class Swapping(Optimizer):
    """Its slots change places, and one is a plain number."""

    slots = ("a", "b", "c")

    def rule(self, x, gradient, rate, a, b, c):
        return x - rate * (gradient + a - 0.5 * b + c), b, a + gradient, 0.25


@pytest.mark.parametrize("kind", [Lookahead, HeavyBall, Swapping])
def test_a_rule_that_is_not_in_place_takes_the_same_path_on_arrays(kind):
    values, gradient = [Value(1.0), Value(-2.0)], np.empty(2)
    theta, one, many = np.array([1.0, -2.0]), kind(0.1), kind(0.1)
    for _ in range(5):
        for i, value in enumerate(values):
            value.grad = gradient[i] = 2.0 * value.data + i
        one.step(values)
        many.update(theta, gradient)
        assert theta.tolist() == [value.data for value in values]
    assert one.state() == many.state()


def test_a_rule_must_return_what_it_remembers(refuses):
    class Forgetful(HeavyBall):
        def rule(self, x, gradient, rate, old):
            return (x - rate * gradient,)

    message = "Forgetful: expected rule to return (x, old), a tuple, got a tuple of 1; write `return (x, old)`"
    with refuses(ValueError, message):
        Forgetful(0.1).update(np.ones(2), np.ones(2))
    with refuses(ValueError, message):
        Forgetful(0.1).step([Value(1.0)])


def test_a_rule_that_remembers_nothing_must_not_return_more(refuses):
    class Talkative(Optimizer):
        def rule(self, x, gradient, rate):
            return x - rate * gradient, gradient

    message = "Talkative: expected rule to return (x,), a tuple, got a tuple of 2; write `return (x,)`"
    with refuses(ValueError, message):
        Talkative(0.1).update(np.ones(2), np.ones(2))
    with refuses(ValueError, message):
        Talkative(0.1).step([Value(1.0)])


def test_a_rule_must_return_a_tuple_and_not_its_only_part(refuses):
    class Plain(Optimizer):
        def rule(self, x, gradient, rate):
            return x - rate * gradient

    theta, value = np.array([1.0]), Value(1.0)
    with refuses(TypeError, "Plain: expected rule to return (x,), a tuple, got ndarray; write `return (x,)`"):
        Plain(0.1).update(theta, np.ones(1))
    with refuses(TypeError, "Plain: expected rule to return (x,), a tuple, got float; write `return (x,)`"):
        Plain(0.1).step([value])
    assert theta.tolist() == [value.data] == [1.0]


def test_a_rule_may_return_a_named_tuple():
    class Moved(NamedTuple):
        x: Any

    class Named(Optimizer):
        def rule(self, x, gradient, rate):
            return Moved(x - rate * gradient)

    theta, value = np.array([1.0]), Value(1.0)
    Named(0.5).update(theta, np.ones(1))
    value.grad = 1.0
    Named(0.5).step([value])
    assert theta.tolist() == [value.data] == [0.5]


class Branching(Optimizer):
    def rule(self, x, gradient, rate):
        return (x - rate if gradient > 0.0 else x + rate,)


class Rooted(Optimizer):
    def rule(self, x, gradient, rate):
        return (x - rate * math.sqrt(gradient),)


@pytest.mark.parametrize("kind", [Branching, Rooted])
def test_a_rule_that_only_numbers_fit_gets_a_note_that_it_meets_arrays(kind):
    with pytest.raises((TypeError, ValueError)) as error:
        kind(0.1).update(np.ones(2), np.ones(2))
    (note,) = error.value.__notes__
    assert note == (
        f"{kind.__name__}: in `update`, as in fit, the rule meets arrays of all parameters: write it with operators, "
        'without `if` and `math`, or use fit(backend="eager"), where it meets numbers'
    )


def test_an_error_in_a_rule_that_meets_numbers_comes_as_it_is():
    value = Value(1.0)
    value.grad = -1.0
    with pytest.raises(ValueError, match="math domain error") as error:
        Rooted(0.1).step([Value(1.0), value])
    assert not hasattr(error.value, "__notes__")


# ------------------------------------------------------------------------------------- constructors of one's own


class Unnamed(Optimizer):
    """Its argument is in no attribute of its name."""

    def __init__(self, lr):
        super().__init__(lr)

    def rule(self, x, gradient, rate):
        return (x - rate * gradient,)


class Renamed(Unnamed):
    def __init__(self, lr):
        super().__init__(lr)
        self.lr = lr


class Unmade(Unnamed):
    def __init__(self, lr):
        self.lr = lr


@pytest.mark.parametrize("ask", [repr, Optimizer.state])
def test_an_argument_that_is_in_no_attribute_of_its_name_is_named(ask, refuses):
    message = (
        "Unnamed: expected an attribute lr, as the constructor has this argument, got none; "
        "keep every argument in an attribute of its name"
    )
    with refuses(AttributeError, message):
        ask(Unnamed(0.1))


def test_the_learning_rate_may_have_another_name():
    one, other = Renamed(0.1), Renamed(0.5)
    one.update(np.ones(1), np.ones(1))
    other.load_state(one.state())
    assert (repr(other), other.learning_rate, other.steps) == ("Renamed(lr=0.1)", 0.1, 1)


def test_a_schedule_under_another_name_is_kept_as_its_text(refuses):
    state = Renamed(cosine(0.5, 0.0, 100)).state()
    assert state["hyperparameters"] == {"lr": "cosine(0.5, 0.0, 100)"}
    Renamed(cosine(0.5, 0.0, 100)).load_state(state)
    message = (
        "Renamed: expected a state with lr=cosine(0.5, 0.0, 200), got one with cosine(0.5, 0.0, 100); "
        "make the optimizer with the schedule of the saved one"
    )
    with refuses(StateError, message):
        Renamed(cosine(0.5, 0.0, 200)).load_state(state)


@pytest.mark.parametrize(
    "use",
    [
        lambda optimizer: optimizer.step([Value(1.0)]),
        lambda optimizer: optimizer.update(np.ones(1), np.ones(1)),
        lambda optimizer: optimizer.state(),
        lambda optimizer: optimizer.rate,
        lambda optimizer: optimizer.learning_rate,
        lambda optimizer: optimizer.load_state(
            SGD(0.1).state() | {"optimizer": "Unmade", "hyperparameters": {"lr": 0.1}}
        ),
    ],
)
def test_a_constructor_that_does_not_call_that_of_the_base_is_told_so(use, refuses):
    message = "Unmade: expected __init__ to call super().__init__(learning_rate), got no such call"
    with refuses(AttributeError, message):
        use(Unmade(0.1))


def test_an_option_of_a_class_that_no_base_takes_is_refused():
    with pytest.raises(TypeError, match=r"__init_subclass__\(\) takes no keyword arguments"):
        type("Colored", (Unnamed,), {}, color="red")


def test_an_optimizer_can_be_copied():
    optimizer = copy.deepcopy(SGD(0.1))
    assert repr(pickle.loads(pickle.dumps(optimizer))) == repr(copy.copy(optimizer)) == "SGD(learning_rate=0.1)"


def test_a_rule_cannot_change_the_rate_behind_the_optimizer():
    class Slower(Optimizer):
        def rule(self, x, gradient, rate):
            rate /= 2.0
            return (x - rate * gradient,)

    with pytest.raises(ValueError, match="read-only"):
        Slower(0.1).update(np.ones(2), np.ones(2))


def test_arrays_of_another_kind_get_slots_of_their_kind():
    optimizer = SGD(0.1, momentum=0.9)
    for kind in (np.float32, np.float64):
        theta = np.ones(2, kind)
        optimizer.update(theta, np.full(2, 0.1, kind))
        assert [slot.dtype for slot in optimizer._slots] == [kind]
    numbers = Swapping(0.1)
    numbers.update(np.ones(2, np.float32), np.ones(2, np.float32))
    assert {slot.dtype for slot in numbers._slots} == {np.dtype(np.float32)}


# ------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "text",
    [
        "SGD(learning_rate=0.5)",
        "SGD(learning_rate=0.5, momentum=0.9, nesterov=True)",
        "SGD(learning_rate=cosine(0.5, 0.0, 100), clip_norm=1.0)",
        "RMSProp(learning_rate=0.001)",
        "Adam(learning_rate=0.001, beta2=0.99)",
        "AdamW(learning_rate=0.01, weight_decay=0.1)",
    ],
)
def test_repr_is_the_call_that_makes_it(text):
    names = {"SGD": SGD, "RMSProp": RMSProp, "Adam": Adam, "AdamW": AdamW, "cosine": cosine}
    assert repr(eval(text, names)) == text


def test_parameters_in_place_of_the_rate_are_sent_to_step(refuses):
    with refuses(TypeError, "Adam: expected a learning rate, got list; parameters go to step(parameters)"):
        Adam([Value(1.0)])
