"""`fit` replays a recorded graph if it is valid for all samples, and refuses to replay others."""

import inspect
import random
import re
import threading
import time
from itertools import cycle

import pytest

from autodiff import DomainError, Program, defprimitive, dot, log, softplus
from nn import MLP, SGD, fit, losses, predict
from nn.training import recording
from nn.training.cache import ProgramCache
from nn.training.recording import N_COMPARED, PROGRAMS


def test_a_network_of_the_same_shape_is_not_compiled_again():
    def train(seed):
        model = MLP(2, [3, 1], rng=random.Random(seed))
        fit(model, losses.squared_error, [[1.0, 2.0]], [0.5], optimizer=SGD(0.1), max_steps=1, backend="llvm")

    train(0)
    before = PROGRAMS.programs()
    train(1)
    assert PROGRAMS.programs() == before
    assert len(before) <= PROGRAMS.size


def test_another_constant_is_another_program(Line):
    def slope(factor):
        line = Line()
        fit(line, lambda y, t: factor * (y - t) ** 2, [1.0], [0.0], optimizer=SGD(1.0), max_steps=1, backend="llvm")
        return line.c.data

    assert (slope(0.5), slope(0.25)) == (-1.0, -0.5)


@pytest.fixture
def Branching(Line):
    class Branching(Line):
        """|m x + c| by a branch."""

        def __call__(self, x):
            y = super().__call__(x)
            return y if y > 0.0 else -y

    return Branching


def look_of(text, cls, line):
    """The message about a line of a model, so many below that of its class."""
    number = inspect.getsourcelines(cls)[1] + line
    return (
        f"expected one graph for all samples, but `{text}` (line {number} of test_recording.py) looks at a number, "
        'which no graph records; use backend="eager"'
    )


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_model_that_branches_on_its_data_is_not_replayed(backend, refuses, Branching):
    with refuses(ValueError, "fit: " + look_of("return y if y > 0.0 else -y", Branching, 5)):
        x, y = [1.0, 2.0], [1.0, 1.0]  # all on one side
        fit(Branching(), losses.squared_error, x, y, optimizer=SGD(0.1), max_steps=1, backend=backend)


def test_auto_trains_it_eagerly(numbers, Branching):
    model = Branching()
    history = fit(model, losses.squared_error, [1.0, -2.0], [1.0, 1.0], optimizer=SGD(0.1), max_steps=1)
    assert history.backend == "eager"
    assert numbers(model) == pytest.approx([0.9, 0.05])  # s = (0, 1), dy/dm = -x = 2, dy/dc = -1, mean over 2


@pytest.fixture
def Window(Line):
    class Window(Line):
        """Another function from 4 to 5 than elsewhere."""

        def __call__(self, x):
            return self.m * x if not 4.0 <= x < 5.0 else -self.m * x

    return Window


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_branch_that_only_a_sample_in_the_middle_takes_is_found(backend, refuses, Window):
    x = [i / 2.0 for i in range(20)]
    message = look_of("return self.m * x if not 4.0 <= x < 5.0 else -self.m * x", Window, 4)
    options = {"optimizer": SGD(0.1), "max_steps": 1, "backend": backend}
    with refuses(ValueError, f"fit: {message}"):
        fit(Window(), losses.squared_error, x, x, **options)
    with refuses(ValueError, f"predict: {message}"):
        predict(Window(), x, backend=backend)


def test_auto_trains_and_predicts_eagerly_for_a_branch_in_the_middle(numbers, Window):
    x = [i / 2.0 for i in range(20)]
    models = [Window(), Window()]
    for model, backend in zip(models, ["auto", "eager"], strict=True):
        options = {"optimizer": SGD(0.01), "epochs": 3, "validation": (x, x), "backend": backend}
        assert fit(model, losses.squared_error, x, x, **options).backend == "eager"
    assert numbers(models[0]) == numbers(models[1])
    x = [i / 100.0 for i in range(1000)]
    assert predict(Window(), x) == [-x if 4.0 <= x < 5.0 else x for x in x]


@pytest.fixture
def Gate(Line):
    class Gate(Line):
        """Branches on a parameter, which training moves."""

        def __call__(self, x):
            return self.m * x if self.c.data < 1.0 else self.m

    return Gate


