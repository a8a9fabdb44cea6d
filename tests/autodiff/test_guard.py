"""No number that depends on what is differentiated leaves a graph in silence, in whatever way it is taken out."""

import math
import random
import threading

import numpy as np
import pytest

import autodiff
from autodiff import Value, defprimitive, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad
from autodiff.guard import Guard, described, line_of_user

HINT = "the functions of autodiff, such as autodiff.exp"


def message(who, line, hint=HINT):
    """The error, but for the number of the line."""
    return (
        rf"{who}: `{line}` (line N of test_guard.py) makes a plain number of a Value that depends on an argument, "
        f"and its derivative would be lost; use {hint}, or v.data for a number that is to be constant"
    )


def text_of(error):
    """The text of an error, with N for the number of the line."""
    before, _, after = str(error.value).partition("(line ")
    return f"{before}(line N {after.partition(' ')[2]}"


def test_the_error_names_the_line_and_the_function_to_use():
    def f(x):
        return x * math.exp(2 * x)

    with pytest.raises(TypeError) as error:
        grad(f)(1.0)
    assert text_of(error) == message("grad", "return x * math.exp(2 * x)", "autodiff.exp")


def into_a_float_array(x):
    numbers = np.zeros(2)
    numbers[0] = x * 2.0
    return x * numbers.sum()


WAYS_OUT = {
    "math": lambda x: math.exp(2 * x),
    "math of the argument": math.sin,
    "math with a factor": lambda x: x * math.exp(2 * x),
    "float": lambda x: float(x * x) + x,
    "round": lambda x: round(2 * x) * x,
    "round to digits": lambda x: round(2 * x, 3) * x,
    "floor": lambda x: math.floor(2 * x) * x,
    "two operands of math": lambda x: math.hypot(x, 1.0) * x,
    "float array": lambda x: np.array([2 * x, 3 * x], float).sum() * x,
    "asarray": lambda x: np.asarray([x, x], dtype=np.float64)[0] * x,
    "assignment into a float array": into_a_float_array,
    "an inner node": lambda x: (lambda y: y * math.tanh(y))(autodiff.exp(x)),
    "a node whose derivative is 0": lambda x: x * math.sqrt(autodiff.step(x)),
}
TRANSFORMS = {
    "grad": lambda f: grad(f)(1.2),
    "value_and_grad": lambda f: value_and_grad(f)(1.2),
    "jacobian": lambda f: jacobian(f)(1.2),
    "hessian": lambda f: hessian(f)(1.2),
    "jvp": lambda f: jvp(f, (1.2,), (1.0,)),
    "hvp": lambda f: hvp(f, (1.2,), (1.0,)),
    "grad of grad": lambda f: grad(grad(f))(1.2),
    "grad at a Value": lambda f: grad(f)(Value(1.2)),
}


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_every_way_out_is_refused_by_every_transform(transform, way):
    with pytest.raises(TypeError, match="makes a plain number of a Value that depends on an argument"):
        TRANSFORMS[transform](WAYS_OUT[way])


def test_reading_data_and_comparing_by_order_are_meant():
    assert grad(lambda x: x * x.data)(3.0) == 3.0
    assert grad(lambda x: x * x if x > 0.0 else -x)(3.0) == 6.0


def test_a_value_that_does_not_depend_on_the_arguments_may_become_a_number():
    w = Value(2.0)
    assert grad(lambda x: x * math.exp(w * w))(3.0) == math.exp(4.0)
    assert grad(lambda x, y: x * math.exp(y), argnums=0)(3.0, Value(0.5)).data == math.exp(0.5)


def test_the_inner_of_two_transforms_does_not_lose_the_argument_of_the_outer():
    with pytest.raises(TypeError, match=r"^grad: "):
        grad(lambda x: grad(lambda y: y * math.exp(x))(1.0))(2.0)


def test_outside_a_transform_a_value_becomes_a_number_again():
    with pytest.raises(TypeError):
        grad(math.exp)(1.0)
    assert float(Value(2.0)) == 2.0
    assert math.exp(Value(0.0) * 2.0) == 1.0


