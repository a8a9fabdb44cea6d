"""Nests of loops as text: `walk` writes loops over axes, and moves pointers into arrays along.

An axis is cut into segments: so many turns that do several elements each, then the rest. The body is written once for
each combination of segments, for so many elements at once: they are unrolled, or lie in the lanes of a vector.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from autodiff.program.llvm.flow import at, loop
from autodiff.program.llvm.lanes import Lanes, spread
from autodiff.program.llvm.text import Function, Vector, bytes_of, vector

BATCH = "b"


class Segment(NamedTuple):
    """A part of an axis: `turns`, each for `unroll` vectors (or single elements) of `width` elements."""

    start: int | str  # the first element
    turns: int | str
    unroll: int = 1
    width: int = 1

    @property
    def step(self) -> int:
        """How many elements a turn does."""
        return self.unroll * self.width


class Axis(NamedTuple):
    """A loop: the letter of an instruction's loop, and its segments."""

    name: str
    segments: Sequence[Segment]


class Pointer(NamedTuple):
    """A place in an array, and how many numbers further the next one is along each axis."""

    f: Function  # where instructions are written
    real: str  # the type of a number, "double" or "float"
    place: str
    strides: Mapping[str, int]

    def moved(self, offset: int | str) -> "Pointer":
        """The pointer to a place so many numbers further."""
        return self if offset == 0 else self._replace(place=at(self.f, self.real, self.place, offset))

    def along(self, axis: str, i: int | str, step: int = 1) -> "Pointer":
        """The pointer i * step elements further along an axis."""
        stride = self.strides.get(axis, 0) * step
        if isinstance(i, int):
            return self.moved(i * stride)
        if not stride:
            return self
        return self.moved(i if stride == 1 else self.f.assign(f"mul i64 {i}, {stride}"))

    def read(self, lane: str = "", width: int = 1, offset: int = 0) -> Lanes:
        """Write the load of `width` neighbors along the axis `lane`, at a constant offset."""
        f, real, stride, here = self.f, self.real, self.strides.get(lane, 0), self.moved(offset)
        kind = vector(real, width)
        if width == 1 or stride == 0:
            return spread(f, kind, f.assign(f"load {real}, {real}* {here.place}"))
        if stride == 1:
            return Lanes(f, kind, f.assign(f"load {kind}, {kind}* {here.as_vector(kind)}, align {bytes_of(real)}"))
        result = "undef"
        for k in range(width):
            number = f.assign(f"load {real}, {real}* {self.moved(offset + k * stride).place}")
            result = f.assign(f"insertelement {kind} {result}, {real} {number}, i32 {k}")
        return Lanes(f, kind, result)

    def write(self, numbers: Lanes, lane: str = "", offset: int = 0) -> None:
        """Write the store of neighbors along the axis `lane`, at a constant offset."""
        f, real, kind, stride, here = self.f, self.real, numbers.kind, self.strides.get(lane, 0), self.moved(offset)
        if kind.count == 1:
            f.do(f"store {real} {numbers.name}, {real}* {here.place}")
        elif stride == 1:
            f.do(f"store {kind} {numbers.name}, {kind}* {here.as_vector(kind)}, align {bytes_of(real)}")
        else:
            for k in range(kind.count):
                f.do(f"store {real} {numbers.lane(k)}, {real}* {self.moved(offset + k * stride).place}")

    def as_vector(self, kind: Vector) -> str:
        """The address, as one of vectors."""
        return self.f.assign(f"bitcast {self.real}* {self.place} to {kind}*")


Body = Callable[[Mapping[str, Segment], Sequence[Pointer]], None]


def walk(f: Function, axes: Sequence[Axis], pointers: Sequence[Pointer], body: Body) -> None:
    """Write nested loops, the first axis outermost, around the body."""
    if not axes:
        body({}, pointers)
        return
    axis, *inner = axes
    for segment in axis.segments:
        at_start = [p.along(axis.name, segment.start) for p in pointers]

        def turn(i: str | int, at_start: Sequence[Pointer] = at_start, segment: Segment = segment) -> None:
            def inside(here: Mapping[str, Segment], pointers: Sequence[Pointer]) -> None:
                body({axis.name: segment, **here}, pointers)

            walk(f, inner, [p.along(axis.name, i, segment.step) for p in at_start], inside)

        if segment.turns == 1:
            turn(0)
        else:
            loop(f, segment.turns, turn, unrolled=False)


def blocks(length: int, size: int) -> list[Segment]:
    """Segments that do `size` elements in a turn, and the rest in a last one."""
    full, rest = divmod(length, size)
    segments = [Segment(0, full, size)] if full else []
    return segments + ([Segment(full * size, 1, rest)] if rest else [])


def vectors(length: int, width: int, unroll: int) -> list[Segment]:
    """Segments of whole vectors, `unroll` in a turn, then of shorter vectors for the last elements."""
    segments: list[Segment] = []
    start = 0
    for several, lanes in [(unroll, width), *_halves(width)]:
        for n in dict.fromkeys((several, (length - start) // lanes % several if several > 1 else 1)):
            if n and (count := (length - start) // (n * lanes)):
                segments.append(Segment(start, count, n, lanes))
                start += count * n * lanes
    return segments


def _halves(width: int) -> Iterator[tuple[int, int]]:
    while width > 1:
        width //= 2
        yield 1, width


def points(f: Function, n_vectors: str, width: int, unroll: int) -> list[Segment]:
    """Segments of the points of a tile: `unroll` vectors in a turn, then the other vectors."""
    if unroll == 1:
        return [Segment(0, n_vectors, 1, width)]
    full = f.assign(f"udiv i64 {n_vectors}, {unroll}")
    done = f.assign(f"mul i64 {full}, {unroll}")
    rest = f.assign(f"sub i64 {n_vectors}, {done}")
    return [Segment(0, full, unroll, width), Segment(f.assign(f"mul i64 {done}, {width}"), rest, 1, width)]
