"""From classes to instructions: each class becomes one, or a few where its operands are in several pieces."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from autodiff.primitive import Primitive
from autodiff.primitives import DOT, LOGSUMEXP, MUL, SUM
from autodiff.program.arrays.affine import Region, pieces, regions
from autodiff.program.arrays.classes import (
    CONSTANT,
    DATA,
    INPUT,
    PAD,
    PARAMETER,
    REDUCTIONS,
    Class,
    Operand,
    Structure,
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
)
from autodiff.program.tape import Tape

Array: TypeAlias = np.ndarray[Any, Any]
NUMBERS = (CONSTANT, DATA)
PIECES = 8  # pieces that one instruction is cut into at most, before its operands are gathered


def lower(tape: Tape, n_values: int, mean: bool, n_data: int = 0) -> ArrayProgram:
    """Return the array program of a tape.

    Args:
        tape: its first `n_values` outputs are values, the others derivatives.
        n_values: how many of the outputs are values.
        mean: whether the results are means over the points.
        n_data: how many of the parameters, the last ones, are numbers that never change.
    """
    return Lowering(tape, n_values, mean, n_data).program()


class Lowering:
    """The state of `lower`."""

    def __init__(self, tape: Tape, n_values: int, mean: bool, n_data: int) -> None:
        self.mean = mean
        self.tape = tape
        self.structure: Structure = classify(tape, tape.outputs, n_data)
        self.numbers = np.array([line.number for line in tape.lines])
        self.instructions: list[Instruction] = []
        n_gradient = len(tape.outputs) - n_values
        self.values = Block("values", n_values, not mean)
        self.gradient = Block("gradient", n_gradient, not mean)
        self.points = Block("points", tape.n_inputs, True, of=INPUT)
        self.theta = Block("theta", tape.n_parameters - n_data, False, of=PARAMETER)
        self.blocks: dict[int, Block] = {INPUT: self.points, PARAMETER: self.theta}
        self.gathered: dict[object, Block] = {}
        # for each class its results: (block, member's line, place)
        self.results: dict[int, list[tuple[Block, int, int]]] = {}
        for k, line in enumerate(tape.outputs):
            block, at = (self.values, k) if k < n_values else (self.gradient, k - n_values)
            self.results.setdefault(int(self.structure.of[line]), []).append((block, line, at))

    def program(self) -> ArrayProgram:
        """All instructions."""
        used = {operand.of for made in self.structure.classes for operand in made.operands}
        for c, made in enumerate(self.structure.classes):
            if made.primitive is not None:
                self._compute(c, made, c in used)
            if c in self.results:
                self._deliver(c, made)
        return ArrayProgram(self.instructions, self.points, self.theta, self.values, self.gradient, self.mean)

    def _compute(self, c: int, made: Class, used: bool) -> None:
        """A class, into a block of its own, or into the results if they are all that needs it."""
        results = self.results.get(c, [])
        alone = not used and len({block.kind for block, _, _ in results}) == 1 and len(results) == len(made.members)
        alone = alone and len({line for _, line, _ in results}) == len(made.members)
        if made.batched and self.mean:
            alone = alone and self._can_contract(made)
        else:
            alone = alone and made.batched != self.mean  # the results have a column for each point, or have not
        places = {line: at for _, line, at in results}
        order = np.array([places[line] for line in made.members.tolist()] if alone else [], dtype=np.int64)
        if alone and pieces(order[np.newaxis], PIECES) is not None:
            del self.results[c]
            self._emit(made, results[0][0], order, self.mean and made.batched)
        else:
            block = self.blocks[c] = Block("rows", len(made.members), made.batched, of=c)
            self._emit(made, block, np.arange(len(made.members)), False)

    def _can_contract(self, made: Class) -> bool:
        """Whether the mean over the points can be taken along with a sum of products: `delta @ a.T`."""
        if made.primitive not in (MUL, DOT):
            return False
        return all(self.structure.classes[operand.of].batched for operand in made.operands)

    # ------------------------------------------------------------------------------------------------- one class

    def _emit(self, made: Class, out: Block, places: Array, mean: bool) -> None:
        """The instructions of a class, member i going to row `places[i]` of a block."""
        assert made.primitive is not None
        add = False
        for primitive, operands in _steps(made, mean):
            add = self._step(primitive, operands, out, places, add=add, mean=mean)
        if not made.operands:  # an empty sum
            zero: list[Operand] = []
            self._step(SUM, zero, out, places, add=False, mean=mean)

    def _step(
        self,
        primitive: Primitive,
        operands: Sequence[Operand],
        out: Block,
        places: Array,
        *,
        add: bool,
        mean: bool,
    ) -> bool:
        """One instruction for each region. Return True: whatever comes next is to be added."""
        n_members = len(places)
        n_terms = max([operand.lines.shape[1] for operand in operands], default=1)
        split = primitive in (SUM, DOT, MUL)  # whether terms may be added up in several steps
        found, regular = self._regions(operands, places, n_members, n_terms, split)
        for region in found:
            loops, terms = region.members.loops, region.terms.loops
            shape = loops + terms
            views: list[View | float] = []
            for i, operand in enumerate(operands):
                if i in regular:
                    k = regular.index(i)
                    strides = region.members.strides[k] + region.terms.strides[k]
                    views.append(View(self.blocks[operand.of], region.offsets[k], strides))
                else:
                    lines = _part(operand.lines, n_terms, region).reshape(shape)
                    pad = -np.inf if primitive is LOGSUMEXP else 0.0
                    views.append(self._outside(operand.of, lines, pad))
            if primitive in REDUCTIONS:
                views = [self._block_of(view, len(shape)) for view in views]
            target = View(out, region.offsets[-1], region.members.strides[-1])
            adds = add or region.terms.start > 0
            made = self._instruction(primitive, target, loops, terms, tuple(views), adds, mean)
            self.instructions.append(made)
        return True

    def _instruction(
        self,
        primitive: Primitive,
        out: View,
        loops: tuple[int, ...],
        terms: tuple[int, ...],
        operands: tuple[View | float, ...],
        add: bool,
        mean: bool,
    ) -> Instruction:
        if primitive is DOT or mean:
            return Contract(out, loops, operands, terms, add, mean)
        if primitive in REDUCTIONS and len(operands) == 1:
            return Reduce(out, loops, operands, terms, add, mean, primitive=primitive)
        return Apply(out, loops, operands, terms, add, mean, primitive=primitive)

    def _regions(
        self, operands: Sequence[Operand], places: Array, n_members: int, n_terms: int, split: bool
    ) -> tuple[list[Region], list[int]]:
        """The regions for as many operands as can be read by the same loops, and which these are, in their order."""
        arrays = {
            i: self.structure.place[operand.lines]
            for i, operand in enumerate(operands)
            if operand.of not in NUMBERS and (operand.lines != PAD).all()
        }

        def common(some: Sequence[int]) -> list[Region] | None:
            chosen = [*[arrays[i] for i in some], places[:, np.newaxis]]
            found = regions(chosen, n_members, n_terms, PIECES)
            return found if found and (split or all(region.terms.start == 0 for region in found)) else None

        found = common([*arrays])
        if found is not None:
            return found, [*arrays]
        some: list[int] = []
        for i in sorted(arrays, key=lambda i: -self._size(operands[i])):  # rather gather what is small
            trial = common([*some, i])
            if trial is not None:
                found, some = trial, [*some, i]
        found = found or common([])
        if found is None:
            raise AssertionError("the places of results were checked before")
        return found, some

    def _size(self, operand: Operand) -> int:
        """How much there is to gather, and that at every point or once."""
        return operand.lines.size * (1000 if self.structure.classes[operand.of].batched else 1)

    # ------------------------------------------------------------------------------------ what follows no loops

    def _outside(self, c: int, lines: Array, pad: float = 0.0) -> View | float:
        """Lines of a class that follow no loops: constants, once for each loop in which they differ, or copied rows."""
        if c not in NUMBERS:
            return self._gather(c, lines, pad)
        numbers, strides = _without_repetition(np.where(lines == PAD, pad, self.numbers[lines]))
        if not numbers.ndim or not any(strides):
            return float(numbers.flat[0])
        return View(self._kept(numbers), 0, strides)

    def _kept(self, numbers: Array) -> Block:
        """A block of constants."""
        key = numbers.tobytes()
        if key not in self.gathered:
            self.gathered[key] = Block("numbers", numbers.size, False, numbers.ravel())
        return self.gathered[key]

    def _block_of(self, operand: View | float, n_loops: int) -> View:
        """A view, of a single number too."""
        return operand if isinstance(operand, View) else View(self._kept(np.array([operand])), 0, (0,) * n_loops)

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

    def _deliver(self, c: int, made: Class) -> None:
        """Those members of a class that are results."""
        mean = self.mean and made.batched
        for block in (self.values, self.gradient):
            pairs = [(line, at) for b, line, at in self.results[c] if b is block]
            if not pairs:
                continue
            lines = np.array([line for line, _ in pairs])
            places = np.array([at for _, at in pairs])
            if pieces(places[np.newaxis], PIECES) is None:
                x = self._block_of(self._outside(c, lines), 1)
                self.instructions.append(Mean(View(block, 0, (1,)), (len(places),), (x,), mean=mean, index=places))
                continue
            operand = Operand(c, lines[:, np.newaxis])
            found, regular = self._regions([operand], places, len(places), 1, False)
            for region in found:
                if regular:
                    x = View(self.blocks[c], region.offsets[0], region.members.strides[0])
                else:
                    part = _part(operand.lines, 1, region).reshape(region.members.loops)
                    x = self._block_of(self._outside(c, part), len(region.members.loops))
                target = View(block, region.offsets[-1], region.members.strides[-1])
                self.instructions.append(Mean(target, region.members.loops, (x,), mean=mean))


def _steps(made: Class, mean: bool) -> Iterator[tuple[Primitive, Sequence[Operand]]]:
    """A class as primitives of operands: for a `dot` one for each pair of classes, for a `sum` one for each class."""
    primitive = made.primitive
    assert primitive is not None
    if primitive is DOT:
        for k in range(0, len(made.operands), 2):
            yield DOT, made.operands[k : k + 2]
    elif primitive is SUM:
        for operand in made.operands:
            yield SUM, [operand]
    elif primitive in REDUCTIONS and len(made.operands) > 1:  # of several classes: each term an operand of its own
        columns = [Operand(each.of, column[:, np.newaxis]) for each in made.operands for column in each.lines.T]
        yield primitive, columns
    else:
        yield primitive, made.operands


def _part(lines: Array, n_terms: int, region: Region) -> Array:
    """The lines of a region."""
    lines = np.broadcast_to(lines, (len(lines), n_terms))
    n = int(np.prod(region.members.loops, dtype=int))
    k = int(np.prod(region.terms.loops, dtype=int))
    return lines[region.members.start : region.members.start + n, region.terms.start : region.terms.start + k]


def _without_repetition(array: Array) -> tuple[Array, tuple[int, ...]]:
    """The array without the axes along which it is the same, and the strides that repeat it there."""
    varies = [bool((array != array.take([0], axis)).any()) for axis in range(array.ndim)]
    small = array[tuple([slice(None) if v else slice(0, 1) for v in varies])]
    strides = np.cumprod([1, *small.shape[:0:-1]])[::-1][: small.ndim].tolist()
    return small, tuple([s if v else 0 for s, v in zip(strides, varies, strict=True)])
