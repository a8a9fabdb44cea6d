"""A checkpoint as .npz: the document as text, with every long list of numbers taken out and stored as an array."""

import io
import json
import tokenize
import zipfile
import zlib
from typing import Any

from autodiff import MissingDependencyError
from nn.errors import StateError

try:
    import numpy as np
except ImportError:
    raise MissingDependencyError("nn: a file in .npz", "numpy", "fast") from None

# What zipfile, numpy and json raise for bytes that they cannot read.
_DAMAGES = (
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)

LONG = 16
"""Numbers; a shorter list stays in the text."""


def encode(document: dict[str, Any]) -> bytes:
    """Return the bytes of the file; its parts have checksums."""
    model = document["model"]
    arrays: dict[str, Any] = {}
    parameters = {"names": list(model), "numbers": [*map(float, model.values())]}
    text = json.dumps(_take_out({**document, "model": parameters}, "", arrays))
    file = io.BytesIO()
    np.savez(file, document=np.array(text), **arrays)
    return file.getvalue()


def decode(who: str, content: bytes) -> Any:
    """Return the document.

    Raises:
        StateError: if these are not such bytes, or not all of them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            damaged = file.testzip()  # numpy would read the headers of arrays before their checksums
            if damaged:
                raise ValueError(f"the checksum of {damaged} differs")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in arrays.files}
        document = _put_back(json.loads(str(parts.pop("document"))), parts)
        model = document["model"]
        document["model"] = dict(zip(model["names"], model["numbers"], strict=True))
    except _DAMAGES as error:
        raise StateError(
            f"{who}: expected an .npz that nn.save wrote, got a damaged or another file: {error}"
        ) from None
    return document


def _take_out(thing: Any, path: str, arrays: dict[str, Any]) -> Any:
    """The document, with {"array": name} for every long list of floats or of ints, which `arrays` gets."""
    if isinstance(thing, dict):
        return {name: _take_out(part, f"{path}.{name}" if path else name, arrays) for name, part in thing.items()}
    if isinstance(thing, list) and len(thing) >= LONG and {*map(type, thing)} in ({int}, {float}):
        arrays[path] = np.array(thing)
        return {"array": path}
    return thing


def _put_back(thing: Any, arrays: dict[str, Any]) -> Any:
    """The document with its lists."""
    if not isinstance(thing, dict):
        return thing
    if thing.keys() == {"array"}:
        return arrays[thing["array"]].tolist()
    return {name: _put_back(part, arrays) for name, part in thing.items()}
