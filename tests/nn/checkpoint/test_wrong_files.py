"""Whatever a file holds, `load` reads it, or raises StateError and changes nothing; its memory is that of the file."""

import copy
import io
import json
import math
import random
import subprocess
import sys
import textwrap
import zipfile
import zlib
from itertools import chain

import pytest

from autodiff import Value
from nn import MLP, SGD, Adam, History, StateError, load, save

np = pytest.importorskip("numpy")
FORMATS = ["model.json", "model.npz"]
WRONG = [None, True, -1, 0.5, 10**400, -(10**400), math.inf, math.nan, "a", [], [[]], {}, {"a": 1}, [10**400], [None]]
WRONG += [{"array": "document"}, {"array": []}, [math.nan] * 13, "x" * 10_000, [0.0] * 12, [0.0] * 14]


def network(seed=0):
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(seed))


def stepped(model):
    optimizer = Adam(0.1)
    for parameter in model.parameters():
        parameter.grad = 0.1
    optimizer.step(model.parameters())
    return optimizer


@pytest.fixture
def document(tmp_path):
    """What a checkpoint with everything holds, without its checksum."""
    model, path = network(), tmp_path / "saved.json"
    history = History([0.5, 0.25], {"loss": [0.5]}, 1, "epochs", "eager", 0.5)
    save(path, model, optimizer=stepped(model), rng=random.Random(0), history=history)
    document = json.loads(path.read_text())
    del document["checksum"]
    return document


def write(path, document):
    """Write a document as a file of one of both kinds."""
    if path.suffix == ".json":
        path.write_text(json.dumps(document))
        return
    arrays = {}

    def take_out(part, name):
        if isinstance(part, dict):
            return {key: take_out(value, f"{name}.{key}") for key, value in part.items()}
        if isinstance(part, list) and len(part) > 10 and {*map(type, part)} in ({int}, {float}):
            arrays[name] = np.array(part)
            return {"array": name}
        return part

    if isinstance(document.get("model"), dict):
        model = document["model"]
        document = document | {"model": {"names": [*model], "numbers": [*model.values()]}}
    np.savez(path, document=np.array(json.dumps(take_out(document, ""))), **arrays)


def outcome(path):
    """The error of a `load` that changes nothing, or None if it loaded finite numbers."""
    model, optimizer, rng = network(1), Adam(0.5), random.Random(3)
    before = model.state(), optimizer.state(), rng.getstate()
    message = ""
    try:
        history = load(path, model, optimizer=optimizer, rng=rng)
    except StateError as error:
        message = str(error)
    if message:
        assert (model.state(), optimizer.state(), rng.getstate()) == before
        assert message.startswith(f"load: {path}: ")
        assert len(message) < 3000
        return message
    assert all(map(math.isfinite, chain(model.state().values(), *optimizer.state()["slots"].values())))
    rng.gauss(0.0, 1.0)
    rng.random()
    assert repr(history + history).startswith("<History")
    return None


def places(part, path=()):
    """The path to every part of a document, but to a few elements only of a long list."""
    yield path
    if isinstance(part, dict):
        for name in part:
            yield from places(part[name], (*path, name))
    elif isinstance(part, list):
        for i in [0, len(part) - 1] if part else []:
            yield from places(part[i], (*path, i))


def replaced(document, place, wrong):
    changed = copy.deepcopy(document)
    *way, last = place
    part = changed
    for name in way:
        part = part[name]
    part[last] = wrong
    return changed


@pytest.mark.full
@pytest.mark.parametrize("name", FORMATS)
def test_every_field_may_hold_anything(name, document, tmp_path):
    refused = 0
    some = [place for place in places(document) if place and (place[0] != "model" or place[-1].endswith("bias"))]
    for place in [*some, ("model",)]:
        for wrong in WRONG if name == "model.json" else WRONG[::3]:
            write(tmp_path / name, replaced(document, place, wrong))
            refused += outcome(tmp_path / name) is not None
    assert refused > 150


