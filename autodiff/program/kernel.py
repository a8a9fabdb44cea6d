"""`Kernel`: what a backend makes of a program, and `Task`: what it is asked to compute."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from autodiff.program.recording.tape import Tape
from autodiff.value import Value

Quick: TypeAlias = Callable[[Any, Any, Any], Any]
"""A whole call in machine code: (points, theta, out) -> what the method of the Program returns.

It returns None, and has changed nothing, where the arguments are not arrays as it wants them.
"""


class Kernel(Protocol):
    """A compiled tape, as a function of arrays that writes its results into arrays.

    Every array is C-contiguous and of the dtype of the task. The results share no memory with the arguments. Several
    threads may call a kernel at once.

    Attributes:
        quick: a faster way to call it, to be tried first; None if the backend has none.
        form: of machine code, in words, such as "5 loops in width"; else "".
    """

    quick: Quick | None
    form: str

    def __call__(self, points: Any, theta: Any, values: Any, gradient: Any) -> None:
        """Compute the program at points (batch, n_inputs), at least one for means, and parameters (n_parameters,).

        `values` receives the values, (batch, n_values), or their means, (n_values,), and `gradient` the derivatives
        likewise, if there are any. Their shapes may be others with as many numbers.
        """


class Result(NamedTuple):
    """One of the things that a method of a Program returns: an array, or a float where the array has no axis."""

    shape: tuple[int, ...]  # of the array; at each point, if `each_point`
    each_point: bool  # whether a batch gives one for each point; else it is a mean over the points
    out: str  # the name of the array that may be given to write it to, for errors; "" if none may be given


@dataclass(frozen=True)
class Task:
    """What a kernel computes: the outputs of a program, alone or with a gradient."""

    tape: Tape  # the program as recorded. All its outputs are values.
    # "inputs" for the gradient at each point, "parameters" for the mean and its gradient, None for neither
    wrt: str | None
    leaves: range | None  # the lines of the tape to differentiate by, if any
    single: bool  # whether the program was made of one output, not of a list
    dtype: str  # of the numbers inside and of the results, "float64" or "float32"
    threads: int | None  # that compute the parts of a long batch; None for one on each processor
    parameters: list[Value]  # the Values that have the parameters, for calls without theta
    optimized_tape: Callable[[], Tape]  # makes the tape, with the derivatives behind the values, after all passes

    @property
    def n_values(self) -> int:
        """How many outputs are values; the others are derivatives."""
        return len(self.tape.outputs)

    @property
    def mean(self) -> bool:
        """Whether the results are means over the points, not results of each point."""
        return self.wrt == "parameters"

    @property
    def results(self) -> tuple[Result, ...]:
        """What the method returns."""
        if self.wrt == "inputs":
            return Result((), True, "out[0]"), Result((self.tape.n_inputs,), True, "out[1]")
        if self.wrt == "parameters":
            return Result((), False, ""), Result((self.tape.n_parameters,), False, "out")
        return (Result(() if self.single else (self.n_values,), True, "out"),)
