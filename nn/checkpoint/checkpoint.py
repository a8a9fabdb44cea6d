"""`save` and `load`: a training in a file, from which it continues as if it had never stopped.

A file holds numbers and text, never pickled objects: reading it runs no code. The document is

    {"format": "chainrule", "version": 1, "checksum": ..., "model": {name: number}, "made": "MLP(2, [16, 16, 1], ...)",
     "optimizer": ..., "rng": ..., "history": ...}

Its JSON has all digits of every float, so that a float is read back exactly. In numpy's .npz, long lists of numbers are
arrays. The checksum detects damage; a file that is edited by hand may leave it out.
"""

import json
import os
import random
import re
import zlib
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from autodiff.extend import as_int, check_rng, data_of, is_finite, set_data, short, type_name, write_file
from nn.errors import StateError
from nn.modules.module import Module, check_state
from nn.training.history import History

FORMAT, VERSION = "chainrule", 1
NAMES = ("format", "version", "checksum", "made", "model", "optimizer", "rng", "history")


def save(
    path: str | os.PathLike[str],
    model: Any,
    *,
    optimizer: Any = None,
    rng: random.Random | None = None,
    history: History | None = None,
) -> None:
    """Write a model to a file, with the other objects that a training needs to continue.

    The file is replaced as a whole: after a crash or on a full disk an older file is unchanged.

    Args:
        path: ends in .json, or in .npz (needs numpy; a third of the size).
        model: a Module.
        optimizer: saved with its state.
        rng: the generator that shuffles. After an epoch its state determines the order of the next one.
        history: the training so far, to which the history of the next `fit` can be added. In a callback it has the
            seconds so far, and `stopped` is "".

    Raises:
        StateError: if a parameter, or a number that the optimizer remembers, is not finite, or if the optimizer
            remembers another number of parameters: such a file would replace a better one.
        TypeError: if the path is not a path, or the model not a Module.
        ValueError: if the path has another ending.
        OSError: if the file cannot be written.

    >>> import tempfile
    >>> from nn import MLP
    >>> model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/model.json", model)
    ...     load(f"{folder}/model.json", other)
    <History 0 steps, 0 epochs>
    >>> other.state() == model.state()
    True
    """
    is_npz = _check_arguments("save", path, model, optimizer, rng)
    state = Module.state(model)  # not model.state, which may be an attribute of the user
    check_state(model, state)
    document = {"format": FORMAT, "version": VERSION, "made": repr(model), "model": state}
    if optimizer is not None:
        document["optimizer"] = optimizer.state()
        _check_slots("save: ", document["optimizer"], len(state))
    if rng is not None:
        version, numbers, gauss_next = rng.getstate()
        document["rng"] = {"version": version, "numbers": list(numbers), "gauss_next": gauss_next}
    if history is not None:
        document["history"] = history.as_dict()
    if is_npz:
        from nn.checkpoint.npz import encode

        write_file(path, encode(document))
    else:
        with_checksum = {**document, "checksum": _checksum(document)}
        write_file(path, json.dumps(with_checksum, indent=1).encode())  # a parameter on each line


def load(
    path: str | os.PathLike[str], model: Any, *, optimizer: Any = None, rng: random.Random | None = None
) -> History:
    """Read a file of `save` into a model of the same shape, an optimizer of the same class, and a generator.

    Everything is checked before anything is changed, and an interrupt changes all or nothing. A model with the same
    parameter names but another `repr`, for example with another activation, is refused, unless a `repr` is that of
    `Module` or shows an address or parameters.

    Args:
        path: the file.
        model: gets the saved parameters.
        optimizer: gets its saved state; constructed with the same schedule, if it had one.
        rng: gets its saved state.

    Returns:
        The saved history, or an empty one.

    Raises:
        StateError: if the file is damaged, is not a file of `save`, does not fit, or lacks one of these objects.
        OSError: if the file cannot be read.
    """
    is_npz = _check_arguments("load", path, model, optimizer, rng)
    if is_npz:
        from nn.checkpoint.npz import decode
    else:
        decode = _decode
    model.parameters()  # an error of the model is none of the file
    try:
        document = decode(Path(path).read_bytes())
        _check_names(document, model=model, optimizer=optimizer, rng=rng)
        _check_model_state(model, document)
        generator = None if rng is None else _generator_state(document["rng"])
        history = _history(document.get("history", {}))
        if optimizer is not None:
            _check_slots("", document["optimizer"], len(document["model"]))
        _change(model, document["model"], optimizer, document.get("optimizer"), rng, generator)
    except StateError as error:
        raise StateError(f"load: {os.fspath(path)}: {str(error)[:2000]}") from None  # the file may hold long texts
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # json, zipfile and numpy raise a dozen kinds, and more when memory ends
        got = f"got a damaged or another one: {type(error).__name__}: {error}"
        raise StateError(f"load: {os.fspath(path)}: expected a file that nn.save wrote, {got}") from None
    return history


def _change(model: Any, state: Any, optimizer: Any, optimizer_state: Any, rng: Any, generator: Any) -> None:
    """Set the model, the optimizer and the generator to checked states; all of them, or after an interrupt none."""
    parameters = model.parameters()
    undo = [partial(set_data, parameters, data_of(parameters))]
    if optimizer is not None:
        undo.append(partial(vars(optimizer).update, {**vars(optimizer)}))
    if rng is not None:
        undo.append(partial(rng.setstate, rng.getstate()))
    try:
        if optimizer is not None:
            optimizer.load_state(optimizer_state)  # checks the rest before it changes
        Module.load_state(model, state)
        if rng is not None:
            rng.setstate(generator)
    except BaseException:
        for restore in undo:
            restore()
        raise


