"""Records a loss or a prediction as a `Program` that is valid for all samples.

A recorded graph misses two things. Branches on data: reading a Value's number while recording is always detected.
Randomness or internal state of the model: for a model not seen before, up to 8 samples are recorded and their graphs
compared.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from autodiff import DomainError, Primitive, Program, Value
from autodiff.extend import CONSTANT, Guard, Watch, fingerprint, is_custom
from nn.data.samples import PARTS, leaves_like
from nn.errors import NOT_WITH_VALUES, DependsOnDataError, NotRecordedError
from nn.modules.dropout import Masks, mode, modules_with_mode
from nn.training.cache import ProgramCache, Replay
from nn.training.options import JAX

N_COMPARED = 8  # sample graphs of a new model that are compared before one program is taken to be valid for all samples

PROGRAMS = ProgramCache()  # the programs of all trainings and predictions in this process

Outputs: TypeAlias = Value | list[Value]
"""The results of a graph: a Value, or a list of them for a program that returns rows."""


class RecordedGraph(NamedTuple):
    """The graph of the sample at a position, and its fingerprint."""

    position: int
    outputs: Outputs
    leaves: list[Value]  # those of the sample, then the factors of `masks`
    masks: Masks
    operations: tuple[Any, ...]


@dataclass(kw_only=True)
class Recording:
    """A function of a sample that is recorded as a program, and recorded again when the model may have changed."""

    parts: Sequence[object]  # the model and the functions that `record` calls
    record: Callable[..., Outputs]  # the inputs of a sample, its target and weight if any -> the outputs of its graph
    columns: Sequence[Any]  # the inputs of all samples, and their targets and weights if any: arrays (n,) or (n, width)
    parameters: list[Value]  # the leaves whose numbers are in theta
    backend: Any  # a BackendName but "eager": "jax", or see `autodiff.Program`, as for `threads`
    # calls a program in the way it will be used, because the first call compiles
    first_call: Callable[[Any], object]
    threads: int | None = 1
    trains: bool = False  # whether the model trains, so that Dropout drops
    masks: Masks = field(default_factory=list)  # the factors of Dropout: inputs of the program after those of a sample
    _last: tuple[Any, Any] | None = None  # the key and the program of the last call

    def program(self) -> Any:
        """Return the compiled program of the function in its current state, a Program or `OnDevices`.

        Raises:
            DependsOnDataError: if a number is read, or two graphs differ.
            NotRecordedError: if the model or the loss cannot be called with Values.
            DomainError: if no sample has a graph.
        """
        graphs = self._graphs()
        first = next(graphs)
        self.masks = first.masks
        how = isinstance(first.outputs, list), self.backend, self.threads
        key = first.operations, len(first.leaves), len(self.parameters), *how
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        if not PROGRAMS.is_compared(key, self.parts):
            for graph in graphs:
                if graph.operations != first.operations:
                    other = f"sample {graph.position} than for sample {first.position}"
                    if graph.position == first.position:
                        other = f"sample {first.position} later"
                    difference = _difference(first.operations, graph.operations)
                    raise DependsOnDataError(
                        f"got another for {other} ({difference}), by chance or by a state of the model"
                    )

        def may_keep() -> bool:
            """Whether no primitive is the user's: what it refers to may change, and the key does not show it."""
            used = {part for part in first.operations if isinstance(part, Primitive)} - {CONSTANT}
            return not any(map(is_custom, used))

        def make() -> Replay:
            recorded = first.outputs, first.leaves, self.parameters
            if self.backend == JAX:
                from nn.training.devices import OnDevices

                return OnDevices(Program(*recorded, backend="arrays"))
            return Program(*recorded, backend=self.backend, threads=self.threads)

        program = PROGRAMS.use(
            key,
            make=make,
            may_keep=may_keep,
            first_call=self.first_call,
            parts=self.parts,
        )
        self._last = key, program
        return program

    def _graphs(self) -> Iterator[RecordedGraph]:
        """The graphs of the first samples, repeated if there are too few; the first graph is the one to compile.

        A sample without a graph is outside the domain of an operation; its replay gives inf or nan, which the training
        reports. Raise the DomainError if no sample has a graph.
        """
        domain_error: DomainError | None = None
        has_graph = False
        modules = modules_with_mode(self.parts[0])
        for position in [i % len(self.columns[0]) for i in range(N_COMPARED)]:
            rows = [column[position].tolist() for column in self.columns]
            pairs = [leaves_like(row, what) for row, what in zip(rows, PARTS, strict=False)]
            leaves = [leaf for _, its_leaves in pairs for leaf in its_leaves]
            masks: Masks = []
            training = mode(modules, self.trains, masks)
            with training, Watch(leaves, self.parameters) as watch, Guard("fit", self.parameters, "a parameter"):
                try:
                    outputs = self.record(*[argument for argument, _ in pairs])
                except DomainError as error:
                    domain_error = domain_error or error
                    continue
                except NOT_WITH_VALUES as error:
                    raise NotRecordedError(error) from None
            if watch.seen:
                raise DependsOnDataError(f"but {watch.seen} looks at a number, which no graph records")
            has_graph = True
            nodes = outputs if isinstance(outputs, list) else [outputs]
            leaves += [mask for _, mask in masks]
            operations = tuple(fingerprint(nodes, [*leaves, *self.parameters]))
            yield RecordedGraph(position, outputs, leaves, masks, operations)
        if domain_error is not None and not has_graph:
            raise domain_error


def _difference(first: tuple[Any, ...], last: tuple[Any, ...]) -> str:
    """The first operations that differ in two fingerprints, in words."""
    at = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)) - 1)
    while not all(operations[at] is None or isinstance(operations[at], Primitive) for operations in (first, last)):
        at -= 1  # back from the operands to the primitive
    names = [_name(*operations[at : at + 2]) for operations in (first, last)]
    return f"{names[0]} here and {names[1]} there" if names[0] != names[1] else f"{names[0]} of other operands"


def _name(primitive: Primitive | None, operand: Any) -> str:
    """A node of a fingerprint in words."""
    if primitive is CONSTANT:
        return f"the constant {operand}"
    return "the end" if primitive is None else primitive.name
