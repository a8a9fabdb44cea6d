"""`write_kernel`: the LLVM module of a tape, that is loops around chunks. The package describes its parts."""

from collections.abc import Sequence

from autodiff.program.llvm.flow import at, branch, ceil_divide, clear, get, loop, put, tile_of
from autodiff.program.llvm.frame import ARGUMENTS, Arguments, Frame
from autodiff.program.llvm.lanes import Lanes
from autodiff.program.llvm.loops.nest import BATCH, Pointer
from autodiff.program.llvm.reduction import BodyWithReductions
from autodiff.program.llvm.repeat import Repetition
from autodiff.program.llvm.schedule import Chunk, OutputTerm
from autodiff.program.llvm.sums import add_sums, write_division
from autodiff.program.llvm.text import Function, Module, constant, vector
from autodiff.program.llvm.transfer import clear_zeros, write_pack, write_uniform, write_unpack


def write_kernel(frame: Frame) -> Module:
    """Write the module of a tape.

    Its "kernel" is a function (points, theta, values, gradient, memory, n_points), addresses and a number.
    """
    once = [_write_once(frame, f"once{i}", chunk) for i, chunk in enumerate(frame.cut.once)]
    chunks = _write_varying(frame)
    points, theta, values, gradient, *_, n_points = ARGUMENTS
    addresses = (points, theta, values, gradient, "%memory")
    f = Function(frame.module, "kernel", [*[f"{frame.real}* {x}" for x in addresses], f"i64 {n_points}"])
    sums, rows = [at(f, frame.real, "%memory", place) for place in (frame.sums_at, frame.rows_at)]
    a = ARGUMENTS._replace(kept="%memory", sums=sums, rows=rows)
    if frame.mean:
        for target in frame.targets:
            clear(f, frame.real, getattr(a, target.argument), target.width)
        uniform = [_write_once(frame, f"uniform{i}", chunk) for i, chunk in enumerate(frame.cut.uniform)]
    else:
        zeros = clear_zeros(frame, f, a)
        uniform = [write_uniform(frame, f"uniform{i}", chunk, zeros) for i, chunk in enumerate(frame.cut.uniform)]
    frame.call(f, once, a)
    if frame.single:
        frame.call(f, chunks, a)
    elif chunks:
        loop(f, ceil_divide(f, n_points, frame.tile), lambda i: _write_tile(frame, f, a, i, chunks))
        if frame.mean:
            widths = {getattr(a, target.argument): target.width for target in frame.targets}
            write_division(f, frame.real, widths, n_points, frame.lanes)
    frame.call(f, uniform, a)
    f.end()
    return frame.module


def _write_tile(frame: Frame, f: Function, a: Arguments, i: str, chunks: Sequence[str]) -> None:
    """Write the calls of the chunks for a tile of points, each for all its blocks.

    With one lane they read the points and write the results themselves. In means, a last block that is not full has
    sums of its own.
    """
    start, count = tile_of(f, a.n_items, frame.tile, i)
    here = frame.advance(f, a, start)._replace(n_items=count)
    frame.call(f, ["pack"] if frame.lanes > 1 else [], here)
    if not frame.mean:
        frame.call(f, chunks, here._replace(n_items=ceil_divide(f, count, frame.lanes)))
        frame.call(f, ["unpack"] if frame.lanes > 1 else [], here)
        return
    blocks, rest = [f.assign(f"{operation} i64 {count}, {frame.lanes}") for operation in ("udiv", "urem")]
    frame.call(f, chunks, here._replace(n_items=blocks))

    def with_rest() -> None:
        sums = at(f, frame.real, a.sums, frame.sums_size)
        rows = at(f, frame.real, a.rows, f.assign(f"mul i64 {blocks}, {frame.n_rows * frame.lanes}"))
        frame.call(f, chunks, here._replace(sums=sums, rows=rows, n_items="1"))
        add_sums(frame, f, a, rest)

    branch(f, f.assign(f"icmp sgt i64 {rest}, 0"), with_rest, lambda: add_sums(frame, f, a, None))