@pytest.mark.parametrize("name", FORMATS)
def test_every_name_may_be_damaged(name, document, tmp_path):
    for place in [place for place in places(document) if place and isinstance(place[-1], str)]:
        changed = replaced(document, place, None)
        *way, last = place
        part = changed
        for step in way:
            part = part[step]
        del part[last]
        part[f"{last}~"] = 1.0
        write(tmp_path / name, changed)
        message = outcome(tmp_path / name)
        assert place[0] == "made" or message is not None, place


def test_a_damaged_name_of_the_checksum_is_seen(document, tmp_path, refuses):
    path = tmp_path / "model.json"
    checksum = f"{zlib.crc32(json.dumps(document, sort_keys=True).encode()):08x}"
    write(path, document | {"chicksum": checksum})
    with refuses(
        StateError,
        f"load: {path}: expected nothing but format, version, checksum, made, model, optimizer, rng, history, "
        "got 'chicksum': the file is damaged",
    ):
        load(path, network())
    write(path, document | {"checksum": checksum})
    load(path, network())


@pytest.mark.parametrize("deep", [900, 5_000, 1_000_000])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("opening", "closing"), ["[]", ('{"a":', "}")])
def test_depth_is_refused(name, deep, opening, closing, document, tmp_path):
    nested = opening * deep + "1" + closing * deep
    for text in (nested, json.dumps(document | {"history": "?"}).replace('"?"', nested)):
        if name == "model.json":
            (tmp_path / name).write_text(text)
        else:
            np.savez(tmp_path / name, document=np.array(text))
        assert "expected " in outcome(tmp_path / name)


@pytest.mark.parametrize(
    "text", [b"\xff\xfe[", b"1" * 5000, b"[" + b"1" * 5000 + b"]", b'{"format": "chainrule"', b"\0" * 99]
)
def test_what_is_not_json_is_refused(text, tmp_path):
    (tmp_path / "model.json").write_bytes(text)
    assert "expected a file that nn.save wrote, got a" in outcome(tmp_path / "model.json")


def npy(header, data=b""):
    text = header.encode() + b" " * ((64 - (len(header) + 11) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


HEADERS = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000000000000000000,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<U1000000000', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<U0', 'fortran_order': False, 'shape': (), }",
    "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
    "{'descr': " + "(" * 300 + ")" * 300 + "}",
    "{}",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("part", ["document", "x"])
def test_a_header_is_not_believed(header, part, document, tmp_path):
    path = tmp_path / "model.npz"
    write(path, document)
    with zipfile.ZipFile(path, "a") as file, pytest.warns() if part == "document" else file:
        file.writestr(f"{part}.npy", npy(header, bytes(32)))
    assert "got a damaged or another one: " in outcome(path)


def test_an_array_is_read_once(document, tmp_path):
    """A thousand references to one array would take a thousand times the memory."""
    path = tmp_path / "model.npz"
    again = {name: {"array": "losses"} for name in map(str, range(50))}
    text = json.dumps(document | {"history": {"losses": {"array": "losses"}, "validation": again}})
    np.savez(path, document=np.array(text), losses=np.zeros(20))
    assert outcome(path).endswith("got a damaged or another one: KeyError: 'losses'")


def test_parts_that_nothing_refers_to_are_refused(document, tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, document=np.array(json.dumps(document)), other=np.zeros(3))
    assert outcome(path).endswith("got a damaged or another one: ValueError: no entry refers to other")


def bomb(megabytes):
    """A small compressed file with an array of many megabytes."""
    content = io.BytesIO()
    header = npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({megabytes << 17},), }}")
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.npy", "w") as part:
        part.write(header)
        for _ in range(megabytes):
            part.write(bytes(1 << 20))
    return content.getvalue()


