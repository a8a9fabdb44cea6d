"""`load` refuses damaged and foreign files and changes nothing; `save` leaves no file that is half written."""

import errno
import json
import math
import os
import random
import signal
import subprocess
import sys
import textwrap
import zlib

import pytest

from autodiff import MissingDependencyError, Value
from nn import MLP, SGD, Adam, StateError, fit, load, losses, save

FORMATS = ["model.json", "model.npz"]


def network(seed=0):
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(seed))


def samples(n=12):
    rng = random.Random(0)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(n)]
    return inputs, [x * y for x, y in inputs]


def untouched(path, kind, *, optimizer=None, rng=None, model=None):
    """The message of a `load` that must change nothing."""
    model, optimizer, rng = model or network(1), optimizer or Adam(), rng or random.Random(3)
    before = model.state(), optimizer.state(), rng.getstate()
    with pytest.raises(kind) as error:
        load(path, model, optimizer=optimizer, rng=rng)
    assert (model.state(), optimizer.state(), rng.getstate()) == before
    return str(error.value)


@pytest.fixture
def saved(tmp_path, request):
    """A checkpoint after some steps of Adam."""
    model, optimizer, rng = network(), Adam(0.01), random.Random(0)
    history = fit(model, losses.squared_error, *samples(), optimizer=optimizer, epochs=2)
    path = tmp_path / request.param
    save(path, model, optimizer=optimizer, rng=rng, history=history)
    return path


