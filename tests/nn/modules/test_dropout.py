"""Dropout: what it drops and when, by what generator, and in graphs that are replayed."""

import random

import pytest

from autodiff import Program, Value
from nn import SGD, Adam, Dropout, Linear, Module, Sequential, fit, losses, predict

BACKENDS = ["eager", "python", "arrays", "llvm"]
INPUTS, TARGETS = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 4.0, 9.0]


def network(rng, p=0.5):
    drop = [Dropout(p, rng=rng) for _ in range(2)]
    return Sequential(Linear(1, 8, rng=rng), "tanh", drop[0], Linear(8, 4), drop[1], Linear(4, 1))


def test_a_share_p_is_dropped_and_the_mean_stays():
    p, n = 0.3, 20_000
    out = [x.data for x in Dropout(p, rng=random.Random(0)).train()([1.0] * n)]
    assert set(out) == {0.0, 1.0 / (1.0 - p)}
    assert abs(out.count(0.0) / n - p) < 5.0 * (p * (1.0 - p) / n) ** 0.5  # five standard deviations


def test_the_gradient_goes_through_what_is_kept():
    inputs = [Value(1.0) for _ in range(8)]
    outputs = Dropout(0.5, rng=random.Random(0)).train()(inputs)
    for out in outputs:
        out.backward()
    assert [x.grad for x in inputs] == [out.data for out in outputs] != [1.0] * 8


def test_train_and_eval_reach_every_part():
    model = network(random.Random(0))
    drops = [module for module in model.modules() if isinstance(module, Dropout)]
    assert len(drops) == 2
    assert model.train() is model
    assert all(drop.training for drop in drops)
    assert model.eval() is model
    assert not any(drop.training for drop in drops)


def test_modules_are_listed_once_and_outer_ones_first():
    layer = Linear(2, 2)
    model = Sequential(layer, "tanh", layer)
    assert model.modules() == [model, layer, *layer.neurons]


def test_a_model_that_is_called_drops_nothing_unless_it_trains():
    model = network(random.Random(0))
    assert model([1.0]).data == model([1.0]).data
    model.train()
    assert model([1.0]).data != model([1.0]).data
    assert predict(model, INPUTS) == predict(model, INPUTS)
    model.eval()
    assert predict(model, INPUTS) == [model(row).data for row in INPUTS]


def test_all_backends_draw_the_same_masks():
    def trained(backend):
        rng = random.Random(3)
        random.seed(0)
        model = network(rng)
        options = {"optimizer": Adam(0.05), "epochs": 5, "batch_size": 3, "rng": rng, "backend": backend}
        history = fit(model, losses.squared_error, INPUTS, TARGETS, validation=(INPUTS, TARGETS), **options)
        assert history.backend == backend
        assert history.validation["loss"][-1] == pytest.approx(mean_loss(model), rel=1e-12)
        assert not any(module.training for module in model.modules() if isinstance(module, Dropout))
        return history.losses, rng.getstate()

    def mean_loss(model):  # drops nothing
        return sum(losses.squared_error(model(x), t).data for x, t in zip(INPUTS, TARGETS, strict=True)) / 4

    expected, state = trained("eager")
    for backend in BACKENDS[1:]:
        got, its_state = trained(backend)
        assert got == pytest.approx(expected, rel=1e-9)
        assert its_state == state


def test_each_step_has_another_mask():
    rng = random.Random(0)
    model = Sequential(Dropout(0.5, rng=rng), Linear(1, 1, rng=rng))
    options = {"optimizer": SGD(1e-12), "epochs": 40, "backend": "python"}
    history = fit(model, losses.squared_error, [[1.0]], [1.0], **options)
    assert len({round(loss, 6) for loss in history.losses}) == 2  # dropped, or not


def test_a_dropout_in_a_class_of_ones_own_drops_too():
    class Own:
        def __init__(self):
            self.drop, self.parts = Dropout(0.5, rng=random.Random(0)), [Linear(1, 4), Linear(4, 1)]

        def parameters(self):
            return [p for part in self.parts for p in part.parameters()]

        def __call__(self, x):
            return self.parts[1](self.drop(self.parts[0](x)))[0]

    options = {"optimizer": SGD(1e-12), "max_steps": 20}
    assert len(set(fit(Own(), losses.squared_error, [[1.0]], [1.0], **options).losses)) > 2


def test_a_module_of_ones_own_may_have_a_mode():
    class Noisy(Module):
        def __init__(self):
            self.w, self.training, self.seen = Value(1.0), False, set()

        def __call__(self, x):
            self.seen.add(self.training)
            return self.w * x

    model = Noisy()
    fit(model, losses.squared_error, [1.0], [2.0], optimizer=SGD(0.1), max_steps=1, backend="eager")
    assert model.seen == {False, True}
    model.seen.clear()
    predict(model, [1.0])
    assert model.seen == {False}


def test_a_program_does_not_keep_one_mask_for_all_calls(refuses):
    model, x = network(random.Random(0)), Value(1.0, "x")
    message = (
        "Program: expected a graph without chance, got 'mask', which was drawn by chance and would stay as it is: "
        "call model.eval() before you record, or give it as an input"
    )
    with refuses(ValueError, message):
        Program(model.train()([x]), [x])
    assert float(Program(model.eval()([x]), [x])([2.0])) == pytest.approx(model([2.0]).data, rel=1e-14)


def test_dropout_refuses_what_is_no_share_and_no_list(refuses):
    rng = random.Random(0)
    with refuses(ValueError, "Dropout: expected 0 <= p < 1, got 1.0"):
        Dropout(1.0, rng=rng)
    with refuses(TypeError, "Dropout: expected rng to be a random.Random, got int; use random.Random(seed)"):
        Dropout(0.5, rng=0)
    with refuses(TypeError, "Dropout: expected a list of inputs, got float"):
        Dropout(0.5, rng=rng)(1.0)