@pytest.fixture
def Loose(Line):
    class Loose(Line):
        """Records a number in place of what varies."""

        def __call__(self, x):
            return super().__call__(float(x))

    return Loose


@pytest.mark.parametrize(
    ("name", "text"),
    [("Gate", "return self.m * x if self.c.data < 1.0 else self.m"), ("Loose", "return super().__call__(float(x))")],
)
def test_a_model_that_looks_at_a_number_is_not_replayed(name, text, refuses, request):
    cls = request.getfixturevalue(name)
    options = {"optimizer": SGD(0.1), "max_steps": 3}
    with refuses(ValueError, "fit: " + look_of(text, cls, 4)):
        fit(cls(), losses.squared_error, [1.0], [1.0], backend="python", **options)
    assert fit(cls(), losses.squared_error, [1.0], [1.0], **options).backend == "eager"


def test_a_loss_and_a_penalty_that_look_at_numbers_are_found(refuses, Line):
    def loss(y, t):
        return (y - t) ** 2 if y > t else (y - t) ** 4

    def penalty(model):
        return model.m if model.m > 0.0 else -model.m

    options = {"optimizer": SGD(0.1), "max_steps": 1, "backend": "python"}
    with refuses(ValueError, "fit: " + look_of("return (y - t) ** 2 if y > t else (y - t) ** 4", loss, 1)):
        fit(Line(), loss, [1.0], [1.0], **options)
    with refuses(ValueError, "fit: " + look_of("return model.m if model.m > 0.0 else -model.m", penalty, 1)):
        fit(Line(), losses.squared_error, [1.0], [1.0], penalty=penalty, **options)


def softly(y, t):
    return softplus(-y) if t == 1 else softplus(y)


def safely(y, t):
    try:
        return (log(y) - t) ** 2
    except DomainError:
        return (y - t) ** 2


@pytest.mark.parametrize("loss", [softly, safely])
def test_a_branch_in_the_loss_gives_the_path_of_eager_training(loss, Line, numbers):
    models = [Line(c=-2.5), Line(c=-2.5)]
    for model, backend in zip(models, ["auto", "eager"], strict=True):
        options = {"optimizer": SGD(0.05), "max_steps": 3, "backend": backend}
        assert fit(model, loss, [1.0, 2.0, 3.0], [1.0, 0.0, 1.0], **options).backend == "eager"
    assert numbers(models[0]) == numbers(models[1])


def test_a_number_of_another_model_may_be_looked_at(Line, numbers):
    before = Line(0.5, 0.25)

    def penalty(model):
        return sum((p - q.data) ** 2 for p, q in zip(model.parameters(), before.parameters(), strict=True))

    models = [Line(), Line()]
    for model, backend in zip(models, ["python", "eager"], strict=True):
        options = {"optimizer": SGD(0.05), "max_steps": 3, "backend": backend, "penalty": penalty}
        assert fit(model, losses.squared_error, [1.0, 2.0], [1.0, 1.0], **options).backend == backend
    assert numbers(models[0]) == pytest.approx(numbers(models[1]), rel=1e-15)


def test_parameters_may_be_told_apart(Line):
    def penalty(model):
        biases = [model.c]
        return sum(p**2 for p in model.parameters() if p not in biases)

    options = {"optimizer": SGD(0.05), "max_steps": 1, "backend": "python", "penalty": penalty}
    assert fit(Line(), losses.squared_error, [1.0], [1.0], **options).backend == "python"


@pytest.fixture
def Remembering(Line):
    class Remembering(Line):
        """Adds half of its last answer."""

        def __init__(self):
            super().__init__()
            self.last = None

        def __call__(self, x):
            y = super().__call__(x)
            self.last = y if self.last is None else y + 0.5 * self.last
            return self.last

    return Remembering


def test_a_state_is_found_also_where_a_program_is_kept(Line, Remembering):
    options = {"optimizer": SGD(0.05), "max_steps": 1}
    x = [1.0, 2.0]
    assert fit(Line(), losses.squared_error, x, x, **options).backend != "eager"
    assert fit(Remembering(), losses.squared_error, x, x, **options).backend == "eager"


