"""`fit` loses no gradient in silence: a number taken out of a parameter is an error, a look at one has a reason."""

import math

import pytest

from autodiff import exp
from nn import SGD, History, fit, losses

BACKENDS = ["auto", "eager", "python", "arrays", "llvm"]


def train(model, loss=losses.squared_error, **options):
    return fit(model, loss, [1.0, 2.0], [0.5, 0.0], optimizer=SGD(0.01), max_steps=2, progress=False, **options)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("way", ["math", "float", "round", "in the loss", "in the penalty"])
def test_a_number_that_depends_on_a_parameter_cannot_be_taken_out(way, backend, Line):
    class Model(Line):
        def __call__(self, x):
            y = super().__call__(x)
            if way == "math":
                return y * math.exp(self.m)
            if way == "float":
                return y * float(self.m * 2.0)
            return y * round(self.m * 2.0) if way == "round" else y

    options = {"loss": lambda y, t: (y - t) * math.fabs(y - t)} if way == "in the loss" else {}
    if way == "in the penalty":
        options["penalty"] = lambda model: model.m * math.sqrt(model.m**2)
    model = Model()
    before = [parameter.data for parameter in model.parameters()]
    message = (
        r"^fit: `.*` \(line \d+ of test_numbers_taken_out.py\) makes a plain number of a Value that depends on a "
        "parameter, and its derivative would be lost"
    )
    with pytest.raises(TypeError, match=message):
        train(model, backend=backend, **options)
    assert [parameter.data for parameter in model.parameters()] == before


def test_a_callback_may_take_numbers_out(Line):
    model, seen = Line(), []
    train(model, callbacks=[lambda history: seen.append(float(model.m) + math.exp(model.c))])
    assert len(seen) == 2


def test_what_a_sample_is_computed_with_before_it_meets_a_parameter_may_be_a_number(Line):
    class Model(Line):
        def __call__(self, x):
            return super().__call__(math.exp(x))

    history = train(Model())
    assert history.backend == "eager"
    assert history.eager_because.startswith("`return super().__call__(math.exp(x))` (line ")


def test_history_says_why_auto_trains_eagerly_and_where(Line):
    class Absolute(Line):
        def __call__(self, x):
            y = super().__call__(x)
            return y if y > 0.0 else -y

    history = train(Absolute())
    assert history.eager_because.startswith("`return y if y > 0.0 else -y` (line ")
    assert history.eager_because.endswith("of test_numbers_taken_out.py) looks at a number, which no graph records")
    assert f"; eager because {history.eager_because}, " in repr(history)
    assert (history + train(Absolute())).eager_because


def test_history_says_that_a_model_wants_numbers(Line):
    class Table(Line):
        def __call__(self, x):
            return super().__call__([0.0, 1.0, 4.0][int(x)])

    history = train(Table())
    assert history.eager_because.startswith("Values in place of the numbers of a sample raise TypeError: ")


def test_a_compiled_training_and_one_that_was_asked_to_be_eager_have_no_reason(Line):
    assert train(Line()).eager_because == ""
    assert train(Line(), backend="eager").eager_because == ""
    assert History().eager_because == ""


def test_a_target_that_is_compared_by_equality_is_trained_eagerly_on_numbers(Line):
    def loss(y, t):
        return exp(-y) if t == 0.5 else y**2

    history = train(Line(), loss)
    assert history.backend == "eager"
    assert "raise TypeError: ==: expected another Value, got float" in history.eager_because
