"""Recurring groups of instructions: loops, branches, elements of arrays, sums over lanes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.text import Function, bytes_of, lanes_literal, vector

MAX_UNROLLED_TURNS = 8  # a loop with a known number of turns, at most so many, is written without a jump


def loop(
    function: Function,
    count: str | int,
    body: Callable[..., Sequence[Lanes] | None],
    carried: Sequence[Lanes] = (),
    unrolled: bool = True,
) -> list[Lanes]:
    """Write `for i in range(count)`; return the values that the last turn returned.

    A turn is written by body(i), or by body(i, *carried), which returns the values for the next turn.
    """
    if isinstance(count, int) and count <= MAX_UNROLLED_TURNS and unrolled and not carried:
        for turn in range(count):
            body(str(turn))
        return []
    before = function.block
    head, inside, after = [function.label(purpose) for purpose in ("head", "body", "after")]
    function.do(f"br label %{head}")
    function.begin(head)
    i = function.phi("i64")
    phis = [function.phi(value.kind) for value in carried]
    function.do(f"br i1 {function.assign(f'icmp slt i64 {i.name}, {count}')}, label %{inside}, label %{after}")
    function.begin(inside)
    arriving = [Lanes(function, value.kind, phi.name) for value, phi in zip(carried, phis, strict=True)]
    leaving = body(i.name, *arriving) or ()
    following = function.assign(function.module.next_turn(i.name))
    firsts, lasts = ["0", *[x.name for x in carried]], [following, *[x.name for x in leaving]]
    for phi, first, last in zip([i, *phis], firsts, lasts, strict=True):
        phi.add(first, before)
        phi.add(last, function.block)
    function.do(f"br label %{head}")
    function.begin(after)
    return arriving


def branch(function: Function, condition: str, yes: Callable[[], None], no: Callable[[], None]) -> None:
    """Write `if condition: yes() else: no()`."""
    then, otherwise, after = [function.label(purpose) for purpose in ("then", "otherwise", "after")]
    function.do(f"br i1 {condition}, label %{then}, label %{otherwise}")
    for label, side in ((then, yes), (otherwise, no)):
        function.begin(label)
        side()
        function.do(f"br label %{after}")
    function.begin(after)


def across(rows: Sequence[Lanes]) -> Lanes:
    """The sum over the lanes of each of n vectors, in one vector of n lanes; n is a power of 2, at most the lanes."""
    distance = 1
    while rows[0].kind.count > len(rows):
        rows = [halved(row) for row in rows]
    while len(rows) > 1:
        rows = [_interleaved(x, y, distance) for x, y in zip(rows[::2], rows[1::2], strict=True)]
        distance *= 2
    return rows[0]


def halved(x: Lanes) -> Lanes:
    """The sums of the two halves of a vector."""
    f, n = x.function, x.kind.count // 2
    if n == 1:
        low, high = [Lanes(f, vector(x.kind.element, n), x.lane(k)) for k in (0, 1)]
    else:
        low, high = [_shuffled(x, x, range(k, k + n)) for k in (0, n)]
    return low + high


def _interleaved(x: Lanes, y: Lanes, distance: int) -> Lanes:
    """Sums of two lanes at a distance, a power of 2: of x in the lanes whose numbers lack this bit, else of y."""
    n = x.kind.count
    own, other = [[(lane ^ flip) + (lane & distance and n) for lane in range(n)] for flip in (0, distance)]
    return _shuffled(x, y, own) + _shuffled(x, y, other)


def _shuffled(x: Lanes, y: Lanes, lanes: Sequence[int]) -> Lanes:
    """Some lanes of x, numbered from 0, and of y, numbered from where those of x end."""
    f, integers = x.function, vector("i32", len(lanes))
    order = f"{integers} {lanes_literal(integers, lanes)}"
    name = f.assign(f"shufflevector {x.kind} {x.name}, {y.kind} {y.name}, {order}")
    return Lanes(f, vector(x.kind.element, len(lanes)), name)


def ceil_divide(function: Function, count: str, by: int) -> str:
    """The number of groups of `by` that hold `count` things."""
    return function.assign(f"udiv i64 {function.assign(f'add i64 {count}, {by - 1}')}, {by}")


def tile_of(function: Function, n: str, size: int, i: str) -> tuple[str, str]:
    """The first of n things that are in tile i, and how many are: `size`, but in the last tile."""
    start = function.assign(f"mul i64 {i}, {size}")
    left = function.assign(f"sub i64 {n}, {start}")
    is_last = function.assign(f"icmp slt i64 {left}, {size}")
    return start, function.assign(f"select i1 {is_last}, i64 {left}, i64 {size}")


def clear(function: Function, real: str, array: str, n: str | int) -> None:
    """array[:n] = 0"""
    function.module.declare("llvm.memset.p0i8.i64", "void", "i8*, i8, i64, i1")
    start = function.assign(f"bitcast {real}* {array} to i8*")
    n_bytes = function.assign(f"mul i64 {n}, {bytes_of(real)}") if isinstance(n, str) else n * bytes_of(real)
    function.do(f"call void @llvm.memset.p0i8.i64(i8* {start}, i8 0, i64 {n_bytes}, i1 false)")


def place_of(function: Function, places: Sequence[int], i: str) -> str:
    """places[i]: by equal steps, or from a table."""
    steps = {after - before for before, after in pairwise(places)}
    if len(steps) > 1:
        return get(function, "i64", function.module.array("i64", places), i)
    step = min(steps, default=0)
    moved = i if step == 1 else function.assign(f"mul i64 {i}, {step}")
    return moved if places[0] == 0 else function.assign(f"add i64 {moved}, {places[0]}")


def at(function: Function, kind: object, array: str, i: str | int) -> str:
    """The address of array[i]."""
    return function.assign(f"getelementptr {kind}, {kind}* {array}, i64 {i}")


def get(function: Function, kind: object, array: str, i: str | int) -> str:
    """array[i]"""
    return function.assign(f"load {kind}, {kind}* {at(function, kind, array, i)}")


def put(function: Function, kind: object, array: str, i: str | int, number: str) -> None:
    """array[i] = number"""
    function.do(f"store {kind} {number}, {kind}* {at(function, kind, array, i)}")