def test_a_program_with_a_primitive_of_ones_own_is_not_kept(monkeypatch, Line):
    monkeypatch.setattr(recording, "PROGRAMS", ProgramCache())
    factor = [2.0]
    scale = defprimitive("scale", lambda x: factor[0] * x, lambda out, x: factor[0])

    def train(number):
        factor[0], line = number, Line()
        fit(line, lambda y, t: scale(y) - t, [1.0], [1.0], optimizer=SGD(0.5), max_steps=1, backend="python")
        return line.c.data

    assert [train(2.0), train(3.0)] == [-1.0, -1.5]
    assert recording.PROGRAMS.programs() == []


@pytest.fixture
def Counted(Line):
    class Counted(Line):
        """Counts its calls, and from one on is another model."""

        def __init__(self, last=1000):
            super().__init__()
            self.calls, self.last = 0, last

        def __call__(self, x):
            self.calls += 1
            return super().__call__(x) if self.calls <= self.last else self.m * x

    return Counted


def test_graphs_are_compared_before_one_is_compiled(monkeypatch, Counted):
    monkeypatch.setattr(recording, "PROGRAMS", ProgramCache())
    model, options = Counted(), {"optimizer": SGD(0.1), "max_steps": 1, "backend": "python"}
    for calls in [N_COMPARED, N_COMPARED + 1]:  # this model is known the second time
        fit(model, losses.squared_error, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], **options)
        assert model.calls == calls
    other = Counted()
    fit(other, losses.squared_error, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], **options)
    assert other.calls == N_COMPARED
    assert len(recording.PROGRAMS.programs()) == 1


@pytest.mark.parametrize(
    ("last", "n", "where"),
    [
        (1, 1, "fit: {}, got another for sample 0 later ({}"),
        (2, 3, "fit: {}, got another for sample 2 than for sample 0 ({}"),
        (7, 3, "fit: {}, got another for sample 1 than for sample 0 ({}"),
        (10, 3, "fit: validation: {}, got another for sample 2 than for sample 0 ({}"),
    ],
)
def test_a_model_that_changes_with_its_calls_is_not_replayed(last, n, where, monkeypatch, refuses, Counted):
    monkeypatch.setattr(recording, "PROGRAMS", ProgramCache())
    why = 'by chance or by a state of the model; use backend="eager"'
    with refuses(ValueError, where.format("expected one graph for all samples", f"add here and sub there), {why}")):
        x = [1.0] * n
        options = {"optimizer": SGD(0.1), "max_steps": 1, "backend": "python"}
        fit(Counted(last), losses.squared_error, x, x, validation=(x, x), **options)


def test_threads_compile_a_program_once(monkeypatch, numbers):
    made = []

    class Counted(Program):
        def __init__(self, *arguments, **options):
            made.append(1)
            time.sleep(0.05)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(recording, "Program", Counted)
    monkeypatch.setattr(recording, "PROGRAMS", ProgramCache())
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


def difference(model):
    with pytest.raises(ValueError, match=r"^fit: expected one graph") as error:
        fit(model, losses.squared_error, [1.0], [1.0], optimizer=SGD(0.1), max_steps=1, backend="python")
    return re.search(r"\((.*)\)", str(error.value))[1]


def test_the_message_says_where_the_graphs_part(Line):
    class Turns(Line):
        def __init__(self, *ways):
            super().__init__()
            self.ways = cycle(ways)

        def __call__(self, x):
            return next(self.ways)(self.m, x)

    assert difference(Turns(lambda m, x: 2.0 * m * x, lambda m, x: 3.0 * m * x)) == (
        "the constant 2.0 here and the constant 3.0 there"
    )
    assert difference(Turns(lambda m, x: m * x, lambda m, x: x * m)) == "mul of other operands"
    assert difference(Turns(lambda m, x: m * x, lambda m, x: m - x)) == "mul here and sub there"
    assert difference(Turns(lambda m, x: dot([m, x], [x, m]), lambda m, x: dot([m], [x]))) == "dot of other operands"
    with pytest.raises(ValueError, match=r"\(the end here and neg there\)"):
        predict(Turns(lambda m, x: m * x, lambda m, x: -(m * x)), [1.0], backend="python")
    with pytest.raises(ValueError, match=r"\(the end of other operands\)"):
        predict(Turns(lambda m, x: [m, x], lambda m, x: [x, m]), [1.0], backend="python")