def _write_once(frame: Frame, name: str, chunk: Chunk) -> str:
    """Write a chunk that runs once a call, on single numbers, and adds its terms to means; return its name."""
    f, a, kind = frame.function(name, repeats=chunk.repeat is not None), ARGUMENTS, vector(frame.real, 1)
    body = BodyWithReductions(f, frame.cut, kind, a)
    places = {output: frame.place_of_output(a, output) for output in chunk.outputs}
    totals = {output: Lanes(f, kind, get(f, frame.real, *place)) for output, place in places.items()}
    if chunk.repeat:
        Repetition(body, chunk, totals, lambda outputs: ("", [])).write()
    for step in () if chunk.repeat else chunk.steps:
        if isinstance(step, OutputTerm):
            totals[step.output] = body.plus(totals[step.output], step.term)
        else:
            body.compute(step)
    for output, place in places.items():
        put(f, frame.real, *place, totals[output].name)
    f.end()
    return name


def _write_varying(frame: Frame) -> list[str]:
    """Write the functions that run for every tile; return the names of the chunks."""
    has_sum: set[int] = set()
    names = []
    for i, chunk in enumerate(frame.cut.varying):
        names.append(_write_chunk(frame, f"chunk{i}", chunk, has_sum))
        has_sum.update(chunk.outputs)
    if names and frame.lanes > 1:
        f = frame.function("pack")
        strides = {"i": frame.lanes, "v": frame.n_rows * frame.lanes, BATCH: 1}
        rows = Pointer(f, frame.real, ARGUMENTS.rows, strides)
        write_pack(frame.tape.n_inputs, rows, frame.lanes, ARGUMENTS.n_items)
        f.end()
        if not frame.mean:
            write_unpack(frame)
    return names


def _write_chunk(frame: Frame, name: str, chunk: Chunk, has_sum: set[int]) -> str:
    """Write a chunk that runs for every block and adds terms to sums or delivers results; return its name.

    `has_sum` has the outputs to whose sums an earlier chunk has added terms.
    """
    f, a = frame.function(name, repeats=chunk.repeat is not None), ARGUMENTS
    memory, sums = [f.assign(f"bitcast {frame.real}* {array} to {frame.vector}*") for array in (a.rows, a.sums)]
    summed = _in_registers(chunk) if frame.mean else []
    for output in set(chunk.outputs if frame.mean else []).difference(summed, has_sum):
        put(f, frame.vector, sums, output, constant(frame.vector, 0.0))

    def one_block(block: str, *before: Lanes) -> list[Lanes]:
        rows = at(f, frame.vector, memory, f.assign(f"mul i64 {block}, {frame.n_rows}"))
        here = a._replace(rows=rows, sums=sums)
        if frame.lanes == 1:  # a block is a point
            here = frame.advance(f, here, block)
        body = BodyWithReductions(f, frame.cut, frame.vector, here, reads_points=frame.lanes == 1)
        totals = dict(zip(summed, before, strict=True))
        if chunk.repeat:
            Repetition(body, chunk, totals, lambda outputs: _place_of_results(frame, here, outputs)).write()
            return list(totals.values())
        for step in chunk.steps:
            if not isinstance(step, OutputTerm):
                body.compute(step)
            elif frame.mean:
                totals[step.output] = body.plus(totals[step.output], step.term)
            elif frame.lanes == 1:
                put(f, frame.real, *frame.place_of_output(here, step.output), body.get(step.term[0]).name)
            else:
                body.store(body.get(step.term[0]), frame.row_of_result[step.output])
        return list(totals.values())

    nothing = Lanes(f, frame.vector, constant(frame.vector, 0.0))
    before = [Lanes(f, frame.vector, get(f, frame.vector, sums, k)) if k in has_sum else nothing for k in summed]
    after = loop(f, 1 if frame.single else a.n_items, one_block, before)
    for output, total in zip(summed, after, strict=True):
        put(f, frame.vector, sums, output, total.name)
    f.end()
    return name


def _in_registers(chunk: Chunk) -> list[int]:
    """The outputs whose running sums are in registers: not those of which each turn of a loop has another."""
    if chunk.repeat is None:
        return chunk.outputs
    outputs = [{turn.output for turn in turns if isinstance(turn, OutputTerm)} for turns in chunk.turns]
    moving = set[int]().union(*[each for each in outputs if len(each) > 1])
    return sorted(set[int]().union(*outputs) - moving)


def _place_of_results(frame: Frame, a: Arguments, outputs: Sequence[int]) -> tuple[str, list[int]]:
    """The array of the results of outputs for a block, or of their running sums, and their places in it."""
    if frame.mean:
        return a.sums, list(outputs)
    if frame.lanes > 1:
        return a.rows, [frame.row_of_result[output] for output in outputs]
    places = [frame.place_of_output(a, output) for output in outputs]
    return places[0][0], [column for _, column in places]
