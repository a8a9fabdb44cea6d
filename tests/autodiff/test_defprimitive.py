"""`defprimitive`: a user's own primitive, in every mode."""

import math

import numpy as np
import pytest
from hypothesis import given

import viz
from autodiff import Program, Value, defprimitive, exp, grad, hessian, jvp, log, step, where
from autodiff.testing import check_gradients, points

erf = defprimitive("erf", math.erf, lambda out, x: 2.0 / math.sqrt(math.pi) * exp(-(x**2)), symbol="erf(x)")
fma = defprimitive(
    "fma", lambda x, y, z: x * y + z, [lambda out, x, y, z: y, lambda out, x, y, z: x, lambda out, x, y, z: 1.0]
)
xlogy = defprimitive(
    "xlogy",
    lambda x, y: x * math.log(y),
    [lambda out, x, y: log(y), lambda out, x, y: x / y],
    domain=[[(-math.inf, math.inf)], [(0.0, math.inf)]],
    requires="y > 0",
)


@pytest.mark.parametrize("primitive", [erf, fma, xlogy], ids=repr)
def test_it_passes_the_check_of_all_modes(primitive):
    @given(points(primitive))
    def check(point):
        check_gradients(primitive, *point)

    check()


def test_it_is_a_function_of_plain_numbers():
    assert (erf(0), fma(2, 3, 4), type(erf(0))) == (0.0, 10.0, float)


def test_it_works_in_reverse_forward_and_second_order():
    slope = 2.0 / math.sqrt(math.pi)
    x = Value(0.0)
    erf(x).backward()
    assert x.grad == jvp(erf, (0.0,), (1.0,))[1] == grad(erf)(0.0) == slope
    assert hessian(lambda p: fma(p[0], p[1], p[0]))([2.0, 3.0]) == [[0.0, 1.0], [1.0, 0.0]]


def test_every_operand_of_three_gets_its_gradient():
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    fma(a, b, c).backward()
    assert (a.grad, b.grad, c.grad) == (3.0, 2.0, 1.0)


def test_its_words_say_whose_it_is_and_where_it_is_from():
    sourced = defprimitive("scaled", lambda x: 2.0 * x, lambda out, x: 2.0, source="a book, section 3")
    assert erf.words == "A primitive of the user."
    assert sourced.words == "A primitive of the user: a book, section 3."


def test_a_drawing_shows_its_symbol():
    assert "erf(x)" in viz.draw(erf(Value(1.0))).source


def test_outside_its_domain_is_a_domain_error_with_the_label(refuses):
    with pytest.raises(ValueError, match=r"^xlogy: expected y > 0, got x = 2.0, y = 0.0 \('p'\); check or clamp"):
        xlogy(2.0, Value(0.0, "p"))


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((1.0, exp), {}, TypeError, "defprimitive: expected forward to be functions, got float"),
        ((math.erf, [1.0]), {}, TypeError, "defprimitive: expected partials to be functions, got float"),
        ((math.erf, exp), {"kink": 0.0}, TypeError, "defprimitive: expected kink to be functions, got float"),
        ((math.erf, []), {}, ValueError, "defprimitive: expected a partial for each operand, got none"),
        (
            (math.erf, [exp]),
            {"domain": [[(0.0, 1.0)], [(0.0, 1.0)]]},
            ValueError,
            "defprimitive: expected a domain for each of 1 operands, got 2",
        ),
    ],
)
def test_misuse_is_refused(arguments, options, kind, message, refuses):
    with refuses(kind, message):
        defprimitive("name", *arguments, **options)


def test_a_derivative_without_a_value_is_a_domain_error_that_names_the_primitive():
    cbrt = defprimitive("cbrt", math.cbrt, lambda out, x: 1 / (3 * out * out))
    assert cbrt(0.0) == 0.0
    with pytest.raises(ValueError, match=r"^cbrt: the derivative has no value at x = 0.0 \('v'\); check or clamp"):
        cbrt(Value(0.0, "v"))


def test_a_result_that_is_no_number_is_refused(refuses):
    nothing = defprimitive("nothing", lambda x: None, lambda out, x: 1.0)
    message = "nothing: expected a real number, got NoneType None; pass an int or a float (use float(...) to convert)"
    with refuses(TypeError, message):
        nothing(Value(1.0))


def test_a_result_of_another_number_type_is_kept_as_a_float():
    assert type(defprimitive("one", lambda x: 1, lambda out, x: 0.0)(Value(1.0)).data) is float


def test_a_domain_that_is_not_a_list_of_intervals_is_refused(refuses):
    message = (
        "defprimitive: expected domain to list the intervals of each operand, as in [[(0.0, 1.0)]], got [(0.0, 1.0)]"
    )
    with refuses(ValueError, message):
        defprimitive("f", math.log, log, domain=[(0.0, 1.0)])


