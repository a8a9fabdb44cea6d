"""The table of docs/conventions.md, executed: what the page says at an edge is what happens there."""

import math
import re
from pathlib import Path

import pytest

from autodiff import DomainError, Value, dot, gradients, jvp, parse
from autodiff import sum as total

PAGE = (Path(__file__).parents[2] / "docs" / "conventions.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.splitlines() if line.startswith("|")]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES[2:]]

# What a result passes through unchanged: nothing, and the wide primitives.
THROUGH = {"itself": lambda out: out, "sum": lambda out: total([out]), "dot": lambda out: dot([out], [1.0])}

each_row = pytest.mark.parametrize(
    ("formula", "at", "value", "derivatives", "why"), ROWS, ids=[" ".join(r[:2]) for r in ROWS]
)


def number(text):
    """A number as the table writes it: 0, 1/2, pi, inf."""
    return parse(text).data


def variables(at):
    """The Values of a cell such as `x = 0, y = 2`."""
    return {name: Value(number(text)) for name, text in re.findall(r"(\w) = ([^,]+)", at)}


def same(got, wanted):
    return got == wanted or (math.isnan(got) and math.isnan(wanted))


@pytest.mark.parametrize("through", THROUGH.values(), ids=THROUGH.keys())
@each_row
def test_a_row_of_the_conventions_is_what_happens(formula, at, value, derivatives, why, through):
    operands = variables(at)
    if value == "DomainError":
        with pytest.raises(DomainError):
            parse(formula.strip("`"), **operands)
        return
    output = through(parse(formula.strip("`"), **operands))
    output.backward()
    wanted = [number(text) for text in re.split(r", (?![^(]*\))", derivatives)]
    assert same(output.data, number(value))
    assert len(wanted) == len(operands)
    assert all(map(same, [operand.grad for operand in operands.values()], wanted))


@each_row
def test_a_row_holds_for_derivatives_that_are_graphs_and_in_forward_mode(formula, at, value, derivatives, why):
    if value == "DomainError":
        return
    operands = variables(at)
    wanted = [number(text) for text in re.split(r", (?![^(]*\))", derivatives)]
    by_graph = gradients(parse(formula.strip("`"), **operands), [*operands.values()])
    for slope, expected in zip(map(float, by_graph), wanted, strict=True):
        assert same(slope, expected) or (math.isnan(expected) and math.isinf(slope))  # NaN / 0 has the slope 1/0
    point = [x.data for x in operands.values()]
    for i, slope in enumerate(wanted):
        tangents = [float(i == j) for j in range(len(point))]

        def f(*xs):
            return parse(formula.strip("`"), **dict(zip(operands, xs, strict=True)))

        moved = jvp(f, point, tangents)[1]
        is_lost = math.isnan(moved) and not all(map(math.isfinite, wanted))  # inf * 0, where another does not move
        assert same(moved, slope) or is_lost


@each_row
def test_a_row_is_complete(formula, at, value, derivatives, why):
    assert formula.startswith("`")
    assert at
    assert why
    assert (derivatives == "") is (value == "DomainError")


def test_the_page_has_one_table_with_these_columns():
    assert LINES[0] == "| formula | at | value | derivatives | why |"
    assert len(ROWS) > 70
    assert "\n".join(LINES) in PAGE


def test_an_infinite_slope_times_zero_is_nan():
    x = Value(0.0)
    parse("sqrt(x**2)", x=x).backward()
    assert math.isnan(x.grad)