def test_another_thread_may_take_out_its_own_numbers():
    numbers = []

    def f(x):
        thread = threading.Thread(target=lambda: numbers.append(math.exp(Value(0.0))))
        thread.start()
        thread.join()
        return x * x

    assert grad(f)(3.0) == 6.0
    assert numbers == [1.0]


def test_a_partial_written_with_math_is_refused_where_it_is_differentiated_again():
    def slope(out, x):
        return math.cos(x)

    sine = defprimitive("sine", math.sin, slope)
    assert grad(sine)(1.0) == math.cos(1.0)
    x = Value(1.0)
    for differentiate, values in (
        (lambda: gradients(sine(x), x), "in the partial of a primitive"),
        (lambda: jvp(sine, (x,), (1.0,)), "in the partial of a primitive"),
        (lambda: grad(grad(sine))(1.0), "that depends on an argument"),
        (lambda: hvp(sine, (1.0,), (1.0,)), "that depends on an argument"),
    ):
        with pytest.raises(TypeError, match=f"a Value {values}, and its derivative would be lost; use autodiff.cos"):
            differentiate()


def test_the_error_can_be_given_outside_any_line_of_code():
    x = Value(1.0)
    with Guard("fit", [x], "a parameter"), pytest.raises(TypeError, match=r"^fit: .* depends on a parameter, and"):
        float(x * 2.0)


# ------------------------------------------------------------------ a random operation replaced by that of `math`

UNARY = ["exp", "sin", "cos", "tanh", "atan", "sinh", "log1p", "sqrt", "expm1"]


def random_expression(rng, depth, functions, taken_out):
    """A random function of x, from a generator of its own; at the node number `taken_out`, math computes."""
    count = [0]

    def build(depth):
        choice = rng.random()
        if depth == 0 or choice < 0.15:
            return lambda x: x
        if choice < 0.25:
            c = rng.uniform(-2.0, 2.0)
            inner = build(depth - 1)
            return lambda x: inner(x) * c
        if choice < 0.65:
            name, inner = rng.choice(UNARY), build(depth - 1)
            here, count[0] = count[0], count[0] + 1
            module = math if here == taken_out else functions
            shift = {"log1p": 3.0, "sqrt": 4.0}.get(name, 0.0)
            scale = {"exp": 0.3, "sinh": 0.3, "expm1": 0.3}.get(name, 0.5)
            function = getattr(module, name)
            return lambda x: function(functions.tanh(inner(x)) * scale + shift)
        left, right = build(depth - 1), build(depth - 1)
        operation = rng.choice([lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b])
        return lambda x: operation(left(x), right(x))

    return build(depth), count


@pytest.mark.parametrize("part", range(6))
def test_a_random_operation_replaced_by_its_twin_of_math_is_refused_wherever_it_stands(part, request):
    n = 50 * request.config.getoption("--fuzz")  # --fuzz 70: 21,000 expressions
    for seed in range(part * n, (part + 1) * n):
        rng = random.Random(seed)
        depth, x = rng.randrange(2, 6), rng.uniform(-1.0, 1.0)
        f, count = random_expression(random.Random(seed), depth, autodiff, None)
        # The difference is off by h**2 f'''/6 and by eps f/h: about 1e-9 for numbers of order 10.
        assert grad(f)(x) == pytest.approx(central_difference(f, x), rel=1e-6, abs=1e-6)
        for taken_out in range(count[0]):
            g, _ = random_expression(random.Random(seed), depth, autodiff, taken_out)
            with pytest.raises(TypeError, match="makes a plain number"):
                grad(g)(x)


def central_difference(f, x, h=1e-5):
    """(f(x + h) - f(x - h)) / 2h"""
    return float(f(x + h) - f(x - h)) / (2.0 * h)


def test_code_that_no_user_wrote_has_no_line():
    assert line_of_user(None) == ("", "")
    assert described("", "") == "code without a line"
    assert described("", "line 3 of f.py") == "line 3 of f.py"
