"""A recorded graph divided into parts: a part is a node, a neuron, a layer, or many that are alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autodiff import Value
from viz.graph.description import BoxPath
from viz.graph.symbols import visible


@dataclass(eq=False)
class Part:
    """Some nodes that are shown as one."""

    members: list[Value]  # its nodes, in topological order
    cluster: BoxPath  # the path of the box around it
    path: BoxPath = ()  # the path of the box that it stands for; () if it stands for none
    count: int = 1  # the number of parts, all alike, that it stands for
    hidden: bool = False  # whether only that number is shown
    exits: list[Value] = field(default_factory=list)  # its nodes that other parts use, and those that are outputs
    sources: "dict[Part, None]" = field(default_factory=dict)  # the parts that its nodes are computed from, each once
    users: "dict[Part, None]" = field(default_factory=dict)  # the parts that are computed from it, each once
    depth: int = 0  # the length of the longest path to it; for a leaf, one less than the depth of its first user

    @property
    def node(self) -> Value | None:
        """Its only node, if it stands for no box."""
        return self.members[0] if len(self.members) == 1 and not self.path else None

    @property
    def results(self) -> list[Value]:
        """The nodes that others use; for a box, without its parameters."""
        return [node for node in self.exits if not node.is_leaf] if self.path else self.exits


def split(order: Iterable[Value], boxes: Mapping[Value, BoxPath], level: str) -> dict[Value, Part]:
    """Return the part of each node: itself at the level "operations", its box at the levels "neurons" and "layers"."""
    part_of: dict[Value, Part] = {}
    by_path: dict[BoxPath, Part] = {}
    for node in order:
        box = boxes.get(node, ())
        path = {"operations": (), "neurons": box}.get(level, box[:1])
        part = by_path.get(path)
        if part is None:
            part = Part([node], path[:-1] if path else box, path)
            if path:
                by_path[path] = part
        else:
            part.members.append(node)
        part_of[node] = part
    return part_of


def connect(part_of: Mapping[Value, Part], outputs: Iterable[Value]) -> list[Part]:
    """Fill in the sources, users, exits and depth of all parts, and return the parts in topological order.

    Raise ValueError if a part is computed from itself.
    """
    parts = dict.fromkeys(part_of.values())
    for part in parts:
        part.exits, part.sources, part.users = [], {}, {}
    used = {*outputs}
    for node, part in part_of.items():
        for operand in map(visible, node.operands):
            source = part_of.get(operand, part)  # a number that is written into a symbol has no part
            if source is not part:
                part.sources[source] = None
                used.add(operand)
    for part in parts:
        part.exits = [node for node in part.members if node in used]
        for source in part.sources:
            source.users[part] = None
    order = _topological_order([part_of[output] for output in outputs])
    for part in order:
        part.depth = max((source.depth for source in part.sources), default=-1) + 1
    for part in order:
        if not part.sources and part.users:
            part.depth = min(user.depth for user in part.users) - 1
    return order


def _topological_order(ends: Iterable[Part]) -> list[Part]:
    """The ends and all parts that they are computed from, sources first, depth first in the order of operands."""
    done: dict[Part, None] = {}
    begun: set[Part] = set()
    stack = [*reversed([*ends])]
    while stack:
        part = stack[-1]
        missing = [source for source in reversed(part.sources) if source not in done]
        if part in done or not missing:
            done[stack.pop()] = None
            continue
        if part in begun:
            raise ValueError(
                f"draw: expected a network in which no part is computed from itself, got {' '.join(part.path)}; "
                "use level='operations'"
            )
        begun.add(part)
        stack += missing
    return [*done]
