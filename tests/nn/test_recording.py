"""What `fit` records once and replays: programs that are kept, and graphs that must not be replayed."""

import random
import re
import threading
import time

import pytest

from autodiff import Program, Value
from nn import MLP, SGD, Module, fit, losses, predict, recording
from nn.recording import COMPARED, KEPT, _kept, spread


class Line(Module):
    """f(x) = m x + c, the article's first model; called with a number."""

    def __init__(self, m=1.0, c=0.0):
        self.m, self.c = Value(m), Value(c)

    def __call__(self, x):
        return self.m * x + self.c


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def test_a_network_of_the_same_shape_is_not_compiled_again():
    def train(seed):
        model = MLP(2, [3, 1], rng=random.Random(seed))
        fit(model, losses.squared_error, [[1.0, 2.0]], [0.5], optimizer=SGD(0.1), max_steps=1, backend="llvm")

    train(0)
    before = list(_kept.values())
    train(1)
    assert [id(program) for program in _kept.values()] == [id(program) for program in before]
    assert len(before) <= KEPT


def test_another_constant_is_another_program():
    def slope(factor):
        line = Line()
        fit(line, lambda y, t: factor * (y - t) ** 2, [1.0], [0.0], optimizer=SGD(1.0), max_steps=1, backend="llvm")
        return line.c.data

    assert (slope(0.5), slope(0.25)) == (-1.0, -0.5)


class Branching(Line):
    """|m x + c| by a branch."""

    def __call__(self, x):
        y = super().__call__(x)
        return y if y > 0.0 else -y


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_model_that_branches_on_its_data_is_not_replayed(backend, refuses):
    message = (
        "fit: expected one graph for all samples, got another for sample 1 than for sample 0 "
        '(sub here and neg there): the model branches on the data, or on chance; use backend="eager"'
    )
    with refuses(ValueError, message):
        x, y = [1.0, -2.0], [1.0, 1.0]
        fit(Branching(), losses.squared_error, x, y, optimizer=SGD(0.1), max_steps=1, backend=backend)


def test_auto_trains_it_eagerly():
    model = Branching()
    history = fit(model, losses.squared_error, [1.0, -2.0], [1.0, 1.0], optimizer=SGD(0.1), max_steps=1)
    assert history.backend == "eager"
    assert numbers(model) == pytest.approx([0.9, 0.05])  # s = (0, 1), dy/dm = -x = 2, dy/dc = -1, mean over 2


class Window(Line):
    """Another function from 4 to 5 than elsewhere."""

    def __call__(self, x):
        return self.m * x if not 4.0 <= x < 5.0 else -self.m * x


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_branch_that_only_a_sample_in_the_middle_takes_is_found(backend, refuses):
    x = [i / 2.0 for i in range(20)]
    message = (
        "expected one graph for all samples, got another for sample 8 than for sample 0 "
        '(mul here and neg there): the model branches on the data, or on chance; use backend="eager"'
    )
    options = {"optimizer": SGD(0.1), "max_steps": 1, "backend": backend}
    with refuses(ValueError, f"fit: {message}"):
        fit(Window(), losses.squared_error, x, x, **options)
    with refuses(ValueError, f"fit: validation: {message}"):
        fit(Window(), losses.squared_error, [1.0], [1.0], validation=(x, x), **options)
    with refuses(ValueError, f"predict: {message}"):
        predict(Window(), x, backend=backend)


def test_auto_trains_and_predicts_eagerly_for_a_branch_in_the_middle():
    x = [i / 2.0 for i in range(20)]
    models = [Window(), Window()]
    for model, backend in zip(models, ["auto", "eager"], strict=True):
        options = {"optimizer": SGD(0.01), "epochs": 3, "validation": (x, x), "backend": backend}
        assert fit(model, losses.squared_error, x, x, **options).backend == "eager"
    assert numbers(models[0]) == numbers(models[1])
    x = [i / 100.0 for i in range(1000)]
    assert predict(Window(), x) == [-x if 4.0 <= x < 5.0 else x for x in x]


def test_as_many_samples_are_compared_as_it_says_from_the_first_to_the_last():
    for n in [2, 3, COMPARED - 1, COMPARED, COMPARED + 1, 1000]:
        compared = spread(n)
        assert (compared[0], compared[-1], len({*compared})) == (0, n - 1, min(n, COMPARED))


def test_chance_is_found_with_a_single_sample(refuses):
    class Chance(Line):
        def __call__(self, x):
            return x * self.m if random.random() < 0.5 else x + self.m

    random.seed(1)  # 0.13, 0.85
    message = (
        "fit: expected one graph for all samples, got another for sample 0 the second time "
        '(mul here and add there): the model branches on the data, or on chance; use backend="eager"'
    )
    with refuses(ValueError, message):
        fit(Chance(), losses.squared_error, [1.0], [1.0], optimizer=SGD(0.1), max_steps=1, backend="python")


def test_threads_compile_a_program_once(monkeypatch):
    made = []

    class Counted(Program):
        def __init__(self, *arguments, **options):
            made.append(1)
            time.sleep(0.05)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(recording, "Program", Counted)
    monkeypatch.setattr(recording, "_kept", {})
    found = []

    def train():
        model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
        x, y = [[1.0, 2.0], [0.5, -1.0]], [0.5, 1.0]
        fit(model, losses.squared_error, x, y, optimizer=SGD(0.1), max_steps=50, backend="llvm")
        found.append(numbers(model))

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found == [found[0]] * 4


def message_of(model, x=(1.0, -2.0)):
    with pytest.raises(ValueError, match=r"^fit: expected one graph") as error:
        fit(model, losses.squared_error, x, x, optimizer=SGD(0.1), max_steps=1, backend="python")
    return re.search(r"\((.*)\)", str(error.value))[1]


def test_the_message_says_where_the_graphs_part():
    class Chance(Line):
        def __call__(self, x):
            return super().__call__(x) * random.random()

    class Constant(Line):
        def __call__(self, x):
            return super().__call__(x.data)  # the number, and not what varies

    class Longer(Line):
        def __call__(self, x):
            return x * self.m if x > 0.0 else self.m * x

    assert re.fullmatch(r"the constant 0\.\d+ here and the constant 0\.\d+ there", message_of(Chance()))
    assert message_of(Constant()) == "the constant 1.0 here and the constant -2.0 there"
    assert message_of(Longer()) == "mul of other operands"


def test_a_branch_is_found_where_the_numbers_are_too_small_to_tell():
    assert message_of(Branching(m=1e-9), x=(1e-9, -1e-9)) == "sub here and neg there"
