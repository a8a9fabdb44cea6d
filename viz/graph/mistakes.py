"""Common mistakes of backpropagation, as data: what each does, why it is wrong, and its code beside the right one.

A mistake of the loop sends products in a wrong way: `viz.graph.events` runs it. A mistake of a rule has a wrong local
derivative: `slipped` writes it on the edges, and the loop is the right one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from autodiff import Primitive
from autodiff.extend import primitives
from viz.graph.description import Edge, Graph

Lit = Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""The lines of the wrong code and of the right one that an event executes, by the kind of the event."""

ANY = -1  # operand of a rule
RATE = 0.1  # of the step that data takes too early
LOOP = """for node in reversed(topological_order(output)):
    for x, partial in zip(node.operands, node.partials):
        x.grad += node.grad * partial"""
LIT: Lit = MappingProxyType({"seed": ((0,), (0,)), "send": ((1, 2), (1, 2))})


@dataclass(frozen=True)
class Mistake:
    """A mistake.

    Attributes:
        title: the mistake, in a sentence.
        reason: why its numbers are wrong.
        wrong, right: its code, and the right one.
        lit: the lines of both that an event executes.
        rules: of a mistake of rules, the line of each rule in both codes, and the operand whose derivative is wrong.
        slip: of such a mistake, an edge -> its wrong local derivative.
    """

    title: str
    reason: str
    wrong: str
    right: str = LOOP
    lit: Lit = field(default_factory=lambda: LIT)
    rules: Mapping[Primitive | None, tuple[int, int]] = field(default_factory=dict)
    slip: Callable[[Edge], float] | None = None

    def lines(self, kind: str, primitive: Primitive | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the lines of both codes that an event executes, which is about a node of a primitive, if any."""
        if self.slip is None:
            return self.lit.get(kind, ((), ()))
        rule = self.rules.get(primitive) if kind in ("forward", "send") else None
        return ((rule[0],), (rule[0],)) if rule else ((), ())


def _table(*rules: str) -> str:
    return "\n".join(["RULES = {", *(f"    {rule}," for rule in rules), "}"])


MISTAKES: Mapping[str, Mistake] = MappingProxyType(
    {
        "depth-first": Mistake(
            "A node passes its gradient on as soon as something has arrived.",
            "What arrived first was sent on at once, and sent again with what arrived later: "
            "a node may send only when every node that uses it has reported back.",
            """def backward(node):
    for x, partial in zip(node.operands, node.partials):
        x.grad += node.grad * partial
        backward(x)""",
        ),
        "overwrite": Mistake(
            "A node keeps the last product (=) where it should keep the sum (+=).",
            "A node that is used twice has an effect along both edges, and the effects add up.",
            LOOP.replace("+=", "="),
        ),
        "not-zeroed": Mistake(
            "The gradients of the pass before are not set to 0.",
            "A leaf still held the gradient of the pass before, and += added to it.",
            LOOP,
            f"for leaf in leaves(output):\n    leaf.grad = 0.0\n{LOOP}",
            {"given": ((), (0, 1)), "seed": ((0,), (2,)), "send": ((1, 2), (3, 4))},
        ),
        "in-place": Mistake(
            "The data of a leaf changes before the backward pass is over.",
            "A local derivative is that of the forward pass; that of data changed since is that of another point.",
            f"""for node in reversed(topological_order(output)):
    for x, partial in zip(node.operands, partials(node)):
        x.grad += node.grad * partial
        if x.is_leaf: x.data -= {RATE} * node.grad * partial""",
            f"{LOOP}\nfor leaf in leaves(output):\n    leaf.data -= {RATE} * leaf.grad",
            {"seed": ((0,), (0,)), "send": ((1, 2, 3), (1, 2)), "end": ((), (3, 4))},
        ),
        "sign": Mistake(
            "The minus of a rule is forgotten.",
            "Where an operand grows and the result falls, the local derivative is negative.",
            _table(
                '"sub": lambda a, b: (1, 1)',
                '"neg": lambda a: (1,)',
                '"div": lambda a, b: (1/b, a/b**2)',
                '"reciprocal": lambda a: (1/a**2,)',
                '"cos": lambda a: (sin(a),)',
            ),
            _table(
                '"sub": lambda a, b: (1, -1)',
                '"neg": lambda a: (-1,)',
                '"div": lambda a, b: (1/b, -a/b**2)',
                '"reciprocal": lambda a: (-1/a**2,)',
                '"cos": lambda a: (-sin(a),)',
            ),
            rules={
                primitives.SUB: (1, 1),
                primitives.NEG: (2, 0),
                primitives.DIV: (3, 1),
                primitives.RECIPROCAL: (4, 0),
                primitives.COS: (5, 0),
            },
            slip=lambda edge: -(edge.partial or 0.0),
        ),
        "product": Mistake(
            "In a product a factor gets itself, where it should get the other factor.",
            "If a grows by h, the product a·b grows by b·h: the local derivative by a is b.",
            _table('"mul": lambda a, b: (a, b)'),
            _table('"mul": lambda a, b: (b, a)'),
            rules=dict.fromkeys((primitives.MUL, primitives.MUL_OR_ZERO, primitives.DOT), (1, ANY)),
            slip=lambda edge: edge.source.data,
        ),
    }
)


def slipped(graph: Graph, mistake: str) -> Graph:
    """Return a graph with the local derivatives of a mistake of rules; of another mistake, or of "", the same graph."""
    slip = MISTAKES[mistake].slip if mistake else None
    if slip is None:
        return graph
    made_by = {node.id: value.primitive for node, value in zip(graph.nodes, graph.values, strict=True)}
    places = {primitive: place for primitive, (_, place) in MISTAKES[mistake].rules.items()}

    def partial(edge: Edge) -> float | None:
        is_slip = edge.partial is not None and places.get(made_by[edge.target.id]) in (ANY, edge.index)
        return slip(edge) if is_slip else edge.partial

    return replace(graph, edges=[replace(edge, partial=partial(edge)) for edge in graph.edges])
