"""A wrong answer is explained by the mistake that was made, and no right answer is called wrong."""

import math
import random
from collections import Counter
from dataclasses import astuple
from operator import add, mul, sub

import pytest

import autodiff
from autodiff import Value, maximum, sin, tanh, topological_order
from viz.exercises.mistakes import KINDS, WrongNumber, answers, close, mistakes
from viz.graph.description import describe

SLOPES = {
    "exp": math.exp,
    "tanh": lambda x: 1 - math.tanh(x) ** 2,
    "sin": math.cos,
    "sigmoid": lambda x: 1 / (2 + math.exp(x) + math.exp(-x)),
}


def backward(output, partial_of=lambda node, i: node.partials[i], forgotten=None):
    """The gradients of all nodes by a backward pass in which some local derivatives are others, or one is forgotten."""
    grads = dict.fromkeys(topological_order(output), 0.0)
    grads[output] = 1.0
    for node in reversed([*grads]):
        for i, operand in enumerate(node.operands):
            if (node, i) != forgotten:
                grads[operand] += grads[node] * partial_of(node, i)
    return grads


def overwritten(output):
    grads = dict.fromkeys(topological_order(output), 0.0)
    grads[output] = 1.0
    for node in reversed([*grads]):
        for operand, partial in zip(node.operands, node.partials, strict=True):
            grads[operand] = grads[node] * partial
    return grads


def too_early(output):
    grads = dict.fromkeys(topological_order(output), 0.0)
    grads[output] = 1.0

    def send(node):
        for operand, partial in zip(node.operands, node.partials, strict=True):
            grads[operand] += grads[node] * partial
            send(operand)

    send(output)
    return grads


def unsigned(node, i):
    return abs(node.partials[i]) if node.primitive.name in ("sub", "neg") else node.partials[i]


def itself(node, i):
    return node.operands[i].data if node.primitive.name == "mul" else node.partials[i]


def changed(output, node, i, partial):
    return backward(output, lambda other, k: partial if (other, k) == (node, i) else other.partials[k])


def wrong_answers(graph, rng):
    """(key of a blank, kind of mistake, its number), each computed here, without the module."""
    output = graph.values[-1]
    id_of = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
    right = backward(output)
    places = [(n, i) for n in id_of for i, x in enumerate(n.operands) if x in id_of and not x.is_constant]
    varying = [node for node in id_of if not node.is_constant and node is not output]
    uses = Counter(x for n in id_of for x in n.operands)

    def asked(grads, kind):
        node = rng.choice([x for x in varying if not close(grads[x], right[x])] or varying)
        return f"{id_of[node]}.grad", kind, grads[node]

    yield asked(overwritten(output), "overwrite")
    yield asked(too_early(output), "depth-first")
    yield asked(backward(output, unsigned), "sign")
    yield asked(backward(output, itself), "product")
    node, i = rng.choice(places)
    yield asked(changed(output, node, i, 1.0), "chain")
    yield asked(changed(output, node, i, -node.partials[i]), "sign at")
    if several := [(n, k) for n, k in places if uses[n.operands[k]] > 1]:
        yield asked(backward(output, forgotten=rng.choice(several)), "path")
    if binary := [(n, k) for n, k in places if len(n.operands) == 2 and n.primitive.name in ("mul", "sub")]:
        node, i = rng.choice(binary)
        yield asked(changed(output, node, i, node.partials[1 - i]), "operand")
        edge = next(e for e in graph.edges if e.target.id == id_of[node] and e.index == i)
        yield f"{edge.id}.partial", "operand", node.partials[1 - i]
        yield f"{edge.id}.partial", "multiplied", right[node] * node.partials[i]
        yield f"{edge.id}.partial", "value", node.data
    if unary := [n for n in id_of if n.primitive and n.primitive.name in SLOPES]:
        node = rng.choice(unary)
        yield asked(changed(output, node, 0, SLOPES[node.primitive.name](node.data)), "place")
    if powers := [n for n in id_of if n.primitive and n.primitive.name == "pow"]:
        node = rng.choice(powers)
        x, n = (operand.data for operand in node.operands)
        yield asked(changed(output, node, 0, rng.choice([x ** (n - 1), n * x**n])), "power")
        yield f"{id_of[node]}.data", "operation", n * x
    leaves = [node for node in varying if node.is_leaf]
    node, other = rng.choice(leaves), rng.choice(leaves)
    key = f"{id_of[node]}.grad"
    yield key, "other", right[other]
    yield key, "minus", -right[node]
    yield key, "factor", rng.choice([0.5, 2.0]) * right[node]
    yield key, "value", node.data
    yield key, "local", sum(n.partials[k] for n, k in places if n.operands[k] is node)
    node = rng.choice([n for n in id_of if n.primitive and n.primitive.name in ("sub", "mul", "add")])
    x, y = (operand.data for operand in node.operands)
    swapped = {"sub": ("order", y - x), "mul": ("operation", x + y), "add": ("operation", x * y)}
    yield f"{id_of[node]}.data", *swapped[node.primitive.name]


