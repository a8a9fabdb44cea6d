"""`Watch`: what looks at a number of a Value is noticed, and what the engine computes is not."""

import copy
import math
import pickle
import threading

import pytest

from autodiff import DomainError, Value, functions, grad, gradients, hessian, hvp, jacobian, jvp, log, sqrt
from autodiff.observers import observers
from autodiff.primitive import WidePrimitive
from autodiff.primitives import PRIMITIVES
from autodiff.program.recording.data_dependence import Watch

LOOKS = {
    "data": lambda x, y: x.data,
    "grad": lambda x, y: x.grad,
    "of what was computed": lambda x, y: (y + 2.0 * x).data,
    "partials": lambda x, y: (x * y).partials,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= 1.0,
    ">": lambda x, y: y > x,
    ">=": lambda x, y: x >= 1.0,
    "float": lambda x, y: float(x),
    "round": lambda x, y: round(x, 2),
    "format": lambda x, y: f"{x:.2f}",
    "max": lambda x, y: max(x, y),
    "sorted": lambda x, y: sorted([x, y]),
    "math": lambda x, y: math.exp(x),
    "pickle": lambda x, y: pickle.dumps(x),
    "a gradient at a number": lambda x, y: grad(lambda z: z * x)(2.0),
    "a jacobian at a number": lambda x, y: jacobian(lambda z: [z * x])(2.0),
    "a hessian at a number": lambda x, y: hessian(lambda z: z * z * x)(2.0),
    "backward": lambda x, y: (x * y).backward(),
    "a gradient that is set": lambda x, y: setattr(x, "grad", 1.0),
    "data that is set": lambda x, y: setattr(x, "data", 1.0),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_a_number_is_noticed_with_its_line(look):
    x, y = Value(2.0), Value(3.0)
    with Watch([x]) as watch:
        look(x, y)
    assert watch.seen.endswith(f"(line {look.__code__.co_firstlineno} of test_data_dependence.py)")
    with Watch([Value(4.0)]) as watch:
        look(x, y)
    assert watch.seen == ""


@pytest.mark.parametrize("look", [copy.copy, lambda x: copy.deepcopy([x])], ids=["copy", "deepcopy"])
def test_a_copy_is_noticed(look):
    x = Value(2.0)
    with Watch([x]) as watch:
        look(x)
    assert watch.seen


@pytest.mark.parametrize(
    ("f", "number"),
    [(log, -1.0), (sqrt, -1.0), (lambda x: 1.0 / x, 0.0), (lambda x: x**-1.0, 0.0), (lambda x: 0.0**x, -1.0)],
)
def test_an_operand_outside_a_domain_is_noticed(f, number):
    x = Value(number)
    with Watch([x]) as watch, pytest.raises(DomainError):
        f(x)
    assert watch.seen


def test_the_line_is_shown():
    x = Value(2.0)
    with Watch([x]) as watch:
        if x > 1.0:
            x.data += 1.0
    assert watch.seen.startswith("`if x > 1.0:` (line ")


def test_a_line_without_a_text_is_counted():
    x, code = Value(2.0), compile("\n\nx.data", "<made up>", "eval")
    with Watch([x]) as watch:
        eval(code, {"x": x})
    assert watch.seen == "line 3 of <made up>"


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_what_the_engine_computes_is_no_look(primitive):
    n = 3 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    inputs = [Value(0.3 + 0.1 * i) for i in range(2 * n if primitive.name == "dot" else n)]
    direction = [1.0] * len(inputs)
    with Watch(inputs) as watch:
        out = primitive(*inputs)
        gradients(out, inputs)
        jvp(lambda xs: primitive(*xs), (inputs,), (direction,))
        hvp(lambda xs: primitive(*xs), (inputs,), (direction,))
        repr(out)
        {out: 1, inputs[0]: 2}
    assert watch.seen == ""


def test_arithmetic_and_zeros_are_no_look():
    x, y = Value(2.0), Value(3.0)
    with Watch([x, y]) as watch:
        z = sum([x, y]) + 0.0 * x - x / y * 1.0 + abs(x) + x**2 + 2**y + functions.relu(-x)
        grad(lambda a: 0.0 * a + a * y)(x)
        gradients(z * 0.0, [x, y])
        assert z is not None and z != None  # noqa: E711, PT018
    assert watch.seen == ""


def test_equality_of_nodes_is_a_look_only_where_both_would_be_plain_numbers():
    x, y, p = Value(1.0), Value(1.0), Value(1.0)
    for a, b, is_look in [
        (x, y, True),
        (x + 1.0, y, True),
        (x, p, False),
        (p, x, False),
        (p, p, False),
        (x * p, x, False),
    ]:
        with Watch([x, y], [p]) as watch:
            assert (a == b) == (a is b)
            assert a not in [b] or a is b
        assert bool(watch.seen) == is_look


def test_foreign_numbers_may_be_looked_at_however_many_they_are():
    given, foreign = [Value(1.0) for _ in range(20_000)], [Value(1.0) for _ in range(20_000)]
    whole = sum(foreign)
    with Watch(given) as watch:
        assert [value.data for value in foreign] == [whole.operands[1].data for _ in foreign]
    assert watch.seen == ""


def test_another_thread_is_not_watched():
    x = Value(2.0)
    with Watch([x]) as watch:
        thread = threading.Thread(target=lambda: x.data)
        thread.start()
        thread.join()
        assert watch.seen == ""
        assert x > 1.0
    assert watch.seen


def test_only_the_block_is_watched():
    x = Value(2.0)
    watch = Watch([x])
    with pytest.raises(ZeroDivisionError), watch:
        _ = 1 / 0
    assert x.data == 2.0
    assert (watch.seen, observers) == ("", [])


def test_watches_may_be_nested():
    x = Value(2.0)
    with Watch([x]) as outer:
        with Watch([x]) as inner:
            pass
        assert x.data == 2.0
    assert (bool(outer.seen), inner.seen) == (True, "")
