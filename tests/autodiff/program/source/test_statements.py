"""Where a statement is broken: lines have at most 100 columns, and a line that just fits is not broken."""

import pytest

from autodiff.program.source.dialects import JAVASCRIPT, PYTHON
from autodiff.program.source.statements import StatementWriter

LANGUAGES = pytest.mark.parametrize("dialect", [PYTHON, JAVASCRIPT], ids=["python", "javascript"])


def written(dialect, formula, comment=""):
    writer = StatementWriter(dialect)
    writer.assign("z", [formula], comment)
    return writer.lines


def room(dialect, comment=""):
    """How many characters of a formula fit beside its comment."""
    (line,) = written(dialect, "x", comment)
    return 100 - len(line) + 1


@LANGUAGES
def test_a_comment_stands_beside_its_statement_if_it_just_fits_and_above_if_not(dialect):
    n = room(dialect, "the sum")
    (line,) = written(dialect, "x" * n, "the sum")
    assert len(line) == 100
    assert line.endswith("  " + dialect.comment + " the sum")
    above, line = written(dialect, "x" * (n + 1), "the sum")
    assert above == f"{dialect.indent}{dialect.comment} the sum"
    assert line == written(dialect, "x" * (n + 1))[0]


@LANGUAGES
def test_a_comment_that_just_fits_a_line_stands_above_and_a_longer_one_nowhere(dialect):
    widest = 100 - len(dialect.indent) - 3  # three columns for the sign of a comment and a space
    assert len(written(dialect, "x", "c" * widest)) == 2
    assert written(dialect, "x", "c" * (widest + 1)) == written(dialect, "x")


@LANGUAGES
def test_a_formula_that_just_fits_is_one_line(dialect):
    n = room(dialect)
    assert len(written(dialect, "x" * (n - 4) + " + y")) == 1
    broken = written(dialect, "x" * (n - 3) + " + y")
    assert len(broken) > 1
    assert all(len(line) <= 100 for line in broken)


@LANGUAGES
def test_a_long_formula_is_cut_as_far_outside_as_possible(dialect):
    product = "(" + " + ".join(["aaaaaaaa"] * 4) + ") * bbbbbbbb"
    first, *middle, last = written(dialect, " + ".join([product] * 3))
    indent = dialect.indent
    assert first == f"{indent}{'const ' if dialect is JAVASCRIPT else ''}z = ("
    assert [line.strip() for line in middle] == [product, f"+ {product}", f"+ {product}"]
    assert last == f"{indent}){';' if dialect is JAVASCRIPT else ''}"


@LANGUAGES
def test_a_piece_that_just_fits_is_not_cut_within(dialect):
    widest = 100 - 2 * len(dialect.indent)
    piece = "f(" + "x" * (widest - 8) + " + yy)"
    lines = written(dialect, f"{piece} - {'z' * 40}")
    assert len(lines[1]) == 100
    assert lines[1].strip() == piece


@LANGUAGES
def test_names_that_just_fit_are_taken_in_one_line_and_more_as_many_on_a_line_as_fit(dialect):
    def unpacked(names):
        writer = StatementWriter(dialect)
        writer.unpack(names, "inputs")
        return writer.lines

    (line,) = unpacked(["x", "y"])
    longer = "y" * (101 - len(line))
    assert [len(line) for line in unpacked(["x", longer])] == [100]
    for names in (["x", longer + "y"], ["abcdefghij"] * 12):
        first, *middle, last = unpacked(names)
        expected = ("const [", "] = inputs;") if dialect is JAVASCRIPT else ("(", ") = inputs")
        assert (first, last) == tuple(dialect.indent + text for text in expected)
        assert " ".join(line.strip() for line in middle) == " ".join(f"{name}," for name in names)
        assert len(middle) == 1 + (len(names) > 2)
        assert max(map(len, middle)) <= 100


def test_a_question_is_no_bracket():
    sums = " + ".join(["aaaaaaaa"] * 4)
    lines = written(JAVASCRIPT, f"(x > y ? {sums} : {sums}) - ({sums} + {sums})")
    assert [line.strip() for line in lines[1:-1]] == [f"(x > y ? {sums} : {sums})", f"- ({sums} + {sums})"]
