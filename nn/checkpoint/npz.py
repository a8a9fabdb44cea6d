"""A checkpoint as .npz: the document as text, with its long lists of numbers stored as arrays."""

import io
import json
import tokenize
import zipfile
import zlib
from typing import Any

from autodiff.extend import needed
from nn.errors import StateError

with needed("nn: a file in .npz", "numpy", "fast"):
    import numpy as np

# The errors of zipfile, numpy and json for bytes that they cannot read.
_READ_ERRORS = (
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

MIN_ARRAY_LENGTH = 16
"""A shorter list stays in the text."""


def encode(document: dict[str, Any]) -> bytes:
    """Return a document as the bytes of a file, which has its own checksums."""
    model = document["model"]
    arrays: dict[str, Any] = {}
    parameters = {"names": list(model), "numbers": [*map(float, model.values())]}
    text = json.dumps(_take_out({**document, "model": parameters}, "", arrays))
    file = io.BytesIO()
    np.savez(file, document=np.array(text), **arrays)
    return file.getvalue()


def decode(who: str, content: bytes) -> Any:
    """Return the document of a file.

    Raises:
        StateError: if the bytes are damaged, or are not of such a file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            damaged = file.testzip()  # numpy reads the headers of arrays before it compares checksums
            if damaged:
                raise ValueError(f"the checksum of {damaged} differs")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in arrays.files}
        document = _put_back(json.loads(str(parts.pop("document"))), parts)
        model = document["model"]
        document["model"] = dict(zip(model["names"], model["numbers"], strict=True))
    except _READ_ERRORS as error:
        raise StateError(
            f"{who}: expected an .npz that nn.save wrote, got a damaged or another file: {error}"
        ) from None
    return document


def _take_out(part: Any, path: str, arrays: dict[str, Any]) -> Any:
    """The document with {"array": path} instead of every long list of floats or of ints, which goes to `arrays`."""
    if isinstance(part, dict):
        return {name: _take_out(value, f"{path}.{name}" if path else name, arrays) for name, value in part.items()}
    if isinstance(part, list) and len(part) >= MIN_ARRAY_LENGTH and {*map(type, part)} in ({int}, {float}):
        arrays[path] = np.array(part)
        return {"array": path}
    return part


def _put_back(part: Any, arrays: dict[str, Any]) -> Any:
    """The document with its lists instead of {"array": path}."""
    if not isinstance(part, dict):
        return part
    if part.keys() == {"array"}:
        return arrays[part["array"]].tolist()
    return {name: _put_back(value, arrays) for name, value in part.items()}
