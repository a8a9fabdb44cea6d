"""Functions to be shown line by line. A comment has the operations that its statement records."""

import random
from functools import reduce
from operator import mul

from programs_helper import squared_distance

from autodiff import Value, dot, exp, maximum, sigmoid, sin, tanh
from nn import MLP


def a_line_each(a, b, c, f):
    e = a * b  # records mul
    d = e + c  # records add
    L = d * f  # records mul
    return L


def several_in_a_line(w, x, b):
    return tanh(w * x + b)  # records mul add tanh


def square(u):
    return u * u  # records mul


def a_function_calls_another(x, y):
    return square(x) + square(x - y)  # records sub add


def cube(u):
    v = square(u)
    return v * u  # records mul


def three_deep(x):
    y = cube(x + 1)  # records add
    return y


def a_loop(h, w):
    for _ in range(3):
        h = tanh(w * h)  # records mul tanh
    return h


def a_while(x):
    n = 0
    while n < 2:
        x = x + exp(x)  # records exp add
        n += 1
    return x


def a_comprehension(xs, ws):
    products = [x * w for x, w in zip(xs, ws, strict=True)]  # records mul
    total = sum(products)  # records add
    return total


def a_generator_expression(xs):
    return sum(x * x for x in xs)  # records mul add


def powers(x, n):
    p = x
    for _ in range(n):
        yield p
        p = p * x  # records mul


def a_generator(x):
    a, b = powers(x, 2)
    return a + b * x  # records mul add


def recursive(x, n=3):
    if n == 0:
        return x + 1  # records add
    return x * recursive(x, n - 1)  # records mul


def augmented(x, y):
    s = x * y  # records mul
    s += x  # records add
    s *= y  # records mul
    return s


def unpacked(x, y):
    (a, b), *rest = (x * y, x + y), x - y  # records mul add sub
    return a * b * rest[0]  # records mul


def walrus(x):
    return (y := x * x) + sin(y)  # records mul sin add


def lambdas(x, y):
    twice = lambda u: 2 * u  # noqa: E731  # records mul
    return twice(x) * twice(y)  # records mul


def nested(x, y):
    def inner(u):
        return u * y  # records mul

    return inner(x) + inner(inner(x) if x is None else y)  # records add


def branches(x, y):
    z = y - x  # records sub
    if z > 0:
        z = z * 2  # records mul
        z = z - x  # records sub
    else:
        z = -z  # records nothing
    return z * maximum(x, y)  # records maximum mul


# fmt: off
def over_lines(x, y):
    z = (  # records mul add
        x * y
        + x
    )
    return z / (  # records sub div
        x
        - y
    )
# fmt: on


def another_module(x, y):
    return squared_distance(x, y) * 2  # records mul


def reduced(xs):
    return reduce(mul, xs, 1.0)  # records mul


def reduced_by_a_lambda(xs):
    return reduce(lambda p, q: p * q, xs)  # records mul


class Line:
    def __init__(self, m, c):
        self.m, self.c = m, c

    def __call__(self, x):
        y = self.m * x  # records mul
        return y + self.c  # records add


def a_class(m, c):
    line = Line(m, c)
    return line(line(Value(2.0)))


def a_network(x1, x2):
    hidden = [[0.5, -0.5], [0.25, 1.0]]
    model = MLP(2, [2, 1], rng=random.Random(0))
    y = model([x1, x2])  # records dot add relu
    return y * hidden[0][0]  # records mul


def a_neuron(ws, xs, b):
    """A neuron.

    Its docstring is not shown.
    """
    z = dot(ws, xs) + b  # records dot add
    return sigmoid(z)  # records sigmoid


def with_an_exception(x):
    try:
        y = x * x  # records mul
        raise KeyError
    except KeyError:
        y = y + x  # records add
    return y


def decorated(f):
    def wrapper(*args):
        return f(*args) * 3  # records mul

    return wrapper


@decorated
def by_a_decorator(x, y):
    return x + y  # records add


def kept_in_objects(x, y):
    store = {"a": [x * y]}  # records mul
    store["b"] = store["a"][0] + x  # records add
    return store["b"] * y  # records mul


PROGRAMS = {
    a_line_each: (2.0, -3.0, 10.0, -2.0),
    several_in_a_line: (0.5, 2.0, 1.0),
    a_function_calls_another: (3.0, 1.0),
    three_deep: (2.0,),
    a_loop: (0.5, 0.3),
    a_while: (0.1,),
    a_comprehension: ([1.0, 2.0, 3.0], [0.5, -1.0, 2.0]),
    a_generator_expression: ([1.0, 2.0, 3.0],),
    a_generator: (2.0,),
    recursive: (2.0,),
    augmented: (2.0, 3.0),
    unpacked: (2.0, 3.0),
    walrus: (0.5,),
    lambdas: (2.0, 3.0),
    nested: (2.0, 3.0),
    branches: (1.0, 2.0),
    over_lines: (2.0, 3.0),
    another_module: (3.0, 1.0),
    reduced: ([1.0, 2.0, 3.0],),
    reduced_by_a_lambda: ([1.0, 2.0, 3.0],),
    a_class: (2.0, 1.0),
    a_network: (0.5, -1.0),
    a_neuron: ([1.0, 2.0, 3.0], [0.5, -1.0, 2.0], 1.0),
    with_an_exception: (2.0,),
    by_a_decorator: (2.0, 3.0),
    kept_in_objects: (2.0, 3.0),
}
"""Each function with its arguments."""
