"""`Watch`: what looks at a number of a Value is noticed, and what the engine computes is not."""

import copy
import math
import pickle
import threading

import pytest

from autodiff import Value, functions, grad, gradients, hvp, jvp
from autodiff.node import data_of, set_data
from autodiff.primitive import WidePrimitive
from autodiff.primitives import PRIMITIVES
from autodiff.watch import Watch, watches

LOOKS = {
    "data": lambda x, y: x.data,
    "grad": lambda x, y: x.grad,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= 1.0,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= 1.0,
    "float": lambda x, y: float(x),
    "round": lambda x, y: round(x, 2),
    "format": lambda x, y: f"{x:.2f}",
    "max": lambda x, y: max(x, y),
    "sorted": lambda x, y: sorted([x, y]),
    "math": lambda x, y: math.exp(x),
    "copy": lambda x, y: copy.copy(x),
    "deepcopy": lambda x, y: copy.deepcopy([x]),
    "pickle": lambda x, y: pickle.dumps(x),
    "a derivative at a number": lambda x, y: grad(lambda z: z * x)(2.0),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_a_number_is_noticed_with_its_line(look):
    with Watch() as watch:
        look(Value(2.0), Value(3.0))
    number = look.__code__.co_firstlineno
    if look is not LOOKS["deepcopy"] and look is not LOOKS["copy"]:  # whose look is in the library
        assert watch.seen.endswith(f"(line {number} of test_watch.py)")
    assert watch.seen


def test_the_line_is_shown():
    x = Value(2.0)
    with Watch() as watch:
        if x > 1.0:
            x.data += 1.0
    assert watch.seen.startswith("`if x > 1.0:` (line ")


def test_a_line_without_a_text_is_counted():
    x, code = Value(2.0), compile("\n\nx.data", "<made up>", "eval")
    with Watch() as watch:
        eval(code, {"x": x})
    assert watch.seen == "line 3 of <made up>"


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
def test_what_the_engine_computes_is_no_look(primitive):
    n = 3 if isinstance(primitive, WidePrimitive) else len(primitive.partials)
    inputs = [Value(0.3 + 0.1 * i) for i in range(2 * n if primitive.name == "dot" else n)]
    direction = [1.0] * len(inputs)
    with Watch() as watch:
        out = primitive(*inputs)
        out.backward()
        gradients(out, inputs)
        jvp(lambda xs: primitive(*xs), (inputs,), (direction,))
        hvp(lambda xs: primitive(*xs), (inputs,), (direction,))
        repr(out)
    assert watch.seen == ""


def test_arithmetic_and_zeros_are_no_look():
    x, y = Value(2.0), Value(3.0)
    with Watch() as watch:
        z = sum([x, y]) + 0.0 * x - x / y * 1.0 + abs(x) + x**2 + 2**y + functions.relu(-x)
        grad(lambda a: 0.0 * a + a * y)(x)
        gradients(z * 0.0, [x, y])
        data_of([x, y])
        set_data([x, y], [1.0, 2.0])
    assert watch.seen == ""
    assert (x.data, y.data) == (1.0, 2.0)


def test_another_thread_is_not_watched():
    x = Value(2.0)
    with Watch() as watch:
        thread = threading.Thread(target=lambda: x.data)
        thread.start()
        thread.join()
        assert watch.seen == ""
        assert x > 1.0
    assert watch.seen


def test_only_the_block_is_watched():
    x = Value(2.0)
    watch = Watch()
    with pytest.raises(ZeroDivisionError), watch:
        _ = 1 / 0
    assert x.data == 2.0
    assert (watch.seen, watches) == ("", [])


def test_watches_may_be_nested():
    x = Value(2.0)
    with Watch() as outer:
        with Watch() as inner:
            pass
        assert x.data == 2.0
    assert (bool(outer.seen), inner.seen) == (True, "")
