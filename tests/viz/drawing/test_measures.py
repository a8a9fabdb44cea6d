"""How large pictures are, where what they show lies, and in which fonts: who moves something sees by how much.

`measures.json` has the numbers of pictures that are right by the tests of geometry and by the eye. Smaller pictures and
shorter wires are better. What is meant to change is written by `python -m pytest tests/viz/drawing --write`.
"""

import math
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

import viz
from autodiff import Value, exp, maximum, sum, tanh, topological_order
from nn import MLP, losses
from viz.drawing.paths import points_of
from viz.drawing.picture import Shape, layouts_of, picture_of
from viz.drawing.side_by_side import side_by_side
from viz.graph.description import check_groups, describe

FILE = Path(__file__).with_name("measures.json")
SHOW = ("data", "grad", "partials")


def measures(picture):
    """The size and the length of all wires; the number and the middle of what has a role; the fonts of texts."""
    shapes = [item for group in picture.groups for item in group.items if isinstance(item, Shape)]
    texts = [item for group in picture.groups for item in group.items if not isinstance(item, Shape)]
    places = {}
    for shape in shapes:
        points = points_of(shape.path)
        places.setdefault(shape.role, []).extend([(x - picture.left, y - picture.top) for x, y in points])
    for text in texts:
        shift = {"start": 0.5, "middle": 0.0, "end": -0.5}[text.anchor] * text.width
        places.setdefault(f"{text.runs[-1].role} text", []).append(
            (text.x - picture.left + shift, text.y - picture.top)
        )
    wires = [points_of(shape.path) for shape in shapes if shape.role == "wire"]
    length = math.fsum(math.dist(a, b) for wire in wires for a, b in pairwise(wire))
    fonts = Counter(
        f"{run.role} {run.size:g}{' bold' * run.bold}{' italic' * run.italic} {run.down:g} below"
        for text in texts
        for run in text.runs
    )
    return {
        "size": [round(x, 2) for x in (picture.width, picture.height, length)],
        **{role: [len(at), *[round(fmean(xs), 2) for xs in zip(*at, strict=True)]] for role, at in places.items()},
        **{font: [n] for font, n in fonts.items()},
    }


def recurrence():
    """Three steps of y = tanh(a y + b x)."""
    a, b, y = Value(0.5, "a"), Value(-0.3, "W_{12}"), Value(0.1, "y")
    for t in range(3):
        y = tanh(a * y + b * Value(0.4 * t, f"x{t}"))
    y.label = "out"
    return y


def ordered():
    """Operands that may not be swapped, constants, names of several lines, a node used far away and twice at once."""
    x, y = Value(2.0, "x\nin two lines"), Value(-0.5, "y")
    z = maximum(x - 3 * y, y / x) ** 2
    return exp(z * z - x**y) / (1 + abs(y)) - z


def wide(n):
    """A product of sums, in which each leaf is used twice."""
    leaves = [Value(1.0 + i / 7, f"p{i}") for i in range(n)]
    return sum([(a + b) * a for a, b in pairwise(leaves)])


def anything(size):
    """A random graph with edges that pass many columns, folded into rows."""
    rng = random.Random(size)
    nodes = [Value(rng.uniform(-2.0, 2.0), f"p{i}") for i in range(size // 5)]
    while len(nodes) < size:
        a, b = rng.choice(nodes[-9:]), rng.choice(nodes)
        nodes.append(rng.choice([a + b, a * b, a - b, tanh(a), a / (b * b + 1.5)]))
        nodes[-1].label = rng.choice(("", "", "h", f"a long name {len(nodes)}"))
    return sum([*nodes[-3:], nodes[0]])


def network(sizes):
    model = MLP(sizes[0], sizes[1:], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
    outputs = model([Value(0.5 - i, f"x{i + 1}") for i in range(sizes[0])])
    cost = losses.squared_error(outputs, [1.0] * sizes[-1] if sizes[-1] > 1 else 1.0)
    cost.label = "C"
    return cost, model


def drawn(output, show=SHOW, **options):
    output.backward()
    return picture_of(viz.draw(output, show=show, **options).content)


def clustered(sizes, **options):
    cost, model = network(sizes)
    return drawn(cost, clusters=model, **options)


def with_cost(sizes):
    cost, model = network(sizes)
    return viz.network(model, cost=cost).picture


def in_groups():
    output = recurrence()
    return drawn(
        output, groups={"the first steps": [node for node in topological_order(output) if not node.is_leaf][:4]}
    )


def when_folded():
    """A page shows a group as one node with two results."""
    output = recurrence()
    output.backward()
    steps = [node for node in topological_order(output) if not node.is_leaf]
    graph = describe([output], groups=check_groups("draw", {"two": steps[2:5]}))
    return layouts_of(graph.named(), None, 4, [(960.0, 640.0)])["1"][0]


def looped(a, b, x):
    """A function of many lines and paths."""
    y = x
    for _ in range(3):
        y = tanh(a * y + b * x) + y

    z = y * y
    return z


LONG = "a name that is wider than the whole column beside the graph"


def long_name(a):
    y = a * a
    y.label = LONG
    return y * a


PICTURES = {
    **{
        f"{make.__name__} {style}": lambda make=make, style=style: drawn(make(), style=style, legend=True)
        for make in (recurrence, ordered)
        for style in ("boxes", "circuit")
    },
    **{
        f"{make.__name__} {rankdir}": lambda make=make, rankdir=rankdir: drawn(make(), rankdir=rankdir)
        for make in (recurrence, ordered)
        for rankdir in ("LR", "RL", "TB", "BT")
    },
    "ordered without numbers": lambda: drawn(ordered(), show=()),
    "wide": lambda: drawn(wide(14)),
    "wide TB": lambda: drawn(wide(30), rankdir="TB"),
    **{f"anything of {n}": lambda n=n: drawn(anything(n)) for n in (19, 21, 24, 40)},
    **{f"anything of {n}, circuit": lambda n=n: drawn(anything(n), style="circuit") for n in (16, 30)},
    "anything from top to bottom": lambda: drawn(anything(28), rankdir="TB"),
    "groups": in_groups,
    "folded": when_folded,
    **{f"network {rankdir}": lambda rankdir=rankdir: clustered([2, 3, 2], rankdir=rankdir) for rankdir in ("LR", "BT")},
    "network": lambda: clustered([2, 2, 2, 1]),
    "neurons": lambda: clustered([2, 3, 2], level="neurons"),
    "layers": lambda: clustered([2, 3, 2], level="layers", legend=True),
    "alike": lambda: clustered([9, 7, 1], level="neurons", alike=4),
    "blackboard": lambda: with_cost([2, 3, 2]),
    "blackboard of flat neurons": lambda: with_cost([3, 6, 2]),
    "code and chain rule": lambda: viz.steps(looped, a=0.5, b=-0.3, x=0.1)[0].picture,
    "chain rule with a long name": lambda: viz.steps(long_name, a=0.5)[0].picture,
    "code of a mistake": lambda: viz.misconception()[0].picture,
    "abreast": lambda: side_by_side([drawn(recurrence()), drawn(ordered())], ["one", "the other"]),
    "stacked": lambda: side_by_side([drawn(recurrence()), drawn(ordered())], ["one", "the other"], stacked=True),
}


@pytest.mark.full
@pytest.mark.parametrize("name", PICTURES)
def test_everything_is_where_it_was(name, as_measured):
    as_measured(FILE, name, measures(PICTURES[name]()), abs=0.05)
