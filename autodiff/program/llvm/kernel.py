"""`compile_llvm`: from a tape to a kernel, which writes results into arrays. The package says how it works."""

import functools
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autodiff.collector import collector_paused
from autodiff.program.kernel import Quick, Result
from autodiff.program.llvm import cpython, threads
from autodiff.program.llvm.closure import BATCH, MEMORY, SINGLE, Closure, memory_for
from autodiff.program.llvm.cost import operations
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.frame import Frame
from autodiff.program.llvm.machine import compile_text, doubles
from autodiff.program.llvm.objects import WORD
from autodiff.program.llvm.schedule import Schedule, schedule
from autodiff.program.llvm.text import real_of
from autodiff.program.pool import Pool
from autodiff.program.recording.tape import Tape
from autodiff.value import Value

if TYPE_CHECKING:
    from autodiff.program.arrays.instructions import ArrayProgram

QUICK_OPERATIONS = 1_000_000  # about 25 us: a quick call computes no more, because other threads of Python wait for it
PART_OPERATIONS = 2_000_000  # of a part, at least: some 50 us, beside which a call and a thread that wakes up are short
PART = 512  # points; a part is a multiple of it
FEW_OPERATIONS = 1_000  # of a mean without loops that is compiled for one point, too: batches may follow
MAX_STEPS_OF_SHORT_TURN = 16  # of a loop that waits for its last turn

Writer: TypeAlias = Callable[[], tuple[str, int]]
"""Writes a module, whose "kernel" is a function (points, theta, values, gradient, memory, n_points): its text, and how
many numbers the memory must hold."""