def overlapping(parts, size):
    """A file whose directory names one stored part many times."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr(
            "x.npy", npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({size // 8},), }}", bytes(size))
        )
        file.filelist += file.filelist * (parts - 1)
    return content.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
@pytest.mark.parametrize("content", [bomb(60), overlapping(1000, 100_000)], ids=["compressed", "overlapping"])
def test_a_bomb_takes_no_memory(content, tmp_path, root):
    code = """
        import resource, sys
        from nn import MLP, StateError, load
        import nn.checkpoint.npz
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            load(sys.argv[1], MLP(2, [2, 1]))
        except StateError as error:
            print(error)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    command = [sys.executable, "-c", textwrap.dedent(code), path]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    message, kilobytes = run.stdout.splitlines()
    assert message.startswith(f"load: {path}: expected a file that nn.save wrote, got a damaged or another one: ")
    assert int(kilobytes) < 10_000


@pytest.mark.skipif(sys.platform != "linux", reason="files with holes, and a limit of memory")
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_larger_than_the_memory_is_refused(name, tmp_path, root):
    code = """
        import resource, sys
        from nn import MLP, StateError, load
        import nn.checkpoint.npz
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        try:
            load(sys.argv[1], MLP(2, [2, 1]))
        except StateError as error:
            print(error)
    """
    with open(tmp_path / name, "wb") as file:
        file.truncate(1 << 40)
    command = [sys.executable, "-c", textwrap.dedent(code), tmp_path / name]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert "expected a file that nn.save wrote, got a damaged or another one: MemoryError" in run.stdout


def test_an_error_of_the_system_or_of_the_model_is_none_of_the_file(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        load(tmp_path / "none.json", network())
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(OSError, match=r"folder\.npz"):
        load(tmp_path / "folder.npz", network())
    model = network()
    model.extra = model([1.0, 2.0])
    with pytest.raises(ValueError, match="expected leaf Values") as error:
        load(tmp_path / "none.json", model)
    assert type(error.value) is ValueError


def test_a_subclass_may_refuse_its_hyperparameters_in_any_way(tmp_path):
    class Picky(SGD):
        def __init__(self, learning_rate):
            super().__init__(learning_rate)
            assert 1.0 / (learning_rate - 0.5)

    model = network()
    save(tmp_path / "model.json", model, optimizer=Picky(0.25))
    text = (tmp_path / "model.json").read_text()
    document = json.loads(text)
    del document["checksum"]
    document["optimizer"]["hyperparameters"]["learning_rate"] = 0.5
    (tmp_path / "model.json").write_text(json.dumps(document))
    with pytest.raises(StateError, match="float division by zero"):
        load(tmp_path / "model.json", model, optimizer=Picky(0.25))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_an_optimizer_that_remembers_what_is_not_finite_does_not_replace_a_file(name, wrong, tmp_path, refuses):
    model = network()
    optimizer = stepped(model)
    save(tmp_path / name, model, optimizer=optimizer)
    before = (tmp_path / name).read_bytes()
    optimizer._slots[1][5] = wrong
    with refuses(StateError, f"save: expected an optimizer that remembers finite square, got {wrong}"):
        save(tmp_path / name, model, optimizer=optimizer)
    other = Adam()
    other.step([Value(1.0)])
    with refuses(
        StateError, "save: expected an optimizer that remembers mean of 13 parameters, as the model has, got one of 1"
    ):
        save(tmp_path / name, model, optimizer=other)
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("call", [save, load])
def test_what_is_no_optimizer_and_no_generator_is_refused(call, tmp_path, refuses):
    name = call.__name__
    with refuses(TypeError, f"{name}: expected an optimizer such as SGD(0.1), got the class Adam"):
        call(tmp_path / "model.json", network(), optimizer=Adam)
    with refuses(TypeError, f"{name}: expected an optimizer such as SGD(0.1), got int"):
        call(tmp_path / "model.json", network(), optimizer=1)
    with pytest.raises(TypeError, match=f"^{name}: expected .*random.Random"):
        call(tmp_path / "model.json", network(), rng=1)
    assert not (tmp_path / "model.json").exists()
