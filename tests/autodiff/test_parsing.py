"""A formula in text becomes the graph that Python's own arithmetic would have recorded, or one clear error."""

import math
import sys
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autodiff import DomainError, ExpressionError, Value, counts, parse, parsing

long = pytest.mark.skipif(sys.platform == "emscripten", reason="there Python's own parser needs more than the stack")

# ------------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    "formula",
    ["2*x**2*y**3", "x - y/4 + 1", "-x**2", "x**-2", "2**-x", "(x + y)*(x - y)", "+x", "x**y**0.5", "1e-3*x", "0x10*x"],
)
def test_arithmetic_means_what_it_means_in_python(formula):
    x, y = 1.5, 2.0
    assert parse(formula, x=x, y=y).data == eval(formula, {"x": x, "y": y})


@pytest.mark.parametrize(
    ("formula", "want"),
    [
        ("exp(-x)", math.exp(-2.0)),
        ("maximum(x, 3)", 3.0),
        ("sum(x, 1, x)", 5.0),
        ("logsumexp(x)", 2.0),
        ("abs(neg(x))", 2.0),
        ("pow(x, 3)", 8.0),
        ("sin(pi)", math.sin(math.pi)),
        ("log(e)", 1.0),
        ("x + inf", math.inf),
    ],
)
def test_functions_of_the_table_and_constants_are_known_by_name(formula, want):
    assert parse(formula, x=2).data == want


@pytest.mark.parametrize(
    ("formula", "name", "want"),
    [
        ("maximum(x, y)", "maximum", 2.0),
        ("maximum(x, y, 3)", "largest", 3.0),
        ("minimum(x, y)", "minimum", 1.0),
        ("minimum(x, y, 3)", "smallest", 1.0),
    ],
)
def test_the_largest_and_the_smallest_of_more_than_two_are_found_too(formula, name, want):
    output = parse(formula, x=1.0, y=2.0)
    assert (output.primitive.name, output.data) == (name, want)


def test_the_gradient_reaches_the_values_passed_in():
    x, y = Value(1.0), Value(2.0)
    parse("2*x**2*y**3", x=x, y=y).backward()
    assert (x.grad, y.grad) == (32.0, 24.0)


def test_a_number_becomes_a_leaf_labelled_with_its_name():
    output = parse("x*x", x=3)
    assert output.operands[0] is output.operands[1]
    assert (output.operands[0].label, output.operands[0].is_constant) == ("x", False)


def test_a_value_is_used_as_it_is():
    x = Value(3.0, "my own label")
    assert parse("x", x=x) is x


def test_a_part_without_variables_is_folded_to_one_constant():
    assert counts(parse("(1 + 2*3)*x", x=1)) == {"constant": 1, "leaf": 1, "mul": 1}


def test_a_formula_of_numbers_alone_is_a_leaf():
    assert (parse("1/2").data, parse("1/2").is_leaf) == (0.5, True)


def test_a_variable_hides_a_constant_of_its_name():
    assert parse("e + formula", e=1, formula=2).data == 3.0


def test_space_around_and_lines_within_parentheses_do_not_matter():
    assert parse("  (x +\n  1)\n", x=2).data == 3.0


# ------------------------------------------------------------------------------------------ what is refused

READS = "only numbers, names, + - * / ** and functions of the table are read"
FUNCTIONS = (
    "abs, acos, asin, atan, atan2, cbrt, cos, cosh, erf, exp, expm1, hypot, log, log10, log1p, log2, logsumexp, "
    "maximum, minimum, reciprocal, relu, sigmoid, sign, sin, sinh, softplus, sqrt, step, stop_gradient, sum, "
    "tan, tanh, where"
)


