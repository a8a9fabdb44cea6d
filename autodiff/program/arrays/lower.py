"""From classes to instructions: a class becomes one instruction, or a few if its operands come in several pieces."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import ADD, DOT, IDENTITY, LOGSUMEXP, MUL, SUM
from autodiff.program.arrays.affine import Region, pieces, regions
from autodiff.program.arrays.classes import (
    CONSTANT,
    DATA,
    INPUT,
    PAD,
    PARAMETER,
    REDUCTIONS,
    Operand,
    StructuralClass,
    classify,
)
from autodiff.program.arrays.instructions import (
    Apply,
    ArrayProgram,
    Block,
    Contract,
    Gather,
    Instruction,
    Mean,
    Reduce,
    View,
    contiguous_strides,
)
from autodiff.program.arrays.prepare import PreparedTape

Array: TypeAlias = np.ndarray[Any, Any]
NUMBERS = (CONSTANT, DATA)  # the classes that have no block
PLAIN = {SUM: IDENTITY, LOGSUMEXP: IDENTITY, DOT: MUL}  # what they are of one term
MAX_PIECES = 8  # of an instruction; if its operands come in more pieces, they are gathered


def array_program(prepared: PreparedTape, mean: bool) -> ArrayProgram:
    """Return the array program of a tape, for results of each point or for their means."""
    return _Lowering(prepared, mean).program()


class _Lowering:
    """Makes the instructions of one tape."""

    def __init__(self, prepared: PreparedTape, mean: bool) -> None:
        tape, n_values = prepared.tape, prepared.n_values
        self.mean = mean
        self.structure = classify(tape, tape.outputs, prepared.n_data)
        self.numbers = np.array([line.number for line in tape.lines])
        self.instructions: list[Instruction] = []
        self.values = Block("values", n_values, not mean)
        self.gradient = Block("gradient", len(tape.outputs) - n_values, not mean)
        self.points = Block("points", tape.n_inputs, True, cls=INPUT)
        self.theta = Block("theta", prepared.n_parameters, False, cls=PARAMETER)
        self.blocks: dict[int, Block] = {INPUT: self.points, PARAMETER: self.theta}
        self.gathered: dict[object, Block] = {}
        self.results: dict[int, list[tuple[Block, int, int]]] = {}  # of each class: (block, line, row)
        for k, line in enumerate(tape.outputs):
            block, row = (self.values, k) if k < n_values else (self.gradient, k - n_values)
            self.results.setdefault(int(self.structure.class_of[line]), []).append((block, line, row))

    def program(self) -> ArrayProgram:
        """All instructions."""
        read = {operand.cls for cls in self.structure.classes for operand in cls.operands}
        for c, cls in enumerate(self.structure.classes):
            if cls.primitive is not None:
                self._compute(c, cls, c in read)
            if c in self.results:
                self._deliver(c, cls)
        return ArrayProgram(
            self.structure, self.instructions, self.points, self.theta, self.values, self.gradient, self.mean
        )

    def _compute(self, c: int, cls: StructuralClass, is_read: bool) -> None:
        """Compute a class into a block of its own, or directly into the results if nothing else needs it."""
        if not is_read and self._writes_result_directly(c, cls):
            row_of = {line: row for _, line, row in self.results[c]}
            rows = np.array([row_of[line] for line in cls.members.tolist()], dtype=np.int64)
            if pieces(rows[np.newaxis], MAX_PIECES) is not None:
                (out, _, _), *_ = self.results.pop(c)
                self._emit(cls, out, rows, self.mean and cls.batched)
                return
        block = self.blocks[c] = Block("rows", len(cls.members), cls.batched, cls=c)
        self._emit(cls, block, np.arange(len(cls.members)), False)

    def _writes_result_directly(self, c: int, cls: StructuralClass) -> bool:
        """Whether an instruction can write the members into the results: each is one result, all in the same block."""
        results = self.results.get(c, [])
        if len({block.kind for block, _, _ in results}) != 1 or len(results) != len(cls.members):
            return False
        if len({line for _, line, _ in results}) != len(cls.members):
            return False
        if cls.batched and self.mean:  # the mean can be taken along with a sum of products: `delta @ a.T`
            batched = [self._is_batched(operand) for operand in cls.operands]
            if cls.primitive in (ADD, SUM):  # what all points share is its own mean: the gradient of an L2 penalty
                (first, *others) = [each for each, varies in zip(cls.operands, batched, strict=True) if varies]
                return not others and first.lines.shape[1] == 1 and not all(batched)
            return all(batched) if cls.primitive is MUL else cls.primitive is DOT and batched[::2] == batched[1::2]
        return cls.batched != self.mean  # both have a column for each point, or neither has

    def _is_batched(self, operand: Operand) -> bool:
        return self.structure.classes[operand.cls].batched

    # ------------------------------------------------------------------------------------------------- one class

    def _emit(self, cls: StructuralClass, out: Block, rows: Array, mean: bool) -> None:
        """Add the instructions of a class; member i goes to row `rows[i]` of a block."""
        assert cls.primitive is not None
        add = False
        steps = [*_steps(cls)]
        if mean:  # what all points share is added behind the mean
            steps = [(SUM, [x]) for x in cls.operands] if cls.primitive is ADD else steps
            steps.sort(key=lambda step: not self._is_batched(step[1][0]))
        for primitive, operands in steps:
            self._step(primitive, operands, out, rows, add=add, mean=mean and self._is_batched(operands[0]))
            add = True
        if not cls.operands:  # an empty sum
            self._step(SUM, [], out, rows, add=False, mean=mean)

    def _step(
        self, primitive: Primitive, operands: Sequence[Operand], out: Block, rows: Array, *, add: bool, mean: bool
    ) -> None:
        """Add an instruction for each region."""
        n_terms = max([operand.lines.shape[1] for operand in operands], default=1)
        can_split = primitive in (SUM, DOT, MUL)  # whether several instructions may add up the terms
        in_regions, regular = self._regions(operands, rows, n_terms, can_split)
        for region in in_regions:
            loops, terms = region.members.loops, region.terms.loops
            views: list[View | float] = []
            for i, operand in enumerate(operands):
                if i in regular:
                    k = regular.index(i)
                    strides = region.members.strides[k] + region.terms.strides[k]
                    views.append(View(self.blocks[operand.cls], region.offsets[k], strides))
                else:
                    lines = _part(operand.lines, n_terms, region).reshape(loops + terms)
                    views.append(self._irregular(operand.cls, lines, -np.inf if primitive is LOGSUMEXP else 0.0))
            if primitive in REDUCTIONS:
                views = [self._as_view(view, len(loops + terms)) for view in views]
            target = View(out, region.offsets[-1], region.members.strides[-1])
            arguments = (target, loops, tuple(views), terms, add or region.terms.start > 0, mean)
            if mean and primitive is SUM:
                self.instructions.append(Mean(*arguments))
            elif primitive in PLAIN and not (terms or mean) and len(operands) == 1 + (primitive is DOT):
                self.instructions.append(Apply(*arguments, primitive=PLAIN[primitive]))
            elif primitive is DOT or mean:
                self.instructions.append(Contract(*arguments))
            elif primitive in REDUCTIONS and len(operands) == 1:
                self.instructions.append(Reduce(*arguments, primitive=primitive))
            else:
                self.instructions.append(Apply(*arguments, primitive=primitive))

    def _regions(
        self, operands: Sequence[Operand], rows: Array, n_terms: int, can_split: bool
    ) -> tuple[list[Region], list[int]]:
        """The regions for as many operands as the same loops can read; and the positions of these operands."""
        arrays = {
            i: self.structure.place[operand.lines]
            for i, operand in enumerate(operands)
            if operand.cls not in NUMBERS and (operand.lines != PAD).all()
        }

        def common(some: Sequence[int]) -> list[Region] | None:
            result = regions([*[arrays[i] for i in some], rows[:, np.newaxis]], len(rows), n_terms, MAX_PIECES)
            whole = can_split or all(region.terms.start == 0 for region in result or [])
            return result if whole else None

        if in_regions := common([*arrays]):
            return in_regions, [*arrays]
        some: list[int] = []
        for i in sorted(arrays, key=lambda i: -self._size(operands[i])):  # small operands had better be gathered
            if trial := common([*some, i]):
                in_regions, some = trial, [*some, i]
        in_regions = in_regions or common([])
        assert in_regions, "`_compute` and `_deliver` check the rows of results"
        return in_regions, some

    def _size(self, operand: Operand) -> int:
        """The numbers to gather; many more if they differ at each point."""
        return operand.lines.size * (1000 if self._is_batched(operand) else 1)

    # ------------------------------------------------------------------------------------ operands without loops

    def _irregular(self, c: int, lines: Array, pad: float = 0.0) -> View | float:
        """Lines of a class that follow no loops: constants, once for each loop in which they differ, or copied rows."""
        if c not in NUMBERS:
            return self._gather(c, lines, pad)
        numbers, strides = _without_repetition(np.where(lines == PAD, pad, self.numbers[lines]))
        if not numbers.ndim or not any(strides):
            return float(numbers.flat[0])
        return View(self._constants(numbers), 0, strides)

    def _constants(self, numbers: Array) -> Block:
        """A block of constants."""
        key = numbers.tobytes()
        if key not in self.gathered:
            self.gathered[key] = Block("numbers", numbers.size, False, numbers.ravel())
        return self.gathered[key]

    def _as_view(self, operand: View | float, n_loops: int) -> View:
        """An operand as a view, also if it is a number."""
        return operand if isinstance(operand, View) else View(self._constants(np.array([operand])), 0, (0,) * n_loops)

    def _gather(self, c: int, lines: Array, pad: float) -> View:
        """Rows of a block, copied into the order of the loops."""
        index, strides = _without_repetition(np.where(lines == PAD, PAD, self.structure.place[lines]))
        source = self.blocks[c]
        key = (c, pad, index.tobytes())
        if key not in self.gathered:
            block = self.gathered[key] = Block("rows", index.size, source.batched)
            out, loops = View(block, 0, (1,)), (index.size,)
            self.instructions.append(Gather(out, loops, (View(source, 0, (1,)),), index=index.ravel(), pad=pad))
        return View(self.gathered[key], 0, strides)

    # ------------------------------------------------------------------------------------------------- results

    def _deliver(self, c: int, cls: StructuralClass) -> None:
        """Copy those members of a class that are results."""
        mean = self.mean and cls.batched
        for block in (self.values, self.gradient):
            places = [(line, row) for out, line, row in self.results[c] if out is block]
            if not places:
                continue
            lines, rows = np.array(places).T
            if pieces(rows[np.newaxis], MAX_PIECES) is None:
                x = self._as_view(self._irregular(c, lines), 1)
                self.instructions.append(Mean(View(block, 0, (1,)), (len(rows),), (x,), mean=mean, index=rows))
            else:
                self._step(SUM, [Operand(c, lines[:, np.newaxis])], block, rows, add=False, mean=mean)


def _steps(cls: StructuralClass) -> Iterator[tuple[Primitive, Sequence[Operand]]]:
    """A class as primitives of operands: a `dot` has one for each pair of classes, a `sum` one for each class."""
    primitive = cls.primitive
    assert primitive is not None
    if primitive is DOT:
        for k in range(0, len(cls.operands), 2):
            yield DOT, cls.operands[k : k + 2]
    elif primitive is SUM:
        for operand in cls.operands:
            yield SUM, [operand]
    elif primitive in REDUCTIONS and len(cls.operands) > 1:  # of several classes: each term is an operand
        yield primitive, [Operand(each.cls, terms[:, np.newaxis]) for each in cls.operands for terms in each.lines.T]
    else:
        yield primitive, cls.operands


def _part(lines: Array, n_terms: int, region: Region) -> Array:
    """The lines of a region."""
    lines = np.broadcast_to(lines, (len(lines), n_terms))
    n = int(np.prod(region.members.loops, dtype=int))
    k = int(np.prod(region.terms.loops, dtype=int))
    return lines[region.members.start : region.members.start + n, region.terms.start : region.terms.start + k]


def _without_repetition(array: Array) -> tuple[Array, tuple[int, ...]]:
    """The array without the axes along which it does not vary, and the strides to read the whole array from it."""
    varies = [bool((array != array.take([0], axis)).any()) for axis in range(array.ndim)]
    small = array[tuple([slice(None) if v else slice(0, 1) for v in varies])]
    strides = contiguous_strides(small.shape)
    return small, tuple([s if v else 0 for s, v in zip(strides, varies, strict=True)])