bent = defprimitive(  # a name of the table, and numbers where machine code needs vectors
    "exp",
    None,
    [lambda out, x, y: 2.0 * x * y + step(x), lambda out, x, y: x**2],
    kink=lambda x, y: x,
    formula="z = x**2\nz * y + (maximum(0, x) if 0 <= x or x != x else log(1) * x)",
    source="a test",
)
chosen = defprimitive(
    "chosen",
    None,
    [lambda out, x, y, z: 0.0, lambda out, x, y, z: where(x, 2.0 * y, 0.0), lambda out, x, y, z: where(x, 0.0, 1.0)],
    kink=lambda x, y, z: x,
    formula="where(x, pow(y, 1 + 1), z)",
)


@pytest.mark.parametrize("primitive", [bent, chosen], ids=repr)
def test_one_with_a_formula_passes_the_check_of_all_modes(primitive):
    @given(points(primitive))
    def check(point):
        check_gradients(primitive, *point)

    check()


POINTS = [[1.5, 2.0], [-1.0, 3.0], [0.0, -1.0], [math.nan, 1.0], [math.inf, 1.0]]


def values_and_slopes(x, y):
    value = x * x * y + (x if x > 0.0 else 0.0 * x)
    return [value + math.exp(x), 2.0 * x * y + (x / x if x > 0.0 else x * 0.0) + math.exp(x), x * x]


@pytest.mark.parametrize("run", ["python", "arrays", "llvm", "auto", "printed python", "printed numpy", "jax"])
def test_a_formula_gives_every_backend_and_language(run):
    x, y = Value(1.0, "own_exp"), Value(2.0, "exp")  # names that the code uses
    program = Program(bent(x, y) + exp(x), [x, y], backend=run if run in ("python", "arrays", "llvm") else "auto")
    rows = POINTS[:3]
    if run.startswith("printed"):
        namespace = {}
        exec(program.source(run.split()[1], wrt="inputs"), namespace)
        f = namespace["value_and_grad"]
        got = [[value, *slopes] for value, slopes in map(f, rows)] if run == "printed python" else None
        values, slopes = f(np.array(rows), np.zeros(0)) if got is None else (None, None)
    elif run == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        in_jax = jax.vmap(jax.value_and_grad(program.to_jax()), (0, None))
        values, slopes = in_jax(np.array(rows), np.zeros(0))
        got = None
    else:
        assert program.backend == ("llvm" if run == "auto" else run)
        values, slopes = program.value_and_grad(rows)
        got = None
    got = np.column_stack([values, slopes]) if got is None else np.array(got)
    np.testing.assert_allclose(got, [values_and_slopes(*row) for row in rows], rtol=1e-15, atol=1e-15)


def test_a_formula_goes_into_pictures_too():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    assert "exp(x, y)" in str(viz.derive(bent(x, y) * 1.0, x))


def test_a_program_with_two_primitives_of_one_name_is_not_printed():
    one, other = [defprimitive("f", None, lambda out, x: x, formula=text) for text in ("x * x", "x * (x + 1)")]
    x = Value(1.0)
    program = Program(one(one(x)) * other(x), [x])
    assert program([2.0]) == 16.0 * 6.0
    for language in ("python", "javascript", "numpy"):
        with pytest.raises(ValueError, match="source: expected primitives of different names, got two called 'f'"):
            program.source(language)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("x +", "defprimitive: expected a formula, got 'x +': invalid syntax (<unknown>, line 1)"),
        ("open(x)", "defprimitive: expected x, y, z, parts and functions of the table, got 'open'"),
        ("x * w", "defprimitive: expected x, y, z, parts and functions of the table, got 'w'"),
        ("log = x\nlog", "defprimitive: expected x, y, z, parts and functions of the table, got 'log'"),
        ("x + y", "defprimitive: expected a partial for each of 2 operands in the formula, got 1"),
        ("2", "defprimitive: expected a partial for each of 0 operands in the formula, got 1"),
        ("x + log(0)", "defprimitive: expected a formula, got 'x + log(0)': math domain error"),
        ("[x]", "formula: expected arithmetic, comparisons and functions, got '[x]'"),
        ("x.real", "defprimitive: expected x, y, z, parts and functions of the table, got 'x.real'"),
        ("x * 'a'.__len__()", "defprimitive: expected x, y, z, parts and functions of the table, got \"'a'.__len__\""),
    ],
)
def test_what_is_no_formula_is_refused(formula, message, refuses):
    with refuses(ValueError, message):
        defprimitive("a", None, lambda out, x: x, formula=formula)


def test_a_formula_takes_the_place_of_a_function(refuses):
    with refuses(TypeError, "defprimitive: expected a function or a formula, got both; pass None as forward"):
        defprimitive("a", math.exp, lambda out, x: x, formula="x")
    with refuses(ValueError, "defprimitive: expected a name that can be printed as code, got 'x log y'"):
        defprimitive("x log y", None, lambda out, x: x, formula="x")
    with refuses(TypeError, "defprimitive: expected forward to be functions, got NoneType"):
        defprimitive("a", None, lambda out, x: x)