@pytest.mark.parametrize(
    ("formula", "message", "column"),
    [
        ("2*x + z", "unknown name 'z'; pass z=... (given: x)", 6),
        ("x^2", "^ is not a power here; write **", 0),
        ("1 + x.data", READS, 4),
        ("1 + x.__class__", READS, 4),
        ("x + (lambda: x)", READS, 5),
        ("x < 1", READS, 0),
        ("2 * 'x'", READS, 4),
        ("2 * True", READS, 4),
        ("2 * None", READS, 4),
        ("2j", READS, 0),
        ("x if x else x", READS, 0),
        ("[x]", READS, 0),
        ("x[0]", READS, 0),
        ("x // 2", READS, 0),
        ("x % 2", READS, 0),
        ("~x", READS, 0),
        ("not x", READS, 0),
        ("x and x", READS, 0),
        ("f'{x}'", READS, 0),
        ("sum(*x)", READS, 4),
        ("exp(x=x)", READS, 0),
        ("(exp)(x)(x)", READS, 0),
        ("...", READS, 0),
        ("1 + open(x)", f"unknown function 'open'; there are {FUNCTIONS}", 4),
        ("1 + __import__(x)", f"unknown function '__import__'; there are {FUNCTIONS}", 4),
        ("dot(x, x)", f"unknown function 'dot'; there are {FUNCTIONS}", 0),
        ("1 + exp(x, x)", "exp: expected 1 argument, got 2", 4),
        ("maximum(x)", "maximum: expected 2 arguments, got 1", 0),
        ("sum()", "sum: expected at least 1 argument, got 0", 0),
        ("x + 1" + "0" * 400, "this integer does not fit a float; write it as 1e400 is written", 4),
        ("é*ü + z", "unknown name 'é'; pass é=... (given: x)", 0),
        ("x*x + ü + z", "unknown name 'ü'; pass ü=... (given: x)", 6),
    ],
)
def test_anything_else_is_refused_and_pointed_at(formula, message, column):
    with pytest.raises(ExpressionError) as error:
        parse(formula, x=1)
    assert str(error.value).split("\n") == [f"parse: {message}", f"    {formula[:100]}", "    " + " " * column + "^"]


@pytest.mark.parametrize(
    ("formula", "column"),
    [("", 0), ("x +", 3), ("x x", 2), ("ü + é é", 6), ("1 +* 2", 3), ("x = 1", 2), ("(x", 0), ("x + ∑", 4)],
)
def test_what_python_cannot_read_is_refused_and_pointed_at(formula, column):
    with pytest.raises(ExpressionError, match=r"^parse: this is not a formula \(") as error:
        parse(formula, x=1)
    assert str(error.value).split("\n")[1:] == [f"    {formula}", "    " + " " * column + "^"]


@pytest.mark.parametrize(
    ("formula", "column"),
    [
        *(("1if x else 2", 0), ("x + 1.if x", 4), ("x*.5and x", 3), ("x + 0x1for x in x", 4), ("1e-5or x", 3)),
        *(
            ("1_0in x", 0),
            ("1jis x", 0),
            ("x*(1_0.e1if", 3),
            ("1.e5or x", 0),
            ("1not in x", 0),
            ("x + 1infinity", 4),
            ("x + '\\d'", 4),
            ('"\\d', 0),
        ),
    ],
)
def test_what_python_warns_of_is_refused_without_a_warning(formula, column):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ExpressionError) as error:
            parse(formula, x=1)
    assert warned == []
    message, _, pointer = str(error.value).splitlines()
    assert message == "parse: only numbers, names, + - * / ** and functions of the table are read"
    assert pointer.index("^") == 4 + column
    assert parse("x1if + 2", x1if=1.0).data == 3.0


def test_the_pointer_counts_characters_after_a_wide_one():
    with pytest.raises(ExpressionError, match=r"unknown name 'z'.*\n    ü\*ü \+ z\n          \^$"):
        parse("ü*ü + z", ü=1)


def test_the_pointer_is_on_the_line_of_the_mistake():
    with pytest.raises(ExpressionError, match=r"\n     z\)\n     \^$"):
        parse("(x +\n z)", x=1)


def test_a_form_feed_is_space_and_no_line():
    with pytest.raises(ExpressionError, match="unknown name 'z'") as error:
        parse("(x +\fz)", x=1)
    assert str(error.value).split("\n")[1:] == ["    (x +\fz)", "         ^"]


def test_of_a_long_formula_the_part_around_the_mistake_is_shown():
    with pytest.raises(ExpressionError) as error:
        parse("x + " * 60 + "z", x=1)
    _, text, pointer = str(error.value).split("\n")
    assert len(text) <= 104
    assert text[pointer.index("^")] == "z"


@long
@pytest.mark.parametrize(
    "formula",
    ["(" * 500 + "x" + ")" * 500, "-" * 50_000 + "x", "+".join("x" * 20_000), "exp(" * 150 + "x" + ")" * 150],
    ids=["parentheses", "minus", "sum", "calls"],
)
def test_a_formula_nested_too_deeply_is_refused(formula):
    with pytest.raises((ExpressionError, DomainError)):
        parse(formula, x=1)


@pytest.mark.parametrize("formula", ["9if9" * 100_000, "x" * 300_000 + "="])
def test_a_long_mistake_is_refused_at_once(formula):
    with pytest.raises(ExpressionError):  # a search from each letter to the end of its word takes hours
        parse(formula, x=1)


def test_a_message_with_a_long_name_is_cut():
    with pytest.raises(ExpressionError) as error:
        parse("x*" + "y" * 5000, x=1)
    message, text, pointer = str(error.value).splitlines()
    assert (message[:26], len(message), message[-2:]) == ("parse: unknown name 'yyyyy", 1008, "y…")
    assert (len(text), pointer.index("^")) == (104, 6)


