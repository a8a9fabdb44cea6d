"""Inputs of `parse` and `load` that come through new lines: libFuzzer changes known ones, by the package atheris."""

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FORMULAS = ["2*x**2*y**3", "-exp(-x)/(1 + y)", "maximum(x, y, 1e-3)", "x if y else 1", "0x1f*pi", "ln(2x)"]


def run(name: str, seconds: float, seed: int) -> None:
    """Attack for some seconds; then the process ends, with an exit code that is not 0 if an input failed.

    Raises:
        SystemExit: if atheris is not installed.
    """
    try:
        import atheris
    except ImportError:
        sys.exit("tests.fuzz: expected the package atheris for --guided; install it: pip install atheris")
    with atheris.instrument_imports(include=["autodiff.parsing", "nn.checkpoint"]):
        attack = importlib.import_module(f"tests.fuzz.{name}")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "examples").mkdir()
    examples: list[bytes]
    target: Callable[[bytes], object]
    if name == "formulas":
        examples = [formula.encode() for formula in FORMULAS]

        def target(content: bytes) -> object:
            return attack.outcome(content.decode("utf-8", "surrogateescape"))
    else:
        examples = [attack.saved(suffix)[0] for suffix in (".json", ".npz")]
        examples.append(json.dumps(attack.without_checksum(examples[0])).encode())

        def target(content: bytes) -> object:
            return attack.read(content, ".npz" if content.startswith(b"PK") else ".json")

    for i, example in enumerate(examples):
        (folder / "examples" / str(i)).write_bytes(example)
    print(f"an input that fails is written to {folder}", flush=True)
    limits = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed % 2**31}", "-max_len=20000", "-timeout=120"]
    atheris.Setup([sys.argv[0], str(folder / "examples"), f"-artifact_prefix={folder}/", *limits], target)
    atheris.Fuzz()
