"""A group of element-by-element instructions as one nest of loops."""

from collections.abc import Collection, Mapping, Sequence

from autodiff.primitives import NEG, SIGMOID, TANH, TANH_SLOPE
from autodiff.program.arrays.instructions import Apply, Block, View
from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.loops import functions
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import BATCH, Axis, Pointer, Segment, read, vectors, walk, write
from autodiff.program.llvm.text import Function, constant, vector


def write_elements(
    f: Function,
    layout: Layout,
    group: Sequence[Apply],
    stored: Collection[Block],
    lanes: int,
    points: Sequence[Segment],
) -> None:
    """Write the loops of a group; only the blocks `stored` are needed behind it.

    `points` are the segments of the points of a tile, in vectors of `lanes` and of twice as many.
    """
    lengths = group[0].lengths
    views = list(dict.fromkeys([view for each in group for view in (each.out, *each.views)]))
    pointers = [layout.pointer(f, view, lengths) for view in views]
    axes = [Axis(name, [Segment(0, length)]) for name, length in lengths.items()]
    if group[0].out.block.batched and not layout.single:
        lane = BATCH
        axes.append(Axis(BATCH, points))
    else:
        lane = best_lane(lengths, pointers)
        axes = [Axis(lane, vectors(lengths[lane], lanes, 1)) if axis.name == lane else axis for axis in axes]
    pairs = _pairs(group)

    def body(here: Mapping[str, Segment], moved: Sequence[Pointer]) -> None:
        place = dict(zip(views, moved, strict=True))
        width = here[lane].width if lane else 1
        known: dict[View, Lanes] = {}

        def get(operand: View | float) -> Lanes:
            if not isinstance(operand, View):
                kind = vector(layout.real, width)
                return Lanes(f, kind, constant(kind, operand))
            if operand not in known:
                known[operand] = read(f, layout.real, place[operand], 0, lane, width)
            return known[operand]

        later: dict[View, Lanes] = {}
        last = {each.out: each for each in group}  # what is written before is added to
        for each in group:
            operands = [get(operand) for operand in each.operands or (0.0,)]  # an empty sum is 0
            if each.out in later:
                result = later[each.out]
            elif each.out in pairs:
                result, later[pairs[each.out]] = functions.pair(each.primitive, operands[0])
            else:
                result = functions.apply(each.primitive, each.operands, operands)
            known[each.out] = get(each.out) + result if each.add else result
            if each.out.block in stored and last[each.out] is each:
                write(f, layout.real, place[each.out], 0, lane, known[each.out])

    walk(f, layout.real, axes, pointers, body)


def best_lane(lengths: Mapping[str, int], pointers: Sequence[Pointer]) -> str:
    """The loop whose neighbors lie side by side in most arrays; "" without loops."""
    return max(lengths, key=lambda name: sum([p.strides.get(name) == 1 for p in pointers]), default="")


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
