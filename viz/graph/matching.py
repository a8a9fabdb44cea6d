"""Which node of a graph is which of another: by label, by value, and else by its place."""

from viz.graph.description import Graph, Node


def matched(one: Graph, other: Graph) -> dict[str, str]:
    """Return the ids of nodes of the other graph by those of their partners in the first.

    Partners have one label, or are one Value. Else they have the same symbol and operands that are partners, or are the
    same operand of partners, or differ in the symbol alone, as relu and σ in one place.

    >>> from autodiff import Value, relu, sigmoid
    >>> from viz.graph.description import describe
    >>> x = Value(2.0, "x")
    >>> matched(describe([relu(3 * x) + 1]), describe([sigmoid(3 * x) + 1]))
    {'n0': 'n0', 'n3': 'n3', 'n1': 'n1', 'n2': 'n2'}
    """
    operands, of_other = _operands(one), _operands(other)
    free = {node.id: node for node in other.nodes}
    left = {node.id: node for node in one.nodes}
    pairs: dict[str, str] = {}

    def pair(id_: str, partner: str | None) -> bool:
        if id_ not in left or partner not in free or bool(operands[id_]) != bool(of_other[partner]):
            return False
        del left[id_], free[partner]
        pairs[id_] = partner
        return True

    def upward(*, is_strict: bool) -> bool:
        """Pair nodes whose operands are partners; if strict, only those with the same symbol."""

        def key(node: Node, ids: tuple[str | None, ...]) -> tuple[object, ...]:
            return (*ids, node.symbol if is_strict else "")

        there = {key(node, of_other[node.id]): node.id for node in reversed(free.values()) if of_other[node.id]}
        known = [(node, tuple(map(pairs.get, operands[node.id]))) for node in left.values() if operands[node.id]]
        paired = [pair(node.id, there.get(key(node, ids))) for node, ids in known]
        return any(paired)

    def downward() -> bool:
        """Pair the operands of partners, each with that in its place."""
        both = [(operands[id_], of_other[partner]) for id_, partner in pairs.items()]
        paired = [pair(*ids) for a, b in both if len(a) == len(b) for ids in zip(a, b, strict=True)]
        return any(paired)

    labels = {node.name: node.id for node in other.nodes if node.label}
    values = {value: node.id for value, node in zip(other.values, other.nodes, strict=True)}
    for value, node in zip(one.values, one.nodes, strict=True):
        if not (node.label and pair(node.id, labels.get(node.name))):
            pair(node.id, values.get(value))
    pair(one.nodes[-1].id, other.nodes[-1].id)
    while upward(is_strict=True) or downward() or upward(is_strict=False):
        pass
    return pairs


def _operands(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The ids of the operands of each node."""
    operands: dict[str, tuple[str, ...]] = {node.id: () for node in graph.nodes}
    for edge in graph.edges:
        operands[edge.target.id] += (edge.source.id,)
    return operands
