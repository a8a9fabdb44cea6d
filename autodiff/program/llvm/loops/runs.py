"""Irregular rows in runs, for a single point: neighbors in an index are mostly neighbors in the source too.

So it is where each of many is paired with each other, as bodies are, or where a window moves. The second bodies of the
pairs (0, 1), (0, 2), ..., (1, 2), ... run through all that follow the first body, which stays. A run is read in whole
vectors, and the sum over the pairs of each body adds whole vectors of pairs, run by run.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import IDENTITY
from autodiff.program.arrays.instructions import Apply, Array, Block, Contract, Gather, Instruction, Mean, View
from autodiff.program.llvm import functions
from autodiff.program.llvm.flow import across, at, get, loop
from autodiff.program.llvm.lanes import Lanes, Mask, fma, where
from autodiff.program.llvm.loops.layout import Layout
from autodiff.program.llvm.loops.nest import Pointer
from autodiff.program.llvm.reduction import Run, runs
from autodiff.program.llvm.text import Function, constant, vector

MIN_SHARE = 0.5  # of the numbers of an index that are in runs
MIN_PER_WINDOW = 3  # numbers that a window of a sum adds on average
MIN_NUMBERS = 128  # of a sum in windows
UNROLLED = 4  # windows in a turn


@dataclass(frozen=True)
class InRuns(Instruction):
    """out[i] = primitive(x[index[0, i]], y[index[1, i]], ...)"""

    primitive: Primitive = field(kw_only=True)
    index: Array = field(kw_only=True)  # (n_operands, n)


@dataclass(frozen=True)
class Windows(Instruction):
    """out[i] = the sum over the windows of row i, and over their lanes, of weight * source[place + lane].

    Rows behind those of `out` are for `lanes` neighbors in it each: lane by lane, their sums are added to these.
    """

    starts: Array = field(kw_only=True)  # the windows of row i are those from starts[i] to starts[i + 1]
    windows: Array = field(kw_only=True)  # (n, 2): place, and the lanes as bits
    weights: Array = field(kw_only=True)  # (n,)


def in_runs(instructions: Sequence[Instruction], lanes: int) -> list[Instruction]:
    """Return the instructions with rows in an order in which irregular ones are in runs, where that is worth it."""
    readers = Counter([view.block for each in instructions for view in dict.fromkeys(each.views)])
    gathers: dict[Block, Gather] = {}
    steps: dict[int, list[Instruction]] = {}  # by the instruction that they take the place of
    dealt: dict[tuple[Block, int], Block] = {}
    for each in instructions:
        own = [gathers[v.block] for v in each.views if readers[v.block] == 1 and v.block in gathers]
        new: list[Instruction] = []
        if isinstance(each, Gather):
            gathers[each.out.block] = each
            new = _in_order(each, dealt, lanes)
        elif isinstance(each, Contract) and len(own) == 1:
            new = _scattered(each, own[0], lanes)
        elif isinstance(each, Apply) and own and len(own) == len(each.operands):
            new = _joined(each, [steps[id(gather)][-1] for gather in own])
        for key in {id(gather) for gather in own} if new else ():
            del steps[key][-1]
        steps[id(each)] = new or [each]
    return [step for some in steps.values() for step in some]


# ---------------------------------------------------------------------------------------------------- reading


def _in_order(gather: Gather, dealt: dict[tuple[Block, int], Block], lanes: int) -> list[Instruction]:
    """A copy in runs; where neighbors are some steps apart, from a source that is dealt out in such steps."""
    (view,), step = gather.views, _step(np.diff(gather.index))
    order = _dealt(view.block.n_rows, step)
    index = np.argsort(order)[np.newaxis, gather.index]
    if (gather.index < 0).any() or np.isin(np.diff(index[0]), (0, 1)).sum() < MIN_SHARE * len(gather.index):
        return []
    if sum([run.length for run in _runs(index) if _is_whole(run, lanes)]) < MIN_SHARE * len(gather.index):
        return []
    new: list[Instruction] = []
    if step > 1:
        if (view.block, step) not in dealt:
            block = dealt[view.block, step] = Block("rows", len(order), view.block.batched)
            new.append(Gather(View(block, 0, (1,)), (len(order),), gather.operands, index=order))
        view = view._replace(block=dealt[view.block, step])
    return [*new, InRuns(gather.out, gather.loops, (view,), primitive=IDENTITY, index=index)]


def _joined(each: Apply, copies: Sequence[Instruction]) -> list[Instruction]:
    """An operation that reads by the indices of copies; nothing if it reads the copies in another order."""
    in_order = len(each.loops) == 1 and not each.add and all(view[1:] == (0, (1,)) for view in each.views)
    some = [copy for copy in copies if isinstance(copy, InRuns)]
    if not in_order or len(some) < len(each.operands):
        return []
    views, index = tuple([copy.operands[0] for copy in some]), np.concatenate([copy.index for copy in some])
    return [InRuns(each.out, each.loops, views, primitive=each.primitive, index=index)]


def _step(differences: Array) -> int:
    """The step that most neighbors are apart that differ."""
    positive = differences[differences > 0]
    return int(np.bincount(positive).argmax()) if len(positive) else 1


def _dealt(n: int, step: int) -> Array:
    """The numbers below n, each `step` behind the one before it; then those from 1 on, and so on."""
    return np.argsort(np.arange(n) % step, kind="stable")


def _runs(places: Array) -> Iterator[Run]:
    """The runs of places in arrays, (n_arrays, n)."""
    return runs(np.ones_like(places), places)


def _is_whole(run: Run, lanes: int) -> bool:
    """Whether a run fills a vector with neighbors, or with one number."""
    return run.length >= lanes and {*run.steps} <= {0, 1}


def write_in_runs(f: Function, layout: Layout, instruction: InRuns, lanes: int) -> None:
    """Write the operation: whole runs in vectors, which may overlap, and the rest one by one."""
    index = instruction.index
    out, *sources = [layout.pointer(f, view, instruction.lengths) for view in (instruction.out, *instruction.views)]
    rows: dict[tuple[int, ...], list[list[int]]] = {}
    for run in _runs(index):
        whole, end = _is_whole(run, lanes), run.first + run.length
        starts = [*range(run.first, end - lanes, lanes), end - lanes] if whole else range(run.first, end)
        rows.setdefault(run.steps if whole else (), []).extend([[k, *index[:, k].tolist()] for k in starts])
    for steps, some in rows.items():

        def one(row: str, steps: tuple[int, ...] = steps) -> None:
            to, *places = _numbers(f, row, 1 + len(sources))
            operands = [
                source.moved(place).read("i" if step else "", lanes if steps else 1)
                for source, place, step in zip_longest(sources, places, steps)
            ]
            result = functions.apply(instruction.primitive, instruction.operands, operands)
            out.moved(to).write(result, "i")

        _for_rows(f, np.array(some + some[-1:] * (-len(some) % UNROLLED)), one)


def _for_rows(f: Function, rows: Array, body: Callable[[str], None]) -> None:
    """Write a loop over the rows of a table, whose body has the address of a row, some in a turn."""
    table = f.module.array("i32", rows.ravel().tolist())

    def some(i: str) -> None:
        first = f.assign(f"mul i64 {i}, {UNROLLED}")
        for k in range(UNROLLED):
            row = f.assign(f"add i64 {first}, {k}")
            body(at(f, "i32", table, f.assign(f"mul i64 {row}, {rows.shape[1]}")))

    loop(f, len(rows) // UNROLLED, some, unrolled=False)


def _numbers(f: Function, row: str, n: int) -> list[str]:
    """Write the loads of the n numbers of a row of a table."""
    return [f.assign(f"sext i32 {get(f, 'i32', row, k)} to i64") for k in range(n)]


# ---------------------------------------------------------------------------------------------------- sums


def _scattered(sum_: Contract, gather: Gather, lanes: int) -> list[Instruction]:
    """The instructions of a sum of gathered numbers, each times a constant; none if they are too irregular."""
    (source,), n, block = gather.views, sum_.out.block.n_rows, gather.out.block
    shape, rows = sum_.loops + sum_.terms, sum_.out.row_numbers(sum_.loops).ravel()
    (view,), (factor, *_) = [[v for v in sum_.views if (v.block is block) is own] or [source] for own in (True, False)]
    if factor.block.numbers is None or sum_.add or source.block.n_rows < lanes or len({*rows.tolist()}) < len(rows):
        return []
    weights = factor.block.numbers[factor.row_numbers(shape)].ravel()
    places = gather.index[view.row_numbers(shape)].ravel()
    if len(places) < MIN_NUMBERS or (places < 0).any() or not np.isfinite(weights).all():
        return []
    of = np.repeat(np.arange(len(rows)), len(places) // len(rows))
    order = np.lexsort((of, places))  # the sums of a place; first those that come first for their places
    order = order[np.argsort(_rank(places[order]), kind="stable")]
    places, of, weights = places[order], of[order], weights[order]
    if (np.diff(places) == 1).sum() < MIN_SHARE * len(places):
        return []
    dealt = _dealt(len(rows), _step(np.diff(of)[np.diff(places) == 1]))
    n = -(-len(rows) // lanes) * lanes
    windows = _windows(places, np.argsort(dealt)[of], weights, source.block.n_rows, n, lanes)
    if len(windows) * MIN_PER_WINDOW > len(places):
        return []
    starts = np.searchsorted([row for row, *_ in windows], np.arange(n + n // lanes + 1))
    table, factors = np.array([window[1:3] for window in windows]), np.array([weight for *_, weight in windows])
    totals = View(Block("rows", n, block.batched), 0, (1,))
    return [
        Windows(totals, (n,), (source,), starts=starts, windows=table, weights=factors),
        Mean(View(sum_.out.block, 0, (1,)), (len(rows),), (totals,), index=rows[dealt]),
    ]


def _windows(
    places: Array, of: Array, weights: Array, n_places: int, n: int, lanes: int
) -> list[tuple[int, int, int, float]]:
    """The windows of the sums `of`, sorted by their rows: row, place, lanes as bits, weight.

    A run of one sum is added to the row of the sum, one of neighboring sums to a row behind the n rows of sums.
    """
    windows: list[tuple[int, int, int, float]] = []

    def add(first: int, n_terms: int, row: int, lane: int) -> None:
        """Add terms to lanes of a row; one by one where the window would be outside of the source."""
        place = int(places[first]) - lane
        if 0 <= place <= n_places - lanes:
            windows.append((row, place, (1 << n_terms) - 1 << lane, float(weights[first])))
            return
        for k in range(first, first + n_terms):
            add(k, 1, int(of[k]), max(0, int(places[k]) - n_places + lanes))

    changes = np.cumsum(np.diff(weights, prepend=0.0) != 0.0)
    for run in _runs(np.stack([places, of, changes])):
        k, end = run.first, run.first + run.length
        while k < end:
            lane, n_terms, row = 0, min(lanes, end - k), int(of[k])
            if run.steps == (1, 1, 0):
                lane = row % lanes
                n_terms, row = min(n_terms, lanes - lane), n + row // lanes
            elif run.steps != (1, 0, 0):
                n_terms = 1
            add(k, n_terms, row, lane)
            k += n_terms
    return sorted(windows)


def _rank(numbers: Array) -> Array:
    """How often each number has come before."""
    order = np.argsort(numbers, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - np.searchsorted(numbers[order], numbers[order])
    return rank


def write_windows(f: Function, layout: Layout, instruction: Windows, lanes: int) -> None:
    """Write the sums of all rows."""
    real, kind, (n,), (view,) = layout.real, vector(layout.real, lanes), instruction.loops, instruction.views
    source, out = [layout.pointer(f, v, instruction.lengths) for v in (view, instruction.out)]
    starts, windows = [
        f.module.array("i32", each.ravel().tolist()) for each in (instruction.starts, instruction.windows)
    ]
    weights = Pointer(f, real, f.module.array(real, instruction.weights.tolist()), {"i": 1})

    def total_of(row: str) -> Lanes:
        first, end = _numbers(f, at(f, "i32", starts, row), 2)

        def one_window(k: str, total: Lanes) -> list[Lanes]:
            k = f.assign(f"add i64 {first}, {k}")
            place, bits = _numbers(f, at(f, "i32", windows, f.assign(f"mul i64 {k}, 2")), 2)
            mask = f.assign(f"bitcast i{lanes} {f.assign(f'trunc i64 {bits} to i{lanes}')} to {vector('i1', lanes)}")
            number, weight = source.moved(place).read("i", lanes), weights.along("i", k).read("", lanes)
            return [fma(weight, where(Mask(number, mask), number, 0.0), total)]

        (total,) = loop(f, f.assign(f"sub i64 {end}, {first}"), one_window, [Lanes(f, kind, constant(kind, 0.0))])
        return total

    def one(i: str) -> None:
        out.along("i", i).write(across([total_of(i)]))

    def neighbors(i: str) -> None:
        place, total = out.along("i", i, lanes), total_of(f.assign(f"add i64 {i}, {n}"))
        place.write(place.read("i", lanes) + total, "i")

    loop(f, n, one, unrolled=False)
    loop(f, n // lanes, neighbors, unrolled=False)
