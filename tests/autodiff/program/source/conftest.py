"""What the tests of printed code share: code of outputs, and running it by itself in either language."""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels, with_numbers
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from autodiff.program.source.function import source


@pytest.fixture(scope="session")
def printed() -> Callable[..., str]:
    """The source of outputs, as a Program prints it: with the derivatives, through all passes."""

    def text(outputs, inputs, parameters=(), wrt=None, language="python"):
        tape = tape_of(outputs, inputs, parameters)
        leaves = {None: range(0), "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
        tape = fuse(simplify(with_numbers(tape)))
        if leaves:
            tape = fuse(simplify(derive(with_line_labels(tape), leaves)))
        return source(tape, language, name="value", wrt=leaves)

    return text


@pytest.fixture(scope="session")
def run_python() -> Callable[..., Any]:
    """Run source as all that there is: no module but math can be imported."""

    def only_math(name, *rest):
        assert name == "math"
        return math

    def run(text, *arguments):
        builtins = {"__import__": only_math, "abs": abs, "any": any, "sorted": sorted, "sum": sum}
        namespace = {"__builtins__": builtins}
        exec(text, namespace)
        return namespace["value"](*arguments)

    return run


@pytest.fixture(scope="session")
def run_javascript() -> Callable[[str, list[Any]], list[Any]]:
    """Run source for each list of arguments, in one process of node. JSON has no inf and nan, so these go as text."""
    if shutil.which("node") is None:
        pytest.skip("needs node")

    def run(text, calls):
        data = re.sub("-?Infinity|NaN", lambda special: f'"{special[0]}"', json.dumps(calls))
        text += f"""
const revived = (key, x) => (typeof x === "string" ? Number(x) : x);
const calls = JSON.parse({data!r}, revived);
const written = (key, x) => (typeof x === "number" ? String(x) : x);
console.log(JSON.stringify(calls.map((call) => value(...call)), written));
"""
        node = subprocess.run(
            ["node", "--input-type=module", "-"], input=text, capture_output=True, text=True, check=True
        )
        return numbers(json.loads(node.stdout))

    def numbers(x):
        return [numbers(item) for item in x] if isinstance(x, list) else float(x.replace("Infinity", "inf"))

    return run


@pytest.fixture(scope="session")
def run_printed(request: pytest.FixtureRequest) -> Callable[[str, str, list[float]], Any]:
    """Run source in a language at one point."""

    def run(language, text, point):
        if language == "python":
            return request.getfixturevalue("run_python")(text, point)
        return request.getfixturevalue("run_javascript")(text, [[point]])[0]

    return run


@pytest.fixture(scope="session")
def same() -> Callable[[float, float, float], bool]:
    """Whether two numbers differ by no more than a tolerance; NaN is NaN."""

    def compare(got, wanted, tolerance):
        if math.isnan(wanted) or math.isnan(got):
            return math.isnan(wanted) and math.isnan(got)
        return got == wanted or abs(got - wanted) <= tolerance

    return compare