def _check_arguments(who: str, path: Any, model: Any, optimizer: Any, rng: Any) -> bool:
    """Check the arguments of `save` and `load`; return whether the file is in .npz."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{who}: expected a path and then a model, got {type(path).__name__} as path")
    suffix = Path(path).suffix
    if suffix not in (".json", ".npz"):
        raise ValueError(f"{who}: expected a path that ends in .json or .npz, got {os.fspath(path)!r}")
    if isinstance(model, type) or not hasattr(model, "named_parameters"):
        raise TypeError(f"{who}: expected a path and then a model, a Module, got {type_name(model)} as model")
    if optimizer is not None and (isinstance(optimizer, type) or not hasattr(optimizer, "load_state")):
        raise TypeError(f"{who}: expected an optimizer such as SGD(0.1), got {type_name(optimizer)}")
    if rng is not None:
        check_rng(who, rng)
    return suffix == ".npz"


def _check_names(document: Any, **wanted: Any) -> None:
    """Raise StateError unless a document is of this format, and has what is wanted and no unknown name."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError("expected a file that nn.save wrote, got another")
    if document.get("version") != VERSION:
        raise StateError(f"expected version {VERSION}, got {short(document.get('version'))}; update chainrule")
    for name, thing in wanted.items():
        if thing is not None and name not in document:
            raise StateError(f"expected a file with the {name}, got one without; give it to nn.save")
    unknown = [name for name in document if name not in NAMES]
    if unknown:
        raise StateError(f"expected nothing but {', '.join(NAMES)}, got {short(unknown[0])}: the file is damaged")


def _check_model_state(model: Any, document: dict[str, Any]) -> None:
    """Raise StateError if the saved model has other parameters, or another `repr`, without addresses and parameters."""
    saved, own = document.get("made"), repr(model)
    try:
        check_state(model, document["model"])
    except StateError as error:
        raise StateError(f"{error} (the file has {saved})") from None
    if isinstance(saved, str) and saved != own and not any(map(re.compile(r"^<| at 0x|Value\(").search, (saved, own))):
        raise StateError(f"expected the file of a model made as {own}, got that of {saved}")


def _check_slots(who: str, state: Any, n: int) -> None:
    """Raise StateError if an optimizer does not remember n finite numbers, or none; the optimizer checks the rest."""
    slots = state.get("slots") if isinstance(state, dict) else None
    for name, numbers in slots.items() if isinstance(slots, dict) else ():
        if isinstance(numbers, list) and len(numbers) not in (0, n):
            raise StateError(
                f"{who}expected an optimizer that remembers {name} of {n} parameters, as the model has, "
                f"got one of {len(numbers)}"
            )
        for number in numbers if isinstance(numbers, list) else ():
            if not is_finite(number):
                raise StateError(f"{who}expected an optimizer that remembers finite {name}, got {short(number)}")


def _decode(content: bytes) -> Any:
    """The document of a JSON file."""
    document = json.loads(content)
    if isinstance(document, dict) and "checksum" in document:
        checksum = document.pop("checksum")
        if checksum != _checksum(document):
            raise StateError(
                f"expected the checksum {short(checksum)}, got {_checksum(document)!r}: the file is damaged; "
                "if you edited it, take the checksum out"
            )
    return document


def _checksum(document: dict[str, Any]) -> str:
    """The checksum of the content, whatever its layout in the file."""
    return f"{zlib.crc32(json.dumps(document, sort_keys=True).encode()):08x}"


def _generator_state(saved: Any) -> tuple[Any, ...]:
    """The state for `random.Random.setstate`, tested on another generator."""
    try:
        state = saved["version"], tuple(saved["numbers"]), saved["gauss_next"]
        random.Random().setstate(state)
        if saved["gauss_next"] is not None and not is_finite(saved["gauss_next"]):
            raise TypeError("gauss_next is not a number")
    except Exception as error:  # noqa: BLE001  # whatever these methods do not expect
        raise StateError(f"expected the state of a random.Random as rng, got another: {error}") from None
    return state


def _history(saved: Any) -> History:
    """The saved history, checked."""
    names = {field.name for field in fields(History)}
    if not isinstance(saved, dict) or not names.issuperset(saved):
        raise StateError(f"expected a history with {', '.join(sorted(names))}, got another")
    history = History(**saved)
    epochs = as_int(history.epochs)
    checks = {
        "losses": ("a list of numbers", _are_numbers(history.losses)),
        "epochs": ("an int >= 0", epochs is not None and epochs >= 0),
        "seconds": ("a number", is_finite(history.seconds)),
        "compile_seconds": ("a number", is_finite(history.compile_seconds)),
    }
    for name in ("training", "validation"):
        numbers = getattr(history, name)
        are_numbers = isinstance(numbers, dict) and all(map(_are_numbers, numbers.values()))
        checks[name] = "a dict of lists of numbers", are_numbers
    for name in ("stopped", "backend", "eager_because"):
        checks[name] = "a string", isinstance(getattr(history, name), str)
    for name, (wanted, holds) in checks.items():
        if not holds:
            raise StateError(f"expected the history's {name} to be {wanted}, got {short(saved[name])}")
    return history


def _are_numbers(numbers: Any) -> bool:
    """Whether it is a list of floats, which may be nan and infinite, or of ints that fit a float."""
    return isinstance(numbers, list) and all(isinstance(number, float) or is_finite(number) for number in numbers)
