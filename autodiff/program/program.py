"""`Program`: a recorded graph, its passes, its texts, and three methods that compute it at many points.

They give values, values with gradients, or the mean with its gradient. What needs numpy is in `replay`, which is
imported at the first call.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, overload

from autodiff.collector import collector_paused
from autodiff.errors import DomainError, MissingDependencyError
from autodiff.program.checks import as_values, check_leaves, lines_of_wrt
from autodiff.program.choose import Backend, compile_kernel, resolve_backend
from autodiff.program.kernel import Quick, Task
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.labels import with_line_labels, with_numbers
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from autodiff.program.recording.tape import Tape
from autodiff.program.source.function import source
from autodiff.value import Value

if TYPE_CHECKING:
    import numpy.typing as npt

    from autodiff.program.replay import Replay

    Array: TypeAlias = npt.NDArray[Any]

Dtype: TypeAlias = Literal["float64", "float32"]
QUICK = {None: "_quick_outputs", "inputs": "_quick_gradient", "parameters": "_quick_mean"}


class Program:
    """A recorded graph as a function of arrays.

    A call computes the graph as it was recorded: branches of Python stay as they were decided then, and a leaf that is
    neither an input nor a parameter is a constant. Outside the domain of an operation a call returns inf or nan, by the
    rules of IEEE arithmetic, where eager code raises a DomainError. Several threads may call a Program at once. It can
    be pickled.

    Args:
        outputs: a Value, or a sequence of Values. Only a Program of one Value has derivatives.
        inputs: leaves; each point has a number for each of them. If the graph does not contain a leaf, the derivative
            by it is 0.
        parameters: leaves that have the same number at all points of a call.
        backend: "llvm", machine code with a point in every SIMD lane; "arrays", numpy on matrices found among the
            scalars; "python", generated Python; or "auto", which is "llvm" where llvmlite is installed and every
            primitive is of the table, else "arrays" for large regular programs, else "python".
        dtype: the type of the numbers inside and of the results, "float64" or "float32".
        threads: how many threads compute the parts of a long batch in machine code; None for one on each processor. The
            results are the same to the last bit, however many they are. Python's lock is free meanwhile.
        check: whether every call first computes each line with numpy, and raises a DomainError that names the first
            line whose result is not finite. Slow.

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
        backend: Backend = "auto",
        dtype: Dtype = "float64",
        threads: int | None = 1,
        check: bool = False,
    ) -> None:
        self._single = isinstance(outputs, Value)
        nodes = as_values("outputs", [outputs] if isinstance(outputs, Value) else outputs)
        leaves, self._parameters = as_values("inputs", inputs), as_values("parameters", parameters)
        if not nodes:
            raise ValueError("Program: expected at least one output, got none")
        check_leaves(leaves, self._parameters)
        if dtype not in get_args(Dtype):
            raise ValueError(f"Program: expected dtype to be one of {', '.join(get_args(Dtype))}, got {dtype!r}")
        if threads is not None and (not isinstance(threads, int) or isinstance(threads, bool) or threads < 1):
            raise ValueError(f"Program: expected threads to be a positive int or None, got {threads!r}")
        self._threads = threads
        self._tape = tape_of(nodes, leaves, self._parameters)
        self._requested = backend
        self._dtype, self._check = dtype, check
        self._prepare()

    def _prepare(self) -> None:
        """Create the attributes that are not pickled."""
        self._backend, self._reason = resolve_backend(self._requested, self._tape)
        self._lock = threading.RLock()
        self._passes: dict[str | None, dict[str, Tape]] = {}
        self._replays: dict[str | None, Replay] = {}
        self._quick_outputs: Quick | None = None  # each method tries one of these first, once it is compiled
        self._quick_gradient: Quick | None = None
        self._quick_mean: Quick | None = None

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_single", "_parameters", "_tape", "_requested", "_dtype", "_threads", "_check")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    # ------------------------------------------------------------------------------------------------- replays

    @overload
    def __call__(
        self, points: Sequence[Sequence[float]], theta: "npt.ArrayLike | None" = None, *, out: "Array | None" = None
    ) -> "Array": ...
    @overload
    def __call__(
        self, points: "npt.ArrayLike" = (), theta: "npt.ArrayLike | None" = None, *, out: "Array | None" = None
    ) -> Any: ...
    def __call__(
        self,
        points: "npt.ArrayLike" = (),
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "Array | None" = None,
    ) -> Any:
        """Return the outputs at every point.

        Args:
            points: real numbers, (n_inputs,) or (batch, n_inputs). A program without inputs needs none.
            theta: the parameters, (n_parameters,). If None, the `data` that they have now.
            out: an array for the result, of its shape and dtype, that shares no memory with an argument.

        Returns:
            A float or (batch,); for a sequence of outputs (n_outputs,) or (batch, n_outputs).

        Raises:
            TypeError, ValueError: if an argument has numbers of another type, or another shape.
            DomainError: if a number is not finite, with `check=True`.
        """
        quick = self._quick_outputs
        result: Any = None if quick is None else quick(points, theta, out)
        return self._replay(None)(points, theta, out) if result is None else result

    def value_and_grad(
        self,
        points: "npt.ArrayLike",
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "tuple[Array, Array] | None" = None,
    ) -> "tuple[Any, Array]":
        """Return the output at every point, and its gradient with respect to the inputs there.

        Args:
            points, theta: as for a call.
            out: arrays for the two results, which share no memory; either may be None.

        Returns:
            The value, a float, or the values, (batch,), and the gradients, (n_inputs,) or (batch, n_inputs).

        Raises:
            ValueError: if there are no inputs, or several outputs.
        """
        quick = self._quick_gradient
        result: tuple[Any, Any] | None = quick and quick(points, theta, out)
        return result or self._replay("inputs")(points, theta, out)

    def mean_and_grad(
        self,
        points: "npt.ArrayLike" = (),
        theta: "npt.ArrayLike | None" = None,
        *,
        out: "Array | None" = None,
    ) -> "tuple[float, Array]":
        """Return the mean of the output over the points, and its gradient with respect to the parameters.

        Args:
            points, theta: as for a call; at least one point.
            out: an array for the gradient, which shares no memory with an argument.

        Returns:
            The mean, a float, and its gradient, (n_parameters,).

        Raises:
            ValueError: if there are no parameters, no points, or several outputs.
        """
        quick = self._quick_mean
        result: tuple[Any, Any] | None = quick and quick(points, theta, out)
        return result or self._replay("parameters")(points, theta, out)

    def prepared(self, points: "Array", theta: "Array", *, out: "Array") -> Callable[[], float]:
        """Return `mean_and_grad` of these arrays as a function without arguments, which returns the mean, a float.

        Args:
            points, theta: as for `mean_and_grad`, with its errors: now. A call reads the numbers that they have then.
            out: an array, (n_parameters,), to which each call writes the gradient.
        """
        self.mean_and_grad(points, theta, out=out)
        return self._replays["parameters"].prepared(points, theta, out)

    # ------------------------------------------------------------------------------------------- passes and texts

    @property
    def backend(self) -> str:
        """The backend that runs it: "python", "llvm" or "arrays"."""
        return self._backend

    def passes(self, wrt: str | None = None) -> dict[str, Tape]:
        """Return the program after each pass, as tapes.

        Lines have the names of pictures of the graph. A tape is drawn as the graph that it is:
        `viz.draw(*(values[i] for i in tape.outputs))` with `values = graph_of(tape)` from
        `autodiff.program.recording.record`.

        Args:
            wrt: "inputs" or "parameters" for the program with that gradient, None for the outputs alone.

        Returns:
            The tapes by the names of the passes: "record"; "derive", if there is a gradient; "simplify"; and "fuse",
            which is compiled.
        """
        self._tapes(wrt)  # from now on `repr` counts them
        return self._through_passes(with_numbers(self._tape), lines_of_wrt("passes", self._tape, wrt, self._single))

    @staticmethod
    def _through_passes(tape: Tape, leaves: range | None) -> dict[str, Tape]:
        """The tape after each pass."""
        tapes = {"record": tape}
        if leaves is not None:
            tapes["derive"] = derive(tape, leaves)
        tapes["simplify"] = simplify(tapes.get("derive", tape))
        tapes["fuse"] = fuse(tapes["simplify"])
        return tapes

    def _tapes(self, wrt: str | None = None) -> dict[str, Tape]:
        """The tapes of `passes`, without the names of pictures: they are compiled."""
        leaves = lines_of_wrt("passes", self._tape, wrt, self._single)
        with self._lock:
            if wrt not in self._passes:
                self._passes[wrt] = self._through_passes(self._tape, leaves)
            return self._passes[wrt]

    def source(self, language: str = "python", *, wrt: str | None = None) -> str:
        """Return the program as the source code of a function, with the lines of the gradient if `wrt` is given.

        Args:
            language: "python", which needs only `math`, "javascript", which needs only `Math`, or "numpy", a function
                of (points, theta) in arrays.
            wrt: "inputs" or "parameters" for the gradient by these, None for the outputs alone.

        Raises:
            ValueError: if the language is another, a primitive is not in the table, or there are no leaves of `wrt`.
        """
        name = "value_and_grad" if wrt else "value"
        leaves = lines_of_wrt("source", self._tape, wrt, self._single)
        if language == "numpy":
            from autodiff.program.arrays.source.function import numpy_source

            return numpy_source(self._tape, wrt, name)
        tape = fuse(simplify(with_numbers(self._tape)))
        if leaves is not None:  # each line gets a name first, because adjoints are named after lines
            tape = fuse(simplify(derive(with_line_labels(tape), leaves)))
        return source(tape, language, name=name, wrt=leaves or range(0))

    def to_jax(self) -> Any:
        """Return the program as a function (points, theta) of JAX, for `jax.jit`, `jax.grad` and `jax.vmap`.

        The shapes are those of a call; the dtype is that of the arguments. JAX takes its own derivatives.

        Raises:
            MissingDependencyError: if JAX is not installed.
            ValueError: if a primitive is not in the table.
        """
        from autodiff.program.arrays.jax import to_jax
        from autodiff.program.arrays.prepare import prepare
        from autodiff.program.passes.safe import safe

        return to_jax(prepare(safe(self._tape)), self._single)

    def __len__(self) -> int:
        """The number of operations that compute the outputs, after the passes."""
        return len(self._tapes()["fuse"])

    def __bool__(self) -> bool:
        return True  # even if there are no operations

    def __repr__(self) -> str:
        tape = self._tape
        counts = {"output": len(tape.outputs), "input": tape.n_inputs, "parameter": tape.n_parameters}
        leaves = ", ".join(f"{n} {noun}" if n == 1 else f"{n} {noun}s" for noun, n in counts.items())
        self._tapes()
        parts = []
        for wrt in (None, "inputs", "parameters"):  # in this order, whatever was called first
            facts = [f"{name} {len(tape)}" for name, tape in self._passes.get(wrt, {}).items()]
            if wrt in self._replays and self._replays[wrt].form:
                facts.append(self._replays[wrt].form)
            if facts:
                parts.append(f"{f'with the gradient by {wrt}' if wrt else 'operations'}: {', '.join(facts)}")
        reason = f" ({self._reason})" if self._reason else ""
        return f"<Program {leaves}; {self._backend}{reason}; {'; '.join(parts)}>"

    # ------------------------------------------------------------------------------------------------- compiling

    def _replay(self, wrt: str | None) -> "Replay":
        """The checked call of a method, used where the quick one declines. The first call compiles it."""
        if wrt not in self._replays:
            with self._lock:
                if wrt not in self._replays:
                    replay = self._compile(wrt)
                    setattr(self, QUICK[wrt], replay.quick)
                    self._replays[wrt] = replay
        return self._replays[wrt]

    def _compile(self, wrt: str | None) -> "Replay":
        """Compile the outputs, or the outputs with a gradient by `wrt`."""
        try:
            from autodiff.program.replay import Replay
        except ImportError:
            raise MissingDependencyError("Program: to replay at points", "numpy", "fast") from None
        asking = "mean_and_grad" if wrt == "parameters" else "value_and_grad"
        leaves = lines_of_wrt(asking, self._tape, wrt, self._single)

        def optimized_tape() -> Tape:
            return self._tapes(wrt)["fuse"]

        task = Task(self._tape, wrt, leaves, self._single, self._dtype, self._threads, self._parameters, optimized_tape)
        with collector_paused():  # a compiler makes many objects and frees few of them
            return Replay(task, compile_kernel(self._backend, task), self._finite_check(wrt) if self._check else None)

    def _finite_check(self, wrt: str | None) -> Callable[[Any, Any], None]:
        """A function (points, theta) that raises a DomainError if a number of the program is not finite there."""
        from autodiff.program.interpret import first_nonfinite

        tapes = self._tapes(wrt)
        tape = tapes.get("derive", tapes["record"])
        n_forward = len(self._tape.lines)

        def check(points: Any, theta: Any) -> None:
            if place := first_nonfinite(tape, points, theta, n_forward=n_forward):
                raise DomainError(f"Program: {place}; check=True asks for finite numbers")

        return check