def as_written(x, rng):
    return rng.choice([repr(x), f"{x:.3g}", f"{x:.4g}".replace("-", "−"), f"{7 * x!r}/7", f"{x:.4g}".replace(".", ",")])


def test_500_wrong_answers_of_known_kinds_are_explained(random_graph, read_answers):
    rng = random.Random(5)
    rows, kinds = [], []
    while len(rows) < 500 or min(Counter(kinds).values()) < 10:
        graph = random_graph(rng)
        right, known = answers(graph), mistakes(graph)
        for key, kind, number in wrong_answers(graph, rng):
            if not close(number, right[key]) and not close(right[key], number):
                rows.append((as_written(number, rng), right[key], [*map(astuple, known[key])]))
                kinds.append(kind)
    read = read_answers(rows)
    same = {"sign at": {"sign at", "minus"}}  # of the same number
    missed = [
        (row[0], row[1], kind, got)
        for row, kind, got in zip(rows, kinds, read, strict=True)
        if isinstance(got, str) or got[0] or not same.get(kind, {kind}) & {*got[1]}
    ]
    assert missed == []
    assert sum(len(named) == 1 for _, named in read) > 0.6 * len(rows)  # few numbers have two reasons
    assert sum(named[0] == kind for (_, named), kind in zip(read, kinds, strict=True)) > 0.8 * len(rows)
    assert {*kinds} <= {*KINDS}


def test_no_right_answer_is_called_wrong(random_graph, read_answers):
    rng = random.Random(6)
    rows = []
    for _ in range(25):
        graph = random_graph(rng)
        known = mistakes(graph)
        for key, number in answers(graph).items():
            rows.append((as_written(number, rng), number, [*map(astuple, known.get(key, []))]))
            assert not any(close(mistake.number, number) for mistake in known.get(key, []))
    assert len(rows) > 500
    assert [(row[0], got) for row, got in zip(rows, read_answers(rows), strict=True) if got[0] is not True] == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2*3", 6), ("1/3", 1 / 3), ("-e^2", -math.exp(2)), ("2^-1", 0.5), ("2^3^2", 512), ("-2^2", -4), ("(1+2)·3", 9),
        ("1,5", 1.5), ("−3", -3), ("2 pi", 2 * math.pi), ("2(3+1)", 8), ("exp(1)-e", 0), ("ln(e)", 1), ("x", "“x”"),
        ("√4", 2), ("3²", 9), ("1e3", 1000), ("σ(0)", 0.5), ("1/0", "finite"), ("", "nothing"), ("2*", "missing"),
        ("(1", "missing"), ("1)", "“)”"), ("alert(1)", "“alert”"), ("2--3", 5), ("1.2.3", "“.3”"),
        ("constructor", "“constructor”"), ("1 000", "“000”"),
    ],
)  # fmt: skip
def test_an_answer_is_a_number_or_a_formula_and_nothing_is_run(text, number, read_answers):
    (got,) = read_answers([(text, number if not isinstance(number, str) else 0.0, [])])
    assert number in got if isinstance(number, str) else got[0] is True


