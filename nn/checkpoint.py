"""`save` and `load`: a training in a file, from which it goes on as if it had never stopped.

What is kept are numbers and text, never pickled objects: to read a file runs no code. A document is

    {"format": "chainrule", "version": 1, "checksum": ..., "model": {name: number}, "made": "MLP(2, [16, 16, 1], ...)",
     "optimizer": ..., "rng": ..., "history": ...}

as JSON, in which Python writes every float with the digits that give it back exactly; or the same with its long lists
of numbers as arrays, in numpy's .npz. The checksum finds damage; a file edited by hand may leave it out.
"""

import json
import os
import random
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

from nn.errors import StateError
from nn.files import write_atomically
from nn.history import History
from nn.state import check_state, load_state, state_of

FORMAT, VERSION = "chainrule", 1


def save(
    path: str | os.PathLike[str],
    model: Any,
    *,
    optimizer: Any = None,
    rng: random.Random | None = None,
    history: History | None = None,
) -> None:
    """Write a model to a file, and what else a training needs to go on.

    The file is written aside and then put in place: a crash or a full disk leaves an older file as it was.

    Args:
        path: ending in .json, or in .npz (needs numpy; a third of the size).
        model: a Module.
        optimizer: kept with what it remembers.
        rng: the generator that shuffles. Save after an epoch, and the next is shuffled as it would have been.
        history: kept to be looked at.

    Raises:
        StateError: if a parameter is not finite: a file with such numbers would replace a better one.
        ValueError: if the path ends in something else.
        OSError: if it cannot be written.

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
        from nn.npz import encode

        write_atomically(Path(path), encode(document))
    else:
        write_atomically(Path(path), _encode(document))


def load(
    path: str | os.PathLike[str], model: Any, *, optimizer: Any = None, rng: random.Random | None = None
) -> History:
    """Read what `save` wrote into a model of the same shape, an optimizer of the same class, and a generator.

    Everything is checked before anything is changed.

    Args:
        path: the file.
        model: gets the parameters.
        optimizer: gets its state, if given; made with the same schedule, if there was one.
        rng: gets its state, if given.

    Returns:
        The history that was saved, or an empty one.

    Raises:
        StateError: if the file is damaged or not one of ours, does not fit, or lacks what is asked for.
        OSError: if it cannot be read.
    """
    suffix = _suffix("load", path)
    content = Path(path).read_bytes()
    who = f"load: {os.fspath(path)}"
    if suffix == ".npz":
        from nn.npz import decode

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
    generator = None if rng is None else _generator_state(who, document["rng"])
    history = _history(who, document.get("history", {}))
    if optimizer is not None:
        try:
            optimizer.load_state(document["optimizer"])  # checks before it changes
        except ValueError as error:
            raise StateError(f"{who}: {error}") from None
    load_state(model, document["model"])
    if rng is not None and generator is not None:
        rng.setstate(generator)
    return history


def _suffix(who: str, path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix
    if suffix not in (".json", ".npz"):
        raise ValueError(f"{who}: expected a path that ends in .json or .npz, got {os.fspath(path)!r}")
    return suffix


def _encode(document: dict[str, Any]) -> bytes:
    """JSON, a parameter on each line, with the checksum of the rest."""
    return json.dumps({**document, "checksum": _checksum(document)}, indent=1).encode()


def _decode(who: str, content: bytes) -> Any:
    """The document, if it is undamaged."""
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
    """Of the content, not of how it is laid out."""
    return f"{zlib.crc32(json.dumps(document, sort_keys=True).encode()):08x}"


def _generator_state(who: str, saved: Any) -> tuple[Any, ...]:
    """The state for `random.Random.setstate`, tried on another generator."""
    try:
        state = saved["version"], tuple(saved["numbers"]), saved["gauss_next"]
        random.Random().setstate(state)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise StateError(f"{who}: expected the state of a random.Random as rng, got another: {error}") from None
    return state


def _history(who: str, saved: Any) -> History:
    names = {field.name for field in fields(History)}
    if not isinstance(saved, dict) or not names.issuperset(saved):
        raise StateError(f"{who}: expected a history with {', '.join(sorted(names))}, got another")
    return History(**saved)
