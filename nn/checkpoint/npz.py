"""A checkpoint as .npz: the document as text, with its long lists of numbers stored as arrays."""

import io
import json
import zipfile
from typing import Any

from autodiff.extend import needed

with needed("nn: a file in .npz", "numpy", "fast"):
    import numpy as np

MIN_ARRAY_LENGTH = 16  # a shorter list stays in the text


def encode(document: dict[str, Any]) -> bytes:
    """Return a document as the bytes of a file, which has its own checksums."""
    model = document["model"]
    arrays: dict[str, Any] = {}
    parameters = {"names": list(model), "numbers": [*map(float, model.values())]}
    text = json.dumps(_take_out({**document, "model": parameters}, "", arrays))
    file = io.BytesIO()
    np.savez(file, document=np.array(text), **arrays)
    return file.getvalue()


def decode(content: bytes) -> Any:
    """Return the document of a file. The memory that this takes is a few times that of the file, whatever it claims.

    Raises:
        Exception: of any kind, if the bytes are damaged, or are not of such a file.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        parts = file.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise ValueError("it is compressed, as nn.save never does")
        if sum(part.file_size for part in parts) > len(content):
            raise ValueError("its parts claim to be larger than the file")
        arrays = {part.filename.removesuffix(".npy"): _array(file.read(part)) for part in parts}
    document = _put_back(json.loads(str(arrays.pop("document")[0])), arrays)
    if arrays:
        raise ValueError(f"no entry refers to {next(iter(arrays))}")
    model = document["model"]
    document["model"] = dict(zip(model["names"], model["numbers"], strict=True))
    return document


def _array(part: bytes) -> Any:
    """The array in a part, which begins with a header: numbers or one string, read where they lie."""
    file = io.BytesIO(part)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of another version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    array = np.frombuffer(part, dtype, offset=file.tell())
    if dtype.kind not in "fiU" or shape not in ((), array.shape):
        raise ValueError(f"an array of {array.size} {dtype} that claims to be of shape {shape}")
    return array


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
        return arrays.pop(part["array"]).tolist()  # once: a thousand references would take a thousand times the memory
    return {name: _put_back(value, arrays) for name, value in part.items()}