def test_a_number_of_more_digits_than_python_reads_is_refused():
    with pytest.raises(ExpressionError, match=r"^parse: this is not a formula \(Exceeds the limit"):
        parse("9" * 5000)


def test_a_domain_error_comes_out_as_it_is(refuses):
    with refuses(DomainError, "log: expected x > 0, got x = 0.0; check or clamp the operand first"):
        parse("log(x)", x=0)


@pytest.mark.parametrize("formula", [None, 1, b"x", ["x"]], ids=repr)
def test_a_formula_is_a_str(formula, refuses):
    message = f"parse: expected a formula as str, got {type(formula).__name__}; write it in quotes"
    with refuses(TypeError, message):
        parse(formula)


def test_a_variable_is_a_real_number(refuses):
    message = "Value: expected a real number, got str '1'; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        parse("x", x="1")


ALPHABET = st.sampled_from(
    [*"xyz0123456789.+-*/^%()[]{},:=<>!~@'\"\\ \n\r\t\f\v\0#eéЖ∑_", "exp(", "log(", "**", "sum("]
)


@given(st.text() | st.lists(ALPHABET, max_size=20).map("".join))
@example("\ud800")
@example("x\0")
@example("(x\f+\n éé")
@example("(é\f\v+\né é")
@example("(1,\u2028z)")
@example("'\\N{'")
@example("1__0")
def test_no_text_raises_anything_but_the_two_errors(text):
    try:
        output = parse(text, x=1, y=0)
    except (ExpressionError, DomainError):
        return
    assert isinstance(output, Value)


@pytest.mark.parametrize("name", ["µ", "ϕ", "ϵ", "ℓ", "𝑥", "xₙ", "ﬁt", "é", "e\u0301"])
def test_a_name_is_compared_as_python_reads_it(name):
    output = parse(f"2*{name}", **{name: 3.0})
    assert output.data == 6.0
    assert output.operands[1].label == name


def test_two_names_that_python_reads_alike_are_refused(refuses):
    both = {"\N{GREEK SMALL LETTER MU}": 1.0, "\N{MICRO SIGN}": 2.0}
    with refuses(ValueError, "parse: expected each variable once, got 'μ' twice, as 'µ' too"):
        parse("2", **both)


@long
def test_a_sum_of_many_terms_is_no_deeper_than_one_of_two():
    assert parse("+".join(["x"] * 2000), x=1).data == 2000.0


def test_a_misspelt_function_is_answered_with_the_one_that_was_meant():
    with pytest.raises(ExpressionError, match=r"unknown function 'sgimoid'; did you mean sigmoid\?"):
        parse("sgimoid(x)", x=1)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("ln(x)", "unknown function 'ln'; write log(x)"),
        ("min(x, 1)", "unknown function 'min'; write minimum(x, y)"),
        ("sqr(x)", "unknown function 'sqr'; write x**2"),
        ("x(x + 1)", "unknown function 'x'; a product needs a sign; write x*(...)"),
        ("1 + 2x", "this is not a formula: a product needs a sign; write 2*x"),
        ("x**2.5pi", "this is not a formula: a product needs a sign; write 2.5*pi"),
        ("x*lambda", "this is not a formula: lambda is a word of Python and no name; call it lambda_"),
        ("2 * sin x", "this is not a formula: a function needs parentheses; write sin(x)"),
        ("0xg", "this is not a formula (invalid hexadecimal literal)"),
    ],
)
def test_what_people_write_elsewhere_is_told_as_it_is_written_here(formula, message):
    with pytest.raises(ExpressionError) as error:
        parse(formula, x=2.0)
    assert str(error.value).splitlines()[0] == f"parse: {message}"


def test_the_advice_is_a_formula_for_the_same_number():
    x, y = 0.5, 2.0
    got = {name: parse(advice, x=x, y=y).data for name, advice in parsing._WRITTEN.items()}
    expected = {
        "ln": math.log(x), "min": x, "max": y, "sqr": 0.25, "pow": 0.25,
        "cot": 1 / math.tan(x), "sec": 1 / math.cos(x), "csc": 1 / math.sin(x),
    }  # fmt: skip
    assert got == pytest.approx(expected, rel=1e-15)


def test_a_mistake_is_pointed_at_in_its_line():
    with pytest.raises(ExpressionError) as error:
        parse("(2or x +\n  x)", x=1)
    assert str(error.value).splitlines()[1:] == ["    (2or x +", "     ^"]


def test_an_operand_outside_its_domain_is_called_as_the_formula_calls_it(refuses):
    with refuses(DomainError, "div: expected b - 1 != 0, got a = 1.0, b - 1 = 0.0; check or clamp the operand first"):
        parse("a / (b - 1)", a=1, b=1)
