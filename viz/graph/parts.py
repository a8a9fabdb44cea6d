"""A recorded graph in parts: a node, a neuron, a layer, or many that are alike; and which is computed from which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autodiff import Value
from viz.graph.description import Path, visible


@dataclass(eq=False)
class Part:
    """Some nodes that are shown as one.

    Attributes:
        members: its nodes, in topological order.
        cluster: the path of the box it lies in.
        path: the path of the box it stands for; () if it is none.
        count: how many alike it stands for.
        hidden: whether it only says so.
        exits: its nodes that others use, and the outputs.
        sources: the parts that its nodes are computed from, each once.
        users: the parts that are computed from it.
        depth: how many parts come before it, at most; for a leaf, one less than for its first user.
    """

    members: list[Value]
    cluster: Path
    path: Path = ()
    count: int = 1
    hidden: bool = False
    exits: list[Value] = field(default_factory=list)
    sources: "dict[Part, None]" = field(default_factory=dict)
    users: "dict[Part, None]" = field(default_factory=dict)
    depth: int = 0

    @property
    def node(self) -> Value | None:
        """Its node, if it is a node and no more."""
        return self.members[0] if len(self.members) == 1 and not self.path else None

    @property
    def results(self) -> list[Value]:
        """What others use of it: the parameters of a neuron do not count."""
        return [node for node in self.exits if not node.is_leaf] if self.path else self.exits


def split(order: Iterable[Value], boxes: Mapping[Value, Path], level: str) -> dict[Value, Part]:
    """Return the part of each node: itself at the level "operations", its box at the levels "neurons" and "layers"."""
    found: dict[Value, Part] = {}
    by_path: dict[Path, Part] = {}
    for node in order:
        box = boxes.get(node, ())
        path = {"operations": (), "neurons": box, "layers": box[:1]}[level]
        part = by_path.get(path)
        if part is None:
            part = Part([node], path[:-1] if path else box, path)
            if path:
                by_path[path] = part
        else:
            part.members.append(node)
        found[node] = part
    return found


def connect(found: Mapping[Value, Part], outputs: Iterable[Value]) -> list[Part]:
    """Find out what leads from which part to which, and return them in topological order.

    Raises:
        ValueError: if one is computed from itself.
    """
    parts = dict.fromkeys(found.values())
    for part in parts:
        part.exits, part.sources, part.users = [], {}, {}
    used = {*outputs}
    for node, part in found.items():
        for operand in map(visible, node.operands):
            source = found[operand]
            if source is not part:
                part.sources[source] = None
                used.add(operand)
    for part in parts:
        part.exits = [node for node in part.members if node in used]
        for source in part.sources:
            source.users[part] = None
    order = _ordered([found[output] for output in outputs])
    for part in order:
        part.depth = max((source.depth for source in part.sources), default=-1) + 1
    for part in order:
        if not part.sources and part.users:
            part.depth = min(user.depth for user in part.users) - 1
    return order


def _ordered(ends: Iterable[Part]) -> list[Part]:
    """All that the ends are computed from, depth first: in topological order, and else in the order of operands."""
    done: dict[Part, None] = {}
    begun: set[Part] = set()
    waiting = [*reversed([*ends])]
    while waiting:
        part = waiting[-1]
        before = [source for source in reversed(part.sources) if source not in done]
        if part in done or not before:
            done[waiting.pop()] = None
            continue
        if part in begun:
            raise ValueError(
                f"draw: expected a network in which no part is computed from itself, got {' '.join(part.path)}; "
                "use level='operations'"
            )
        begun.add(part)
        waiting += before
    return [*done]
