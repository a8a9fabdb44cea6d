"""Random functions run line by line: a line multiplies by its own number, so each product says which line made it."""

import colorsys
import linecache
import random
from operator import mul
from string import Template

import pytest
from hypothesis import settings

from autodiff import Value, topological_order
from viz.stepper.watch import watch

HELPERS = """
class Box:
    def __init__(self, v):
        self.v = v * @
    def scaled(self, w):
        u = self.v * @
        return u * @ + w
def helper(p, q):
    r = p * @
    if q is None:
        return r * @
    return r + q * @
def stream(p, n):
    for _ in range(n):
        yield p
        p = p * @
def deep(p, n):
    if n == 0:
        return p * @
    return deep(p * @, n - 1) * @
def main(x, y):
    v = x * @ + y
"""
STATEMENTS = [
    "$v = $a * @ + $b",
    "$v = helper($a * @, $b * @)",
    "$v = sum([t * @ for t in ($a, $b)])",
    "$v = sum(t * @ for t in ($a, $b))",
    "$v = (lambda t: t * @)($a) + $b",
    "$v = $a\n    for i in range(2):\n        $v = $v * @\n        $v += $b * @",
    "$v = sum(stream($a * @, 3))",
    "$v = deep($a, 2) + $b * @",
    "$v = Box($a * @).scaled($b * @)",
    "$v, *rest = $a * @, $b * @\n    $v = $v + rest[0] * @",
    "$v = helper(helper($a, None) * @, (z := $b * @)) + z",
    "try:\n        $v = $a * @\n        raise KeyError\n    except KeyError:\n        $v = $v * @ + $b",
    "m = {'a': [$a * @]}\n    m['a'].append($b * @)\n    $v = m['a'][0] + m['a'][1] * @",
    "$v = list(map(lambda t: t * @, [$a * @, $b]))[0]",
]


def program(rng: random.Random) -> str:
    names, code = ["x", "y", "v"], HELPERS
    for i in range(8):
        statement = Template(rng.choice(STATEMENTS))
        code += f"    {statement.substitute(a=rng.choice(names), b=rng.choice(names), v=f'v{i}')}\n"
        names.append(f"v{i}")
    code += f"    return {' + '.join(f'{name} * @' for name in names)}\n"
    return "".join(line.replace("@", f"{i}.0") for i, line in enumerate(code.splitlines(keepends=True), 1))


@pytest.mark.parametrize("seed", range(settings.default.max_examples))
def test_every_product_is_recorded_by_the_line_that_it_names(seed):
    code, file = program(random.Random(seed)), f"<watched {seed}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    names = {}
    exec(compile(code, file, "exec"), names)
    watched = watch(names["main"], [Value(0.5, "x"), Value(0.3, "y")], {})
    products = [node for node in topological_order(watched.result) if node.primitive and node.primitive.name == "mul"]
    for node in products:
        for number in [operand.data for operand in node.operands if operand.is_constant]:
            (_, line), *_ = watched.lines[node]
            assert line == number
    assert len(products) > 10


def test_a_node_has_the_first_name_that_it_has_outside_or_else_inside():
    def inside(p):
        own, _, kept = p * 2.0, object(), p * 3.0
        return own, kept * 4.0

    def outside(x):
        a = x * 1.0
        u, pair = inside(a)[0], (x * 5.0, x * 6.0)
        again, _hidden = u, x * 7.0
        thing = object()
        return [again, thing, pair, _hidden]

    x = Value(0.5, "leaf")
    watched = watch(outside, [x], {})
    (again, _, (first, second), _) = watched.result
    (a,) = [node for node in again.operands if not node.is_constant]
    (kept,) = [node for node in watched.names if watched.names[node] == "kept"]
    assert watched.names == {x: "x", a: "a", again: "u", kept: "kept", first: "pair[0]", second: "pair[1]"}
    assert kept.operands[0] is a


def test_what_a_function_without_lines_records_has_no_line():
    x, y = Value(2.0), Value(3.0)
    watched = watch(mul, [x, y], {})
    assert watched.lines == {watched.result: (), x: (), y: ()}
    assert watched.names == {}


def test_a_function_of_the_standard_library_is_watched_if_it_is_the_one_that_was_given():
    red, green, blue = (Value(x, name) for x, name in ((0.5, "red"), (0.25, "green"), (1.0, "blue")))
    watched = watch(colorsys.rgb_to_yiq, (red, green, blue), {})
    assert [*watched.codes] == [colorsys.rgb_to_yiq.__code__]
    luma = watched.result[0]
    assert watched.names[luma] == "y"
    assert watched.lines[luma] == ((colorsys.rgb_to_yiq.__code__, colorsys.rgb_to_yiq.__code__.co_firstlineno + 1),)
    assert watched.lines[red] == ()
