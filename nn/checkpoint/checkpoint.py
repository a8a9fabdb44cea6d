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
from pathlib import Path
from typing import Any

from autodiff.extend import as_int, is_real, type_name, write_file
from nn.errors import StateError
from nn.history import History
from nn.modules.state import check_state, load_state, state_of

FORMAT, VERSION = "chainrule", 1


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
        StateError: if a parameter is not finite: such a file would replace a better one.
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
    suffix = _suffix("save", path)
    _check_model("save", model)
    state = state_of(model)
    check_state(model, state)
    document = {"format": FORMAT, "version": VERSION, "made": repr(model), "model": state}
    if optimizer is not None:
        document["optimizer"] = optimizer.state()
    if rng is not None:
        version, numbers, gauss_next = rng.getstate()
        document["rng"] = {"version": version, "numbers": list(numbers), "gauss_next": gauss_next}
    if history is not None:
        document["history"] = history.as_dict()
    if suffix == ".npz":
        from nn.checkpoint.npz import encode

        write_file(path, encode(document))
    else:
        write_file(path, _encode(document))


def load(
    path: str | os.PathLike[str], model: Any, *, optimizer: Any = None, rng: random.Random | None = None
) -> History:
    """Read a file of `save` into a model of the same shape, an optimizer of the same class, and a generator.

    Everything is checked before anything is changed. A model with the same parameter names but another `repr`, for
    example with another activation, is refused, unless a `repr` shows only an address or shows parameters.

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
    suffix = _suffix("load", path)
    _check_model("load", model)
    content = Path(path).read_bytes()
    who = f"load: {os.fspath(path)}"
    if suffix == ".npz":
        from nn.checkpoint.npz import decode

        document = decode(who, content)
    else:
        document = _decode(who, content)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError(f"{who}: expected a file that nn.save wrote, got another")
    if document.get("version") != VERSION:
        raise StateError(f"{who}: expected version {VERSION}, got {document.get('version')!r}; update chainrule")
    for name, wanted in (("model", model), ("optimizer", optimizer), ("rng", rng)):
        if wanted is not None and name not in document:
            raise StateError(f"{who}: expected a file with the {name}, got one without; give it to nn.save")
    try:
        check_state(model, document["model"])
    except StateError as error:
        raise StateError(f"{who}: {error} (the file has {document.get('made')})") from None
    _check_repr(who, document.get("made"), repr(model))
    generator = None if rng is None else _generator_state(who, document["rng"])
    history = _history(who, document.get("history", {}))
    if optimizer is not None:
        _check_slots(who, document["optimizer"], len(document["model"]))
        try:
            optimizer.load_state(document["optimizer"])  # checks before it changes
        except ValueError as error:
            raise StateError(f"{who}: {error}") from None
    load_state(model, document["model"])
    if rng is not None and generator is not None:
        rng.setstate(generator)
    return history


def _suffix(who: str, path: str | os.PathLike[str]) -> str:
    """The ending of a path, checked."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{who}: expected a path and then a model, got {type(path).__name__} as path")
    suffix = Path(path).suffix
    if suffix not in (".json", ".npz"):
        raise ValueError(f"{who}: expected a path that ends in .json or .npz, got {os.fspath(path)!r}")
    return suffix


def _check_model(who: str, model: Any) -> None:
    if isinstance(model, type) or not hasattr(model, "named_parameters"):
        raise TypeError(f"{who}: expected a path and then a model, a Module, got {type_name(model)} as model")


def _check_repr(who: str, saved: Any, own: str) -> None:
    """Raise StateError if the `repr` of the saved model differs, unless one shows an address or parameters."""
    if isinstance(saved, str) and saved != own and not any(map(re.compile(r" at 0x|Value\(").search, (saved, own))):
        raise StateError(f"{who}: expected the file of a model made as {own}, got that of {saved}")


def _check_slots(who: str, state: Any, n: int) -> None:
    """Raise StateError if the slots of the optimizer are not of n parameters; the optimizer checks the rest."""
    slots = state.get("slots") if isinstance(state, dict) else None
    for name, numbers in slots.items() if isinstance(slots, dict) else ():
        if isinstance(numbers, list) and len(numbers) not in (0, n):
            raise StateError(
                f"{who}: expected an optimizer that remembers {name} of {n} parameters, as the model has, "
                f"got one of {len(numbers)}"
            )


def _encode(document: dict[str, Any]) -> bytes:
    """The document as JSON, with a parameter on each line and its checksum."""
    return json.dumps({**document, "checksum": _checksum(document)}, indent=1).encode()


def _decode(who: str, content: bytes) -> Any:
    """The document of a JSON file."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise StateError(f"{who}: expected JSON, got a damaged or truncated file: {error}") from None
    if isinstance(document, dict) and "checksum" in document:
        checksum = document.pop("checksum")
        if checksum != _checksum(document):
            raise StateError(
                f"{who}: expected the checksum {checksum!r}, got {_checksum(document)!r}: the file is damaged; "
                "if you edited it, take the checksum out"
            )
    return document


def _checksum(document: dict[str, Any]) -> str:
    """The checksum of the content, whatever its layout in the file."""
    return f"{zlib.crc32(json.dumps(document, sort_keys=True).encode()):08x}"


def _generator_state(who: str, saved: Any) -> tuple[Any, ...]:
    """The state for `random.Random.setstate`, tested on another generator."""
    try:
        state = saved["version"], tuple(saved["numbers"]), saved["gauss_next"]
        random.Random().setstate(state)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise StateError(f"{who}: expected the state of a random.Random as rng, got another: {error}") from None
    return state


def _history(who: str, saved: Any) -> History:
    """The saved history, checked."""
    names = {field.name for field in fields(History)}
    if not isinstance(saved, dict) or not names.issuperset(saved):
        raise StateError(f"{who}: expected a history with {', '.join(sorted(names))}, got another")
    history = History(**saved)
    validation = history.validation
    checks = {
        "losses": ("a list of numbers", _are_numbers(history.losses)),
        "validation": (
            "a dict of lists of numbers",
            isinstance(validation, dict) and all(map(_are_numbers, validation.values())),
        ),
        "epochs": ("an int >= 0", (as_int(history.epochs) or 0) >= 0 and as_int(history.epochs) is not None),
        "stopped": ("a string", isinstance(history.stopped, str)),
        "backend": ("a string", isinstance(history.backend, str)),
        "seconds": ("a number", is_real(history.seconds)),
    }
    for name, (wanted, holds) in checks.items():
        if not holds:
            raise StateError(f"{who}: expected the history's {name} to be {wanted}, got {str(saved[name])[:60]!r}")
    return history


def _are_numbers(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(map(is_real, numbers))
