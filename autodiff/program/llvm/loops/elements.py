"""A group of element-by-element instructions as one nest of loops."""

from collections.abc import Callable, Collection, Mapping, Sequence

from autodiff.primitives import NEG, SIGMOID, TANH, TANH_SLOPE
from autodiff.program.arrays.instructions import LOOPS, Apply, Block, Instruction, View
from autodiff.program.llvm import functions
from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, vectors, walk
from autodiff.program.llvm.text import Function, constant, vector


class Elements:
    """Writes the code of a group, of which only the first may be a sum, and stores the blocks needed behind it."""

    def __init__(self, f: Function, layout: Layout, group: Sequence[Instruction], stored: Collection[Block]) -> None:
        self.f, self.real, self.group, self.stored = f, layout.real, group, stored
        views = [(each.out, *(each.views if isinstance(each, Apply) else ())) for each in group]
        self.views = list(dict.fromkeys([view for of_one in views for view in of_one]))
        self.pointers = [layout.pointer(f, view, group[0].lengths) for view in self.views]
        self.pairs = _pairs([each for each in group if isinstance(each, Apply)])

    def write(self, place: Callable[[View], Pointer], lane: str, width: int, total: Lanes | None = None) -> None:
        """Write the code for `width` neighbors along the axis `lane`; `total` is the result of a sum."""
        known: dict[View, Lanes] = {}

        def get(operand: View | float) -> Lanes:
            if not isinstance(operand, View):
                kind = vector(self.real, width)
                return Lanes(self.f, kind, constant(kind, operand))
            if operand not in known:
                known[operand] = place(operand).read(lane, width)
            return known[operand]

        later: dict[View, Lanes] = {}
        last = {each.out: each for each in self.group}  # what is written before is added to
        for each in self.group:
            if not isinstance(each, Apply):
                assert total is not None
                result = total
            elif each.out in later:
                result = later[each.out]
            else:
                operands = [get(operand) for operand in each.operands or (0.0,)]  # an empty sum is 0
                if each.out in self.pairs:
                    result, later[self.pairs[each.out]] = functions.pair(each.primitive, operands[0])
                else:
                    result = functions.apply(each.primitive, each.operands, operands)
            known[each.out] = get(each.out) + result if each.add or each.mean else result
            if each.out.block in self.stored and last[each.out] is each:
                place(each.out).write(known[each.out], lane)


def write_elements(layout: Layout, elements: Elements, lanes: int, points: Sequence[Segment]) -> None:
    """Write the loops of a group of `Apply`; `points` are the segments of the points of a tile."""
    axes, lane = loops_of(layout, elements.group[0], elements.pointers, lanes, points)

    def body(here: Mapping[str, Segment], moved: Sequence[Pointer]) -> None:
        place = dict(zip(elements.views, moved, strict=True))
        elements.write(place.__getitem__, lane, here[lane].width if lane else 1)

    walk(elements.f, axes, elements.pointers, body)


def loops_of(
    layout: Layout, instruction: Instruction, pointers: Sequence[Pointer], lanes: int, points: Sequence[Segment]
) -> tuple[list[Axis], str]:
    """The loops over members and points, and the one in the lanes; "" without loops.

    That is the points, or for a single point the members that lie side by side in most arrays.
    """
    lengths = dict(zip(LOOPS, instruction.loops, strict=False))
    if instruction.out.block.batched and not layout.single:
        return [*[Axis(name, [Segment(0, n)]) for name, n in lengths.items()], Axis(BATCH, points)], BATCH
    lane = max(lengths, key=lambda name: sum([p.strides.get(name) == 1 for p in pointers]), default="")
    return [Axis(name, vectors(n, lanes if name == lane else 1, 1)) for name, n in lengths.items()], lane


def _pairs(group: Sequence[Apply]) -> dict[View, View]:
    """The results sigmoid(x) and tanh(x), each with sigmoid(-x), or the slope of tanh, of a later instruction."""
    minus = {each.out: each.operands[0] for each in group if each.primitive is NEG and not each.add}
    of: dict[object, View] = {}
    pairs: dict[View, View] = {}
    for each in group:
        if each.primitive in (SIGMOID, TANH, TANH_SLOPE) and not each.add:
            x = each.operands[0]
            first = (SIGMOID, minus.get(x) if isinstance(x, View) else None) if each.primitive is SIGMOID else (TANH, x)
            other = of.get(first)
            if other is None or each.primitive is TANH:
                of.setdefault((each.primitive, x), each.out)
            elif other not in pairs:
                pairs[other] = each.out
    return pairs