class LlvmKernel:
    """A compiled tape or array program; a `Kernel`. Its machine code is compiled when a call needs it.

    In a vector of W lanes a single point is computed W times. With one lane it takes 0.4 to 0.8 of the time (measured:
    the gradient of Rosenbrock's function in 100 variables 0.37 us instead of 0.90, a pendulum of 200 steps 3.1 instead
    of 3.7, a network 64-30-10 1.7 instead of 3.0, one of 2-3-2 0.11 instead of 0.19). But a second compilation takes as
    long as some 300,000 such calls save. So a program is compiled for the first call that it gets, and once more only
    if batches follow single points.

    A long batch is computed in parts of a fixed length, some of them at the same time, and their sums are added in
    their order. So results are the same to the last bit for any number of `threads`. No part is so short that the
    machine code for a single point computes it, which adds in another order, and may or may not be there.

    Args:
        writers: for BATCH, and for SINGLE if single points have machine code of their own.
        n_inputs: the length of a point.
        n_operations: about how many instructions compute a point.
        mean: whether its results are means over the points.
        dtype, results, parameters: as for `compile_llvm`.
        form: of the code, in words.
    """

    def __init__(
        self,
        writers: Mapping[int, Writer],
        n_inputs: int,
        n_operations: int,
        mean: bool,
        dtype: str,
        results: Sequence[Result],
        parameters: Sequence[Value],
        form: str,
    ) -> None:
        self.writers, self.form, self.mean, self.size, self.threads = writers, form, mean, 0, 1
        self.addresses = np.zeros(2, np.int64)  # of the machine code for SINGLE and BATCH; 0 if it is not compiled
        self.length = PART * max(1, -(-PART_OPERATIONS // (PART * max(1, n_operations))))
        self.closure = Closure.of(self.addresses, self.length)
        self.quick: Quick | None = None
        self.memories = Pool(lambda size: memory_for(size, dtype))
        self._lock = threading.Lock()
        lanes = _lanes(dtype)
        limit = QUICK_OPERATIONS // (max(1, n_operations) * lanes) * lanes  # a block takes as long as one point
        has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()  # of Python: no two quick calls run at once
        if results and limit and has_lock:
            self.closure.add_quick(n_inputs, results, parameters, limit, dtype)
            shapeless = tuple([result._replace(shape=(0,) * len(result.shape)) for result in results])
            self.quick = cpython.quick(shapeless, dtype).bind(self.closure)
        if SINGLE not in writers:
            self.prepare(2)

    @functools.cached_property
    def run(self) -> Callable[..., None]:
        """The call of a kernel with arrays of any size; compiled where a quick call has declined."""
        return threads.run().bind(self.closure)

    def prepare(self, n_points: int) -> None:
        """Compile the machine code for a call with so many points, unless it is compiled."""
        variant = SINGLE if n_points == 1 and SINGLE in self.writers else BATCH
        if self.addresses[variant]:
            return
        with self._lock, collector_paused():  # a compiler makes many objects, all of which live long
            if self.addresses[variant]:
                return  # another thread has compiled it
            text, size = self.writers[variant]()
            engine = compile_text(text)
            self.closure.needs.append(engine)  # the machine code lives as long as it
            if size > self.size:
                self.size = size
                if self.quick:
                    self.closure.use(self.memories.take(self.size).thing)
            missing = np.flatnonzero(self.addresses[: variant + 1] == 0)  # batches have room for a single point
            self.addresses[missing] = engine.get_function_address("kernel")

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        n, results = len(points), [values, gradient]
        n_parts = (n - threads.MIN_LENGTH) // self.length + 1
        self.prepare(n)
        if n_parts < 2:
            memory = self.memories.take(self.size)
            self.run(points, theta, memory.thing, points, values, gradient)
            self.memories.give_back(memory)
        elif not self.mean:
            self._compute(points, theta, [result[:: self.length] for result in results])
        else:
            rows = [np.empty((n_parts, *result.shape), points.dtype) for result in results]
            self._compute(points, theta, rows)
            weights = np.full(n_parts, self.length / n, points.dtype)
            weights[-1] = (n - (n_parts - 1) * self.length) / n
            for result, means in zip(results, rows, strict=True):
                np.einsum("k...,k->...", means, weights, out=result)

    def _compute(self, points: Any, theta: Any, rows: Any) -> None:
        """Compute the parts, each by the thread that is free first; `rows` has the results of each."""
        helpers = [_HELPERS.take(os.getpid()) for _ in range(min(self.threads, len(rows[0])) - 1)]
        own, *others = memories = [self.memories.take(self.size) for _ in range(len(helpers) + 1)]
        for helper, memory in zip(helpers, others, strict=True):
            helper.thing[threads.MEMORY] = memory.thing.ctypes.data
        try:
            self.run(points, theta, own.thing, points[:: self.length], *rows, *[helper.thing for helper in helpers])
        finally:
            for memory in memories:
                self.memories.give_back(memory)
            for helper in helpers:
                _HELPERS.give_back(helper)


_HELPERS = Pool(lambda process: threads.start_helper(), n_kept=1000)  # a process that was forked has none of its parent


def prepared(quick: Any, points: Any, theta: Any, gradient: Any) -> Callable[[], float]:
    """Return a quick call of a mean with these arrays, which it has accepted, as a function that returns the mean."""
    value, n_points = np.empty(1, points.dtype), len(points) if points.ndim == 2 else 1
    arrays, known = [points, theta, value, gradient], quick.__self__
    address = known.addresses[SINGLE if n_points == 1 else BATCH]
    numbers = [address, *[array.ctypes.data for array in arrays], known[MEMORY // WORD], n_points]
    closure = np.array(numbers, np.int64).view(Closure)
    closure.needs = [known, *arrays]
    return cpython.prepared(points.dtype.name).bind(closure)


def _waits(cut: Schedule) -> bool:
    """Whether most operations are in loops of short turns. Each waits for the last: two vectors take the time of one.

    Measured for 100 points: a pendulum 38 us instead of 56, a recurrence of one tanh 21 instead of 27; but the motion
    of four bodies, with 100 operations a turn, 129 instead of 106.
    """
    short = [chunk for chunk in cut.varying if chunk.repeat and len(chunk.turns) <= MAX_STEPS_OF_SHORT_TURN]
    return 2 * sum([len(chunk.steps) for chunk in short]) > sum([len(chunk.steps) for chunk in cut.varying])


def compile_llvm(
    tape: Tape,
    n_values: int,
    mean: bool,
    dtype: str = "float64",
    lanes: int | None = None,
    results: Sequence[Result] = (),
    parameters: Sequence[Value] = (),
) -> LlvmKernel:
    """Compile a tape for this machine: its first `n_values` outputs are values, the others derivatives.

    Args:
        tape: the program, after all passes.
        n_values: how many of the outputs are values.
        mean: whether the kernel writes means over the points, not results of each.
        dtype: "float64" or "float32".
        lanes: of the vectors; if None, as many as the machine has room for, and one for single points.
        results: what a quick call returns; () for no quick call.
        parameters: where a quick call without theta finds the parameters.
    """
    cut, real = schedule(tape, mean), real_of(dtype)
    width = lanes or _lanes(dtype) * (2 if _waits(cut) else 1)
    is_mean = mean and bool(cut.looped)

    def write_single() -> tuple[str, int]:
        """Of one point, the mean is the number itself: no sums are cleared, added up, and divided."""
        one = cut if is_mean is mean else schedule(tape, False)
        return _written(Frame(one, n_values, is_mean, 1, real, single=not is_mean))

    writers: dict[int, Writer] = {BATCH: lambda: _written(Frame(cut, n_values, mean, width, real))}
    n = operations(tape)
    if lanes is None and cut.varying and (cut.looped or not mean or n < FEW_OPERATIONS):
        writers[SINGLE] = write_single
    turns = [len(chunk.repeat.lines) for chunk in (*cut.once, *cut.varying) if chunk.repeat]
    form = f"loops in time of {max(turns)} turns" if turns else "straight-line code (too short or irregular)"
    return LlvmKernel(writers, tape.n_inputs, n, mean, dtype, results, parameters, form)


def _written(frame: Frame) -> tuple[str, int]:
    """The module of a tape, and how many numbers the memory must hold."""
    return str(write_kernel(frame)), frame.memory_size


def compile_loops(
    program: "ArrayProgram",
    dtype: str = "float64",
    results: Sequence[Result] = (),
    parameters: Sequence[Value] = (),
    tape: Callable[[], Tape] | None = None,
) -> LlvmKernel:
    """Compile an array program for this machine: its instructions become loops. The other arguments are as for a tape.

    Where it copies numbers that differ from point to point into another order, several points have straight-line code
    of the `tape`, which copies none.
    """
    from autodiff.program.llvm.loops.kernel import Loops  # whoever has no such loops does without its modules

    lanes, real = _lanes(dtype), real_of(dtype)

    def loops(single: bool) -> tuple[str, int]:
        written = Loops(program, lanes, real, single=single)
        return written.text(), written.layout.memory_size

    def straight() -> tuple[str, int]:
        assert tape is not None
        return _written(Frame(schedule(tape(), program.mean), program.values.n_rows, program.mean, lanes, real))

    is_straight = tape is not None and program.gathered()
    writers = {BATCH: straight if is_straight else lambda: loops(False), SINGLE: lambda: loops(True)}
    form = f"{len(program.instructions)} loops in width"
    n_inputs, n, mean = program.points.n_rows, program.operations(), program.mean
    return LlvmKernel(writers, n_inputs, n, mean, dtype, results, parameters, form)


def _lanes(dtype: str) -> int:
    """How many numbers the processor's vectors hold."""
    return doubles() * (1 if dtype == "float64" else 2)
