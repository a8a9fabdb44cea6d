"""What `save` wrote comes back to the last bit, and a training continues as if it had never stopped."""

import json
import math
import random
from dataclasses import replace

import pytest

from autodiff import Value
from nn import MLP, SGD, Adam, History, fit, load, losses, save, schedules

FORMATS = ["model.json", "model.npz"]


def network(seed=0):
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(seed))


def samples(n=12):
    rng = random.Random(0)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(n)]
    return inputs, [x * y for x, y in inputs]


AWKWARD = [0.1, 1.0 / 3.0, math.pi, -0.0, 5e-324, 1.7976931348623157e308, 1e16 + 2.0, -1e-300]


@pytest.mark.parametrize("name", FORMATS)
def test_every_number_comes_back_to_the_last_bit(name, tmp_path, Holder):
    model = Holder(numbers=[Value(x) for x in AWKWARD])
    save(tmp_path / name, model)
    other = Holder(numbers=[Value(1.0) for _ in AWKWARD])
    load(tmp_path / name, other)
    assert [x.data.hex() for x in other.numbers] == [x.hex() for x in AWKWARD]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("before", "after"), [("eager", "eager"), ("llvm", "llvm"), ("eager", "llvm")])
@pytest.mark.parametrize(
    "make", [lambda: Adam(0.05), lambda: SGD(schedules.cosine(0.1, 0.0, 30), momentum=0.9)], ids=["adam", "schedule"]
)
def test_a_training_goes_on_as_if_it_had_never_stopped(name, before, after, make, tmp_path):
    inputs, targets = samples()

    def train(model, optimizer, rng, epochs, backend):
        options = {"optimizer": optimizer, "epochs": epochs, "batch_size": 5, "rng": rng, "backend": backend}
        return fit(model, losses.squared_error, inputs, targets, **options)

    whole, rng, optimizer = network(), random.Random(7), make()
    rng.gauss(0.0, 1.0)  # which keeps a second number for the next call
    history = train(whole, optimizer, rng, 3, before)
    history += train(whole, optimizer, rng, 4, after)

    model, rng, optimizer = network(), random.Random(7), make()
    rng.gauss(0.0, 1.0)
    halfway = train(model, optimizer, rng, 3, before)
    save(tmp_path / name, model, optimizer=optimizer, rng=rng, history=halfway)
    model, resumed_rng, optimizer = network(1), random.Random(), make()
    resumed = load(tmp_path / name, model, optimizer=optimizer, rng=resumed_rng)
    assert resumed == halfway
    assert resumed_rng.gauss(0.0, 1.0) == rng.gauss(0.0, 1.0)
    resumed += train(model, optimizer, resumed_rng, 4, after)
    assert replace(resumed, seconds=history.seconds, compile_seconds=history.compile_seconds) == history
    assert model.state() == whole.state()


def test_a_checkpoint_of_a_callback_holds_the_epoch(tmp_path):
    model, optimizer, states = network(), SGD(0.1), []

    def keep(history):
        save(tmp_path / "model.json", model, optimizer=optimizer, history=history)
        states.append(json.loads((tmp_path / "model.json").read_text()))

    fit(model, losses.squared_error, *samples(), optimizer=optimizer, epochs=3, callbacks=[keep])
    assert [state["optimizer"]["steps"] for state in states] == [1, 2, 3]
    assert [state["history"]["epochs"] for state in states] == [1, 2, 3]
    assert states[-1]["model"] == model.state()


def test_json_can_be_read_and_edited(tmp_path, Holder):
    path = tmp_path / "line.json"
    save(path, Holder(m=Value(0.5), c=Value(-1.0)))
    document = json.loads(path.read_text())
    assert (document["format"], document["version"], document["model"]) == ("chainrule", 1, {"m": 0.5, "c": -1.0})
    document["model"]["m"] = 2.0
    del document["checksum"]
    path.write_text(json.dumps(document))
    line = Holder(m=Value(0.0), c=Value(0.0))
    load(path, line)
    assert line.m.data == 2.0


def test_numbers_of_a_history_may_be_written_as_ints(tmp_path):
    path = tmp_path / "model.json"
    save(path, network(), history=History([1.0, 2.0], epochs=2, training={"loss": [1.0, 2.0]}))
    document = json.loads(path.read_text().replace("1.0", "1"))
    del document["checksum"]
    path.write_text(json.dumps(document))
    assert load(path, network(1)) == History([1.0, 2.0], epochs=2, training={"loss": [1.0, 2.0]})


def test_what_was_saved_beside_the_model_need_not_be_loaded(tmp_path):
    save(tmp_path / "model.json", network(), optimizer=Adam(), rng=random.Random(0), history=History([1.0]))
    model = network(1)
    assert load(tmp_path / "model.json", model) == History([1.0])
    assert model.state() == network().state()
