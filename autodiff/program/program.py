"""`Program`: a recorded graph as a function of arrays, with its derivatives, compiled when they are first asked for."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from autodiff.collector import collector_paused
from autodiff.errors import DomainError, MissingDependencyError
from autodiff.program.choose import compile_kernel, resolve_backend
from autodiff.program.kernel import Quick, Task
from autodiff.program.passes.derive import derive, lines_of_wrt
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels
from autodiff.program.passes.simplify import simplify
from autodiff.program.record import as_values, check_leaves, record
from autodiff.program.source.function import source
from autodiff.program.tape import Tape
from autodiff.value import Value

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from autodiff.program.replay import Replay

DTYPES = ("float64", "float32")


class Program:
    """A recorded graph, to be replayed at other points.

    What is replayed is what was recorded: the branches that Python took then are frozen, and a leaf that is neither an
    input nor a parameter is a constant. Outside the domain of an operation a replay gives the inf or nan of IEEE
    arithmetic where recording would raise. A Program may be called by several threads at once, and can be pickled.

    Args:
        outputs: the Value to compute, or a sequence of them; derivatives are taken of a single one.
        inputs: the leaves that every point gives anew; a leaf may be missing in the graph: its derivative is 0.
        parameters: leaves that stay the same for all points of a call.
        backend: "llvm", machine code with a point in every SIMD lane; "arrays", numpy on matrices found among the
            scalars; "python", generated Python; or "auto", which is "arrays" for large regular programs, else "llvm"
            where llvmlite is installed and every primitive is of the table, else "python".
        dtype: of the numbers inside and of the results, "float64" or "float32".
        check: whether every call first computes each line with numpy and raises a DomainError that names the first
            line with a result which is not finite. Slow.

    Raises:
        TypeError: if an output, input or parameter is not a Value.
        ValueError: if an input or parameter is given twice or is not a leaf, or an option is unknown.
        MissingDependencyError: if a package for the backend is not installed.

    >>> x, w = Value(1.0, "x"), Value(3.0, "w")
    >>> program = Program((w * x - 1.0) ** 2, inputs=[x], parameters=[w])
    >>> program([[1.0], [2.0]]).tolist()
    [4.0, 25.0]
    >>> value, gradient = program.mean_and_grad([[1.0], [2.0]])
    >>> float(value), gradient.tolist()  # the mean of (w x - 1)^2, and of 2 (w x - 1) x
    (14.5, [12.0])
    """

    def __init__(
        self,
        outputs: Value | Iterable[Value],
        inputs: Iterable[Value],
        parameters: Iterable[Value] = (),
        *,
        backend: str = "auto",
        dtype: str = "float64",
        check: bool = False,
    ) -> None:
        self._single = isinstance(outputs, Value)
        nodes = as_values("outputs", [outputs] if isinstance(outputs, Value) else outputs)
        leaves, self._parameters = as_values("inputs", inputs), as_values("parameters", parameters)
        if not nodes:
            raise ValueError("Program: expected at least one output, got none")
        check_leaves(leaves, self._parameters)
        if dtype not in DTYPES:
            raise ValueError(f"Program: expected dtype to be one of {', '.join(DTYPES)}, got {dtype!r}")
        self._tape = record(nodes, leaves, self._parameters)
        self._requested = backend
        self._dtype, self._check = dtype, check
        self._prepare()

    def _prepare(self) -> None:
        """Make what is not pickled."""
        self._backend, self._reason = resolve_backend(self._requested, self._tape)
        self._lock = threading.RLock()
        self._passes: dict[str, dict[str, Tape]] = {}
        self._replays: dict[str, Replay] = {}
        self._quick_outputs: Quick | None = None  # what the three methods try first, once they are compiled
        self._quick_gradient: Quick | None = None
        self._quick_mean: Quick | None = None

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_single", "_parameters", "_tape", "_requested", "_dtype", "_check")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    # ------------------------------------------------------------------------------------------------- replays

    def __call__(
        self,
        points: "npt.ArrayLike",
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "np.ndarray[Any, Any] | None" = None,
    ) -> Any:
        """Return the outputs at every point.

        Args:
            points: real numbers, (n_inputs,) or (batch, n_inputs).
            theta: the parameters, (n_parameters,); the `data` that they have now, if None.
            out: where to write the result, an array of its shape and dtype that shares no memory with an argument.

        Returns:
            A float or (batch,); for a sequence of outputs (n_outputs,) or (batch, n_outputs).

        Raises:
            TypeError, ValueError: if an argument has not the numbers or the shape that it should have.
            DomainError: with `check=True`, if a number is not finite.
        """
        quick = self._quick_outputs
        result: Any = None if quick is None else quick(points, theta, out)
        return self._replay("")(points, theta, out) if result is None else result

    def value_and_grad(
        self,
        points: "npt.ArrayLike",
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None" = None,
    ) -> tuple[Any, Any]:
        """Return the output at every point, and its gradient with respect to the inputs there.

        Args:
            points: real numbers, (n_inputs,) or (batch, n_inputs).
            theta: the parameters, (n_parameters,); the `data` that they have now, if None.
            out: where to write the two results, arrays that share no memory; either may be None.

        Returns:
            The value, a float, or the values, (batch,), and the gradients, (n_inputs,) or (batch, n_inputs).

        Raises:
            ValueError: if there are no inputs, or several outputs.
        """
        quick = self._quick_gradient
        result: tuple[Any, Any] | None = None if quick is None else quick(points, theta, out)
        return self._replay("inputs")(points, theta, out) if result is None else result

    def mean_and_grad(
        self,
        points: "npt.ArrayLike",
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "np.ndarray[Any, Any] | None" = None,
    ) -> tuple[Any, Any]:
        """Return the mean of the output over the points, and its gradient with respect to the parameters.

        Args:
            points: real numbers, (n_inputs,) or (batch, n_inputs) with at least one point.
            theta: the parameters, (n_parameters,); the `data` that they have now, if None.
            out: where to write the gradient, an array that shares no memory with an argument.

        Returns:
            The mean, a float, and its gradient, (n_parameters,).

        Raises:
            ValueError: if there are no parameters, no points, or several outputs.
        """
        quick = self._quick_mean
        result: tuple[Any, Any] | None = None if quick is None else quick(points, theta, out)
        return self._replay("parameters")(points, theta, out) if result is None else result

    # ------------------------------------------------------------------------------------------ what it consists of

    @property
    def backend(self) -> str:
        """What runs it: "python", "llvm" or "arrays"."""
        return self._backend

    def passes(self, wrt: str | None = None) -> dict[str, Tape]:
        """Return the program after each pass, as tapes.

        A tape is drawn as the graph that it is: `viz.draw(*(values[i] for i in tape.outputs))` with
        `values = graph_of(tape)` from `autodiff.program.record`.

        Args:
            wrt: "inputs" or "parameters" for the program with that gradient, None for the outputs alone.

        Returns:
            "record", the graph as it was; "derive", with the gradient; "simplify" and "fuse", which is what runs.
        """
        leaves = lines_of_wrt("passes", self._tape, wrt, self._single)
        with self._lock:
            key = wrt or ""
            if key not in self._passes:
                found = {"record": self._tape}
                if leaves is not None:
                    found["derive"] = derive(self._tape, leaves)
                *_, last = found.values()
                found["simplify"] = simplify(last)
                found["fuse"] = fuse(found["simplify"])
                self._passes[key] = found
            return dict(self._passes[key])

    def source(self, language: str = "python", *, wrt: str | None = None) -> str:
        """Return the program as a function in source code, forward lines and, if asked for, backward lines.

        Args:
            language: "python", which needs only `math`, "javascript", which needs only `Math`, or "numpy", a function
                of (points, theta) in arrays.
            wrt: "inputs" or "parameters" for the gradient by these, None for the outputs alone.

        Raises:
            ValueError: if the language is another, a primitive is not of the table, or there is nothing of `wrt`.
        """
        name = "value_and_grad" if wrt else "value"
        leaves = lines_of_wrt("source", self._tape, wrt, self._single)
        if language == "numpy":
            from autodiff.program.arrays.source.function import numpy_source

            return numpy_source(self._tape, wrt, name)
        tape = self.passes()["fuse"]
        if leaves is not None:  # with a name for every line, so that its adjoint gets one too
            tape = fuse(simplify(derive(with_line_labels(tape), leaves)))
        return source(tape, language, name=name, n_values=len(self._tape.outputs), wrt=leaves)

    def to_jax(self) -> Any:
        """Return the program as f(points, theta) for JAX: pure, to be given to `jax.jit`, `jax.grad` and `jax.vmap`.

        Shapes are those of a call; the dtype is that of the arguments. JAX takes its own derivatives.

        Raises:
            MissingDependencyError: if JAX is not installed.
            ValueError: if a primitive is not of the table.
        """
        from autodiff.program.arrays.jax import to_jax
        from autodiff.program.arrays.prepare import prepare

        return to_jax(prepare(self._tape), self._single)

    def __len__(self) -> int:
        """How many operations compute the outputs, after the passes."""
        return len(self.passes()["fuse"])

    def __bool__(self) -> bool:
        return True  # also without an operation

    def __repr__(self) -> str:
        tape = self._tape
        counted = {"output": len(tape.outputs), "input": tape.n_inputs, "parameter": tape.n_parameters}
        of = ", ".join(f"{n} {thing}" if n == 1 else f"{n} {thing}s" for thing, n in counted.items())
        self.passes()
        parts = []
        for wrt in ("", "inputs", "parameters"):  # in this order, whichever was asked for first
            if wrt in self._passes:
                counts = ", ".join(f"{name} {len(after)}" for name, after in self._passes[wrt].items())
                parts.append(f"{f'with the gradient by {wrt}' if wrt else 'operations'}: {counts}")
        why = f" ({self._reason})" if self._reason else ""
        return f"<Program {of}; {self._backend}{why}; {'; '.join(parts)}>"

    # ------------------------------------------------------------------------------------------------- inside

    def _replay(self, wrt: str) -> "Replay":
        """The outputs alone, or with the gradient by the inputs or the parameters; compiled at the first call."""
        if wrt not in self._replays:
            with self._lock:
                if wrt not in self._replays:
                    replay = self._compile(wrt)
                    if wrt == "inputs":
                        self._quick_gradient = replay.quick
                    elif wrt == "parameters":
                        self._quick_mean = replay.quick
                    else:
                        self._quick_outputs = replay.quick
                    self._replays[wrt] = replay
        return self._replays[wrt]

    def _compile(self, wrt: str) -> "Replay":
        """Compile one of the three."""
        try:
            from autodiff.program.replay import Replay
        except ImportError:
            raise MissingDependencyError("Program: to replay at points", "numpy", "fast") from None
        asking = "mean_and_grad" if wrt == "parameters" else "value_and_grad"
        leaves = lines_of_wrt(asking, self._tape, wrt or None, self._single)
        task = Task(
            self._tape,
            wrt,
            leaves,
            self._single,
            self._dtype,
            self._parameters,
            lambda: self.passes(wrt or None)["fuse"],
        )
        with collector_paused():  # a compiler makes many objects, and all of them for long
            return Replay(task, compile_kernel(self._backend, task), self._check_finite(wrt) if self._check else None)

    def _check_finite(self, wrt: str) -> Callable[[Any, Any], None]:
        """What raises DomainError if a number of the program is not finite."""
        from autodiff.program.interpret import first_nonfinite

        *_, last = [tape for name, tape in self.passes(wrt or None).items() if name in ("record", "derive")]
        n_forward = len(self._tape.lines)

        def check(points: Any, theta: Any) -> None:
            found = first_nonfinite(last, points, theta, n_forward=n_forward)
            if found:
                raise DomainError(f"Program: {found}; check=True asks for finite numbers")

        return check
