"""The table of docs/conventions.md, executed on every backend and in every printed language."""

import importlib.util
import json
import math
import re
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest

from autodiff import Program, Value, parse

PAGE = (Path(__file__).parents[3] / "docs" / "conventions.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.splitlines() if line.startswith("|")][2:]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES]
INSIDE = [row for row in ROWS if row[2] != "DomainError"]
OUTSIDE = [row for row in ROWS if row[2] == "DomainError"]


def number(text):
    """A number as the table writes it: 0, 1/2, pi, inf."""
    return parse(text).data


def program_of(row, backend="python", recorded_at=None):
    """The program of a row, and its point. It is recorded at the point of the row, or at another."""
    formula, at, *_ = row
    named = [(name, number(text)) for name, text in re.findall(r"(\w) = ([^,]+)", at)]
    variables = {name: Value(x if recorded_at is None else recorded_at) for name, x in named}
    output = parse(formula.strip("`"), **variables)
    return Program(output, inputs=[*variables.values()], backend=backend), [x for _, x in named]


def wanted(row):
    """The value and the derivatives of a row."""
    return [number(row[2]), *[number(text) for text in re.split(r", (?![^(]*\))", row[3])]]


def same(got, expected):
    """Equal to 4 ulp, for the logarithms of different libraries; NaN to NaN."""
    return len(got) == len(expected) and all(
        a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 4 * math.ulp(b)
        for a, b in zip(got, expected, strict=True)
    )


def in_python(row):
    program, point = program_of(row)
    namespace = {}
    exec(program.source("python", wrt="inputs"), namespace)
    value, slopes = namespace["value_and_grad"](point)
    return [value, *slopes]


def in_numpy(row):
    """Printed numpy code, which warns of nothing."""
    program, point = program_of(row)
    namespace = {}
    exec(program.source("numpy", wrt="inputs"), namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, slopes = namespace["value_and_grad"](np.array([point]), np.array([]))
    return [float(value[0]), *slopes[0].tolist()]


def on(backend, recorded_at=None):
    def run(row):
        program, at = program_of(row, backend, recorded_at)
        value, slopes = program.value_and_grad(at)
        return [float(value), *np.asarray(slopes).tolist()]

    return run


def in_jax(row):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    program, point = program_of(row)
    value, slopes = jax.value_and_grad(program.to_jax())(np.array(point), np.array([]))
    return [float(value), *np.asarray(slopes).tolist()]


EVERYWHERE = {
    **{backend: on(backend) for backend in ("python", "llvm", "arrays")},
    "recorded elsewhere": on("python", 0.5),
    "printed Python": in_python,
    "printed numpy": in_numpy,
}
if importlib.util.find_spec("jax"):
    EVERYWHERE["jax"] = in_jax


@pytest.mark.full
@pytest.mark.parametrize("run", EVERYWHERE.values(), ids=EVERYWHERE.keys())
@pytest.mark.parametrize("row", INSIDE, ids=[" ".join(row[:2]) for row in INSIDE])
def test_a_row_of_the_conventions_is_what_happens_everywhere(row, run):
    if run is in_python and row[:2] == ["`x/y`", "x = nan, y = 0"]:
        with pytest.raises(ZeroDivisionError):  # as Python has it: so the page says of printed Python
            run(row)
    else:
        assert same(run(row), wanted(row))


def test_every_row_is_what_happens_in_printed_javascript():
    calls = []
    for row in INSIDE:
        program, point = program_of(row)
        text = program.source("javascript", wrt="inputs")
        numbers = ", ".join([repr(x).replace("inf", "Infinity").replace("nan", "NaN") for x in point])
        calls.append(f"(() => {{\n{text}\nreturn value_and_grad([{numbers}]);\n}})()")
    flat = f"console.log(JSON.stringify([{', '.join(calls)}].map(([v, d]) => [v, ...d].map(String))))"
    out = subprocess.run(["node", "-"], input=flat, capture_output=True, text=True, check=True).stdout
    for row, texts in zip(INSIDE, json.loads(out), strict=True):
        got = [float(text.replace("Infinity", "inf")) for text in texts]
        assert same(got, wanted(row)), row


@pytest.mark.parametrize("row", OUTSIDE, ids=[" ".join(row[:2]) for row in OUTSIDE])
def test_printed_python_raises_outside_the_domain(row):
    program, point = program_of(row, recorded_at=0.5)
    namespace = {}
    exec(program.source("python"), namespace)
    with pytest.raises((ArithmeticError, ValueError)):
        namespace["value"](point)
