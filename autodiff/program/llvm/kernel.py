"""`compile_llvm`: from a tape to a kernel, which writes results into arrays. The package says how it works."""

import functools
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.program.kernel import Quick, Result
from autodiff.program.llvm import cpython
from autodiff.program.llvm.closure import ALIGNMENT, MEMORY, Closure
from autodiff.program.llvm.cost import operations
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.frame import Frame
from autodiff.program.llvm.machine import doubles
from autodiff.program.llvm.objects import WORD
from autodiff.program.llvm.schedule import Schedule, schedule
from autodiff.program.llvm.variants import BATCH, FEW, SINGLE, Variants
from autodiff.program.pool import Pool
from autodiff.program.recording.tape import Tape
from autodiff.value import Value

if TYPE_CHECKING:
    from autodiff.program.arrays.instructions import ArrayProgram

QUICK_OPERATIONS = 1_000_000  # about 25 us: a quick call computes no more, because other threads of Python wait for it
FEW_OPERATIONS = 1_000  # of a mean without loops that is compiled for one point, too: batches may follow
MAX_STEPS_OF_SHORT_TURN = 16  # of a loop that waits for its last turn


class LlvmKernel:
    """A compiled tape; a `Kernel`. A call needs memory for `size` numbers."""

    def __init__(
        self, variants: Variants, closure: Closure, quick: Quick | None, size: int, dtype: str, form: str
    ) -> None:
        self.variants, self.closure, self.quick, self.size, self.form = variants, closure, quick, size, form
        self.memories = Pool(lambda size: np.empty(size, dtype))

    @functools.cached_property
    def run(self) -> Callable[..., None]:
        """The call of a kernel with arrays of any size; compiled where a quick call has declined."""
        return cpython.run().bind(self.closure)

    def grow(self, size: int) -> None:
        """Have memory for a kernel that needs `size` numbers."""
        if size + ALIGNMENT > self.size:
            self.size = size + ALIGNMENT
            if self.quick:
                self.closure.use(self.memories.take(self.size).thing)

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        self.variants.prepare(len(points))
        memory = self.memories.take(self.size)
        self.run(points, theta, values, gradient, memory.thing)
        self.memories.give_back(memory)


def prepared(quick: Any, points: Any, theta: Any, gradient: Any) -> Callable[[], float]:
    """Return a quick call of a mean with these arrays, which it has accepted, as a function that returns the mean."""
    value, n_points = np.empty(1, points.dtype), len(points) if points.ndim == 2 else 1
    arrays, known = [points, theta, value, gradient], quick.__self__
    addresses = [known.variants.prepare(n_points), *[array.ctypes.data for array in arrays], known[MEMORY // WORD]]
    closure = np.array([*addresses, n_points], np.int64).view(Closure)
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
    cut, real = schedule(tape, mean), _real(dtype)
    waits, width = lanes is None and _waits(cut), lanes or _lanes(dtype)
    n_lanes = 2 * width if waits else width

    def writer(n: int) -> Callable[[], str]:
        return lambda: str(write_kernel(Frame(cut, n_values, mean, n, real)))

    def write_single() -> str:
        """Of one point, the mean is the number itself: no sums are cleared, added up, and divided."""
        is_mean = mean and bool(cut.looped)
        frame = Frame(cut if is_mean is mean else schedule(tape, False), n_values, is_mean, 1, real, single=not is_mean)
        grow(frame.memory_size)
        return str(write_kernel(frame))

    writers = {BATCH: writer(n_lanes)} | ({FEW: writer(width)} if waits else {})
    if lanes is None and cut.varying and (cut.looped or not mean or operations(tape) < FEW_OPERATIONS):
        writers[SINGLE] = write_single
    variants = Variants(writers)
    size = Frame(cut, n_values, mean, n_lanes, real).memory_size  # enough for the other kernels too
    turns = [len(chunk.repeat.lines) for chunk in (*cut.once, *cut.varying) if chunk.repeat]
    form = f"loops in time of {max(turns)} turns" if turns else "straight-line code (too short or irregular)"
    kernel = _kernel(variants, size, tape.n_inputs, operations(tape), dtype, n_lanes, results, parameters, form)
    grow = _growing(kernel)
    return kernel


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

    lanes, real = _lanes(dtype), _real(dtype)
    batch, single = [Loops(program, lanes, real, single=single) for single in (False, True)]
    loops, write_batch = [batch, single], batch.text
    if tape and program.gathered():

        def write_batch() -> str:
            frame = Frame(schedule(tape(), program.mean), program.values.n_rows, program.mean, lanes, real)
            grow(frame.memory_size)
            return str(write_kernel(frame))

        loops = [single]
    variants = Variants({BATCH: write_batch, SINGLE: single.text})
    size, n = max([each.layout.memory_size for each in loops]), program.operations()
    form = f"{len(program.instructions)} loops in width"
    kernel = _kernel(variants, size, program.points.n_rows, n, dtype, lanes, results, parameters, form)
    grow = _growing(kernel)
    return kernel


def _growing(kernel: LlvmKernel) -> Callable[[int], None]:
    """Its `grow`, for its own writers: without a cycle, in which the collector would not free its machine code."""
    reference = weakref.ref(kernel)

    def grow(size: int) -> None:
        if alive := reference():
            alive.grow(size)

    return grow


def _lanes(dtype: str) -> int:
    """How many numbers the processor's vectors hold."""
    return doubles() * (1 if dtype == "float64" else 2)


def _real(dtype: str) -> str:
    """LLVM's name of the type of a number."""
    return "double" if dtype == "float64" else "float"


def _kernel(
    variants: Variants,
    size: int,
    n_inputs: int,
    n_operations: int,
    dtype: str,
    lanes: int,
    results: Sequence[Result],
    parameters: Sequence[Value],
    form: str,
) -> LlvmKernel:
    """The kernel with these variants, which need memory for `size` numbers."""
    if SINGLE not in variants.writers:
        variants.prepare(2)
    size += ALIGNMENT
    closure, quick = Closure.of(variants), None
    limit = QUICK_OPERATIONS // (max(1, n_operations) * lanes) * lanes  # a block takes as long as one point
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()  # of Python: no two quick calls run at the same time
    if results and limit and has_lock:
        closure.add_quick(n_inputs, results, parameters, np.empty(size, dtype), limit)
        shapeless = tuple([result._replace(shape=(0,) * len(result.shape)) for result in results])
        quick = cpython.quick(shapeless, dtype).bind(closure)
    return LlvmKernel(variants, closure, quick, size, dtype, form)
