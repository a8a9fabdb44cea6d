"""The `python` backend: the source that `Program.source("python")` shows, run for one point after the other.

It needs no compiler, and the other backends are compared with it. If the source raises at a point, outside the domain
of a primitive, `interpret` computes that point again, with the inf and nan of IEEE arithmetic.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autodiff.program.interpret import interpret
from autodiff.program.kernel import Quick
from autodiff.program.recording.tape import Tape
from autodiff.program.source.dialects import PYTHON
from autodiff.program.source.function import write

if TYPE_CHECKING:
    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

POINTS_AT_ONCE = 64  # for `interpret`, which keeps every line at every point in memory


class PythonKernel:
    """A tape as a `Kernel`. Its first `n_values` outputs, at least one, are values, the others derivatives."""

    quick: Quick | None = None
    form = ""

    def __init__(self, tape: Tape, n_values: int, mean: bool) -> None:
        self._tape = tape
        self._n_values = n_values
        self._mean = mean
        custom = {primitive: f"own_{i}" for i, primitive in enumerate(tape.custom_primitives())}
        namespace: dict[str, Any] = {name: primitive.forward for primitive, name in custom.items()}
        # `write` makes identifiers of labels, so no text of the user is executed.
        by = tape.parameters if mean else tape.inputs
        code = write(tape, PYTHON, "program", custom, by if len(tape.outputs) > n_values else range(0))
        exec(compile(code, "<program>", "exec"), namespace)
        self._function = namespace["program"]
        self._arguments = slice(not tape.n_inputs, 1 + bool(tape.n_parameters))  # of (inputs, parameters), those it has

    def __call__(self, points: "Array", theta: "Array", values: "Array", gradient: "Array") -> None:
        """Compute the program at every point."""
        n_values, n_outputs = self._n_values, len(self._tape.outputs)
        rows = 1 if self._mean else len(points)
        # The arrays are contiguous, so that these are views.
        all_values = values.reshape(rows, n_values)
        all_derivatives = gradient.reshape(rows, n_outputs - n_values) if n_outputs > n_values else None
        total = np.zeros(n_outputs)
        outside: list[int] = []
        parameters = theta.tolist()
        with np.errstate(all="ignore"):  # inf - inf, and what does not fit a float32
            for k, point in enumerate(points.tolist()):
                try:
                    result = self._function(*(point, parameters)[self._arguments])
                except (ArithmeticError, ValueError):
                    outside.append(k)
                    continue
                value, derivatives = result if all_derivatives is not None else (result, ())
                if self._mean:
                    total[:n_values] += value
                    total[n_values:] += derivatives
                else:
                    all_values[k] = value
                    if all_derivatives is not None:
                        all_derivatives[k] = derivatives
            for start in range(0, len(outside), POINTS_AT_ONCE):
                block = outside[start : start + POINTS_AT_ONCE]
                lines = interpret(self._tape, points[block], theta)
                results = np.stack([lines[output] for output in self._tape.outputs], axis=1)
                if self._mean:
                    total += results.sum(axis=0)
                else:
                    all_values[block] = results[:, :n_values]
                    if all_derivatives is not None:
                        all_derivatives[block] = results[:, n_values:]
            if self._mean:
                total /= len(points)
                all_values[0] = total[:n_values]
                if all_derivatives is not None:
                    all_derivatives[0] = total[n_values:]