def test_each_kind_has_a_sentence_and_the_likelier_ones_come_first():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    graph = describe([a * b + a]).named()
    by_blank = mistakes(graph)
    (grad, *_) = [node for node in graph.nodes if node.label == "a"]
    assert by_blank[f"{grad.id}.grad"][0] == WrongNumber("overwrite", -3.0)
    kinds = [*KINDS]
    for known in by_blank.values():
        ranks = [kinds.index(mistake.kind) for mistake in known]
        assert ranks == sorted(ranks)


def test_a_path_alone_a_lost_term_and_an_operation_not_applied_are_told_with_their_places():
    x = Value(2.0, "x")
    p, q, r = 3.0 * x, math.pi * x, sin(x)
    s = p + r
    t = tanh(sin(s))
    graph = describe([t - q]).named()
    known, id_of = mistakes(graph), {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
    edge = {(one.source.id, one.target.id): one.id for one in graph.edges}

    def told(key, kind):
        return [(pytest.approx(one.number), one.place) for one in known[key] if one.kind == kind]

    to_p, to_q, to_r = (edge[id_of[x], id_of[node]] for node in (p, q, r))
    slope = (1 - t.data**2) * math.cos(s.data)
    alone = [(3 * slope, to_p), (math.cos(2) * slope, to_r), (-math.pi, to_q)]
    assert told(f"{id_of[x]}.grad", "alone") == alone
    added = (slope + 3) + (-1 + math.pi) + (slope + math.cos(2))
    assert told(f"{id_of[x]}.grad", "added") == [(added, "")]
    assert told(f"{id_of[x]}.grad", "local") == [(3 + math.pi + math.cos(2), "")]
    assert told(f"{id_of[s]}.data", "term") == [(r.data, id_of[p]), (p.data, id_of[r])]
    assert told(f"{id_of[s]}.data", "derivative") == [(slope, "")]
    assert told(f"{id_of[r]}.data", "unapplied") == [(2.0, "")]
    inner = t.operands[0]
    places = [1 - math.tanh(z) ** 2 for z in (t.data, s.data)]
    to_t = edge[id_of[inner], id_of[t]]
    assert told(f"{to_t}.partial", "place") == [(place, to_t) for place in places]


def exact_graph(rng):
    """A graph of short numbers, so that every sum and product is exact, and equal numbers are equal to the last bit."""
    nodes = [Value(rng.choice((-3.0, -1.5, 0.5, 2.0, 4.0)), f"x{i}") for i in range(3)]
    one = [lambda x: x**2, lambda x: x**3, lambda x: -x, abs, lambda x: 2.0 * x, lambda x: x - 0.5]
    while len(nodes) < 8:
        pair = rng.choice(nodes[-3:]), rng.choice(nodes)
        node = rng.choice(one)(pair[0]) if rng.random() < 0.4 else rng.choice([add, mul, sub, maximum])(*pair)
        if abs(node.data) < 50:
            nodes.append(node)
    return describe([autodiff.sum([*nodes[-2:], nodes[0], nodes[0]])]).named()


def all_wrong(graph):
    """The mistakes of each blank, in order, each by a whole backward pass of its own."""
    *_, output = graph.values
    id_of = {value: node.id for value, node in zip(graph.values, graph.nodes, strict=True)}
    right, moving = backward(output), [value for value in graph.values if not value.is_constant]
    ids = {(edge.target.id, edge.index): edge.id for edge in graph.edges}
    ways = [(user, i) for user in graph.values for i, x in enumerate(user.operands) if not x.is_constant]
    stories = {
        "overwrite": overwritten(output),
        "depth-first": too_early(output),
        "product": backward(output, itself),
        "sign": backward(output, unsigned),
    }

    def place(way):
        return ids[id_of[way[0]], way[1]]

    def around(number):
        return [("minus", -number, ""), ("factor", 2.0 * number, ""), ("factor", 0.5 * number, "")]

    def in_place_of(way):
        user, i = way
        partners = [k for k, x in enumerate(user.operands) if not x.is_constant]
        wrong = [("chain", 1.0), ("sign at", -user.partials[i])]
        if len(partners) == 2:
            wrong.append(("operand", user.partials[1 - i]))
        if user.primitive.name == "pow":
            x, n = (operand.data for operand in user.operands)
            wrong += [("power", number) for number in (x ** (n - 1), n * x**n, n * x)]
        if len(partners) == 1:  # of two, the other one says it
            inner = user.operands[i]
            before = [x.data for x in inner.operands if not x.is_constant]
            for at in (user.data, *before):
                operands = [Value(at) if k == i else x for k, x in enumerate(user.operands)]
                wrong.append(("place", user.primitive(*operands).partials[i]))
        return wrong

    def gradient(node):
        own = [way for way in ways if way[0].operands[way[1]] is node]
        yield from ((kind, grads[node], "") for kind, grads in stories.items())
        yield from around(right[node])
        for way in [*own, *(way for way in ways if way not in own)]:
            source = way[0].operands[way[1]]
            without = backward(output, forgotten=way)[node]
            if changed(output, *way, way[0].partials[way[1]] + 1.0)[node] == right[node]:
                continue  # what is asked does not depend on it
            if sum(x is source for user in graph.values for x in user.operands) > 1:
                yield "path", without, place(way)
            for kind, partial in in_place_of(way):
                number = changed(output, *way, partial)[node]
                if kind != "sign at" or number != -right[node]:
                    yield kind, number, place(way)
        if len(own) > 2:
            yield from (("alone", right[user] * user.partials[i], place((user, i))) for user, i in own)
        yield "local", sum(user.partials[i] for user, i in own), ""
        yield "added", sum(right[user] + user.partials[i] for user, i in own), ""
        yield "value", node.data, id_of[node]
        for other in sorted(moving, key=lambda x: not x.is_leaf):
            if other is not node:
                yield "other", right[other], id_of[other]

    def partial(way):
        user, i = way
        yield from ((kind, x, place(way)) for kind, x in in_place_of(way) if kind not in ("chain", "sign at"))
        yield from around(user.partials[i])
        yield "multiplied", right[user] * user.partials[i], ""
        yield "value", user.data, id_of[user]
        yield "value", user.operands[i].data, id_of[user.operands[i]]

    def data(node):
        numbers = [x.data for x in node.operands]
        yield from around(node.data)
        if len(numbers) == 2:
            if node.primitive.name in ("sub", "pow"):
                yield "order", numbers[1] - numbers[0] if node.primitive.name == "sub" else swapped_power(*numbers), ""
            others = {"mul": lambda a, b: a + b, "add": mul, "pow": mul}
            if other := others.get(node.primitive.name):
                yield "operation", other(*numbers), ""
        inner = [x for x in node.operands if not x.is_constant]
        if node.primitive.name in ("add", "sum"):
            yield from (("term", node.data - x.data, id_of[x]) for x in inner)
        if len(inner) == 1:
            yield "unapplied", inner[0].data, ""
        yield "derivative", right[node], ""

    blanks = {f"{id_of[node]}.data": (node.data, data(node)) for node in moving if not node.is_leaf}
    blanks |= {f"{id_of[node]}.grad": (right[node], gradient(node)) for node in moving}
    blanks |= {f"{place(way)}.partial": (way[0].partials[way[1]], partial(way)) for way in ways}
    for key, (number, rows) in blanks.items():
        kept = {}
        for kind, wrong, where in sorted(rows, key=lambda row: [*KINDS].index(row[0])):
            if math.isfinite(wrong) and not close(wrong, number):
                kept.setdefault((kind, wrong), (kind, wrong, where))
        yield key, number, [*kept.values()]


def swapped_power(x, n):
    return n**x if n > 0 else math.nan


def test_the_mistakes_of_a_blank_are_all_that_a_wrong_backward_pass_gives():
    rng, kinds = random.Random(3), Counter()
    for _ in range(8):
        graph = exact_graph(rng)
        known, right = mistakes(graph), answers(graph)
        expected = {key: (number, rows) for key, number, rows in all_wrong(graph)}
        assert right == {key: number for key, (number, _) in expected.items()}
        assert known.keys() == expected.keys()
        for key, (_, rows) in expected.items():
            assert [*map(astuple, known[key])] == rows, key
            kinds.update(kind for kind, _, _ in rows)
    assert kinds.keys() == KINDS.keys()
