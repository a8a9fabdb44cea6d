"""Names and numbers in printed code: labels become identifiers that clash with nothing, numbers are exact."""

import keyword
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import Value, exp, sigmoid
from autodiff.program.recording.record import tape_of
from autodiff.program.source.function import source
from autodiff.program.source.identifiers import Names, identifier

EPS = sys.float_info.epsilon


AWKWARD = ["", "lambda", "class", "let", "sum", "exp", "sigmoid", "inputs", "parameters", "f", "value", "v1", "d_a"]


AWKWARD += [
    "a",
    "a",
    "ŷ",
    "θ₁",
    "∂a",
    "2x",
    "a.b[3]",
    "+",
    "#3",
    "x0",
    "__builtins__",
    "Math",
    "undefined",
    "ﬁ",
    'a"\n',
]


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_any_label_becomes_a_name_that_clashes_with_none(language, printed, run_printed, same):
    leaves = [Value(1.0 + i / 8, label) for i, label in enumerate(AWKWARD)]
    total = Value(0.0)
    for leaf in leaves:
        total = total + sigmoid(leaf) * exp(-leaf)
        total.label = leaf.label
    total.backward()
    text = printed([total], leaves, wrt="inputs", language=language)
    value, gradient = run_printed(language, text, [leaf.data for leaf in leaves])
    assert same(value, total.data, 100 * EPS)  # 28 terms below 1
    assert all(same(got, leaf.grad, 100 * EPS) for got, leaf in zip(gradient, leaves, strict=True))


@given(st.text(max_size=8))
def test_a_label_becomes_an_identifier(label):
    name = identifier(label)
    assert name == "" or (name.isidentifier() and not keyword.iskeyword(Names().new(name)))


def test_names_are_those_that_one_would_choose():
    names = Names()
    assert [names.new(name) for name in ["a", "a", "lambda", "lambda", "sum", "a_2"]] == [
        "a",
        "a_2",
        "lambda_",
        "lambda__2",
        "sum_",
        "a_2_2",
    ]
    assert [names.numbered("v"), names.new("v2"), names.numbered("v")] == ["v1", "v2", "v3"]


@pytest.mark.parametrize("number", [2.0, -2.0, 0.1, -0.0, 1e16, 1e300, 5e-324, math.inf, -math.inf, math.nan])
def test_a_number_is_written_exactly(number, run_python, same):
    x = Value(1.0, "x")
    for output, wanted in [(Value(number), number), (x * Value(number), number)]:
        tape = tape_of([output], [x])
        got = run_python(source(tape, "python", name="value"), [1.0])
        assert isinstance(got, float)
        assert same(got, wanted, 0.0)
        assert math.isnan(number) or math.copysign(1.0, got) == math.copysign(1.0, number)