@pytest.mark.parametrize("saved", FORMATS, indirect=True)
def test_a_truncated_file_is_refused(saved):
    content = saved.read_bytes()
    for length in [0, 1, 10, len(content) // 2, len(content) - 1]:
        saved.write_bytes(content[:length])
        message = untouched(saved, StateError)
        assert message.startswith(f"load: {saved}: expected ")
        assert "damaged" in message


@pytest.mark.parametrize("saved", FORMATS, indirect=True)
def test_a_damaged_byte_is_refused_wherever_it_is(saved):
    content = saved.read_bytes()
    rng = random.Random(0)
    model = network(1)
    before = model.state()
    for _ in range(200):
        place = rng.randrange(len(content))
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.randrange(7)
        saved.write_bytes(damaged)
        try:
            load(saved, model)
        except StateError:
            assert model.state() == before
        else:  # it was in the layout, which nobody reads: white space, or a field of the zip directory
            assert model.state() == network_after_training(content, saved)
            model.load_state(before)


def network_after_training(content, path):
    """The state in the undamaged file."""
    path.write_bytes(content)
    model = network(1)
    load(path, model)
    return model.state()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": 1}', b"\x89PNG\r\n", b"null", b"PK\x03\x04"])
def test_a_foreign_file_is_refused(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert untouched(tmp_path / name, StateError).startswith(f"load: {tmp_path / name}: expected ")


def test_a_pickle_in_an_npz_is_not_opened(tmp_path):
    np = pytest.importorskip("numpy")
    path = tmp_path / "model.npz"
    np.savez(path, document=np.array([print], dtype=object))
    assert "damaged or another one: ValueError: cannot create an OBJECT array" in untouched(path, StateError)


FIRST = [f"layers.0.neurons.0.{name}" for name in ("weights.0", "weights.1", "bias")]


def rewritten(path, **changes):
    """The JSON file with some entries replaced, and the checksum right."""
    document = json.loads(path.read_text()) | changes
    document = {name: part for name, part in document.items() if part is not None and name != "checksum"}
    checksum = f"{zlib.crc32(json.dumps(document, sort_keys=True).encode()):08x}"
    path.write_text(json.dumps(document | {"checksum": checksum}))


def remembering(n):
    """The state of an Adam that has moved n parameters."""
    optimizer = Adam()
    optimizer.step([Value(1.0) for _ in range(n)])
    return optimizer.state()


@pytest.mark.parametrize("saved", ["model.json"], indirect=True)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "expected version 1, got 2; update chainrule"),
        ({"format": "other"}, "expected a file that nn.save wrote, got another"),
        ({"model": None}, "expected a file with the model, got one without; give it to nn.save"),
        ({"optimizer": None}, "expected a file with the optimizer, got one without; give it to nn.save"),
        ({"rng": None}, "expected a file with the rng, got one without; give it to nn.save"),
        ({"optimizer": SGD(0.1).state()}, "Adam: expected the state of Adam, got that of 'SGD'"),
        (
            {"rng": {"version": 3, "numbers": [1, 2], "gauss_next": None}},
            "expected the state of a random.Random as rng, got another: state vector is the wrong size",
        ),
        (
            {"history": {"loss": []}},
            (
                "expected a history with backend, compile_seconds, eager_because, epochs, losses, seconds, stopped, "
                "training, validation, got another"
            ),
        ),
        ({"history": {"losses": 1.0}}, "expected the history's losses to be a list of numbers, got 1.0"),
        ({"history": {"losses": ["a"]}}, "expected the history's losses to be a list of numbers, got ['a']"),
        (
            {"history": {"validation": []}},
            "expected the history's validation to be a dict of lists of numbers, got []",
        ),
        (
            {"history": {"training": {"loss": 1.0}}},
            "expected the history's training to be a dict of lists of numbers, got {'loss': 1.0}",
        ),
        ({"history": {"epochs": 1.5}}, "expected the history's epochs to be an int >= 0, got 1.5"),
        ({"history": {"epochs": -1}}, "expected the history's epochs to be an int >= 0, got -1"),
        ({"history": {"stopped": 0}}, "expected the history's stopped to be a string, got 0"),
        ({"history": {"backend": None}}, "expected the history's backend to be a string, got None"),
        ({"history": {"seconds": "1"}}, "expected the history's seconds to be a number, got '1'"),
        ({"history": {"compile_seconds": []}}, "expected the history's compile_seconds to be a number, got []"),
        (
            {"optimizer": remembering(12)},
            "expected an optimizer that remembers mean of 13 parameters, as the model has, got one of 12",
        ),
        (
            {"made": "MLP(2, [3, 1], activation='relu', output_activation='identity')"},
            (
                "expected the file of a model made as MLP(2, [3, 1], activation='tanh', output_activation='identity'), "
                "got that of MLP(2, [3, 1], activation='relu', output_activation='identity')"
            ),
        ),
        (
            {"model": {"w": 1.0}, "made": "Holder()"},
            (
                f"MLP: expected the state of 13 parameters, got one without {', '.join(map(repr, FIRST))} and 10 more "
                "and with 'w'; it is of a model of another shape (the file has Holder())"
            ),
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_what_is_wrong(saved, change, message):
    rewritten(saved, **change)
    assert untouched(saved, StateError) == f"load: {saved}: {message}"


@pytest.mark.parametrize("saved", ["model.json"], indirect=True)
def test_a_changed_number_does_not_pass_the_checksum(saved):
    saved.write_text(saved.read_text().replace('"epochs": 2', '"epochs": 3'))
    assert "the file is damaged; if you edited it, take the checksum out" in untouched(saved, StateError)


def test_parameters_that_are_not_finite_do_not_replace_a_file(tmp_path, refuses, Holder):
    path = tmp_path / "line.json"
    save(path, Holder(m=Value(1.0)))
    before = path.read_bytes()
    with refuses(StateError, "Holder: expected m to be a finite number, got nan"):
        save(path, Holder(m=Value(math.nan)))
    assert path.read_bytes() == before


@pytest.mark.parametrize("call", [save, load])
def test_only_two_kinds_of_files_are_known(call, refuses):
    with refuses(ValueError, f"{call.__name__}: expected a path that ends in .json or .npz, got 'model.pickle'"):
        call("model.pickle", network())


@pytest.mark.parametrize("call", [save, load])
def test_arguments_the_wrong_way_round_are_refused(call, refuses):
    with refuses(TypeError, f"{call.__name__}: expected a path and then a model, got MLP as path"):
        call(network(), "model.json")
    message = f"{call.__name__}: expected a path and then a model, a Module, got"
    with refuses(TypeError, f"{message} str as model"):
        call("model.json", "model.json")
    with refuses(TypeError, f"{message} the class MLP as model"):
        call("model.json", MLP)


@pytest.mark.parametrize("text", ["<Renamed>", "<nn.Holder object at 0x7f00>", "Holder(m=Value(data=3.0, grad=0.0))"])
def test_a_repr_that_tells_nothing_of_the_kind_is_not_compared(text, tmp_path, monkeypatch, Holder):
    save(tmp_path / "line.json", Holder(m=Value(3.0)))
    monkeypatch.setattr(Holder, "__repr__", lambda self: text)
    line = Holder(m=Value(1.0))
    load(tmp_path / "line.json", line)
    save(tmp_path / "line.json", line)
    monkeypatch.undo()
    load(tmp_path / "line.json", line)
    assert line.m.data == 3.0


def test_npz_without_numpy_is_one_line(tmp_path, monkeypatch, refuses):
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "nn.checkpoint.npz", raising=False)
    with refuses(
        MissingDependencyError,
        'nn: a file in .npz needs the package numpy: pip install ".[fast]" in the folder of chainrule',
    ):
        save(tmp_path / "model.npz", network())


def test_a_missing_file_or_folder_is_the_system_s_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.json", network())
    with pytest.raises(FileNotFoundError) as error:
        save(tmp_path / "none" / "model.json", network())
    assert error.value.filename == str(tmp_path.resolve() / "none")  # the folder, and not the file aside
    assert error.value.filename in str(error.value)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(step, tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    save(path, network(0))
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        save(path, network(1))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"]


@pytest.mark.full(cases=0)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process as POSIX does")
@pytest.mark.parametrize("name", FORMATS)
def test_a_process_that_is_killed_while_it_saves_leaves_a_whole_file(name, tmp_path, root):
    """A child saves two models in turn, as fast as it can; it is killed ten times, at any moment."""
    code = """
        import random, sys
        from nn import MLP, save
        models = [MLP(4, [10, 1], rng=random.Random(seed)) for seed in range(2)]
        save(sys.argv[1], models[0])
        print("ready", flush=True)
        while True:
            for model in models:
                save(sys.argv[1], model)
    """
    path = tmp_path / name
    wanted = [MLP(4, [10, 1], rng=random.Random(seed)).state() for seed in range(2)]
    rng = random.Random(0)
    for _ in range(10):
        command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(rng.uniform(0.0, 0.02))
            child.kill()
        model = MLP(4, [10, 1])
        load(path, model)
        assert model.state() in wanted


def test_a_link_keeps_pointing_at_the_file(tmp_path):
    (tmp_path / "runs").mkdir()
    link = tmp_path / "best.json"
    link.symlink_to(tmp_path / "runs" / "model.json")
    save(link, network())
    assert link.is_symlink()
    assert (tmp_path / "runs" / "model.json").exists()
