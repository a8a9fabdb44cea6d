"""`numpy_source`: the array program as code that one could have written by hand.

It has the instructions that the kernel runs, without the care for memory: each array gets a name and a line, or is
written where it is used, if that is one place.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from autodiff.languages import ATOM_LEVEL, PRODUCT_LEVEL, SIGN_LEVEL, SUM_LEVEL, Text
from autodiff.primitive import Primitive
from autodiff.primitives import ADD, IDENTITY, POW, SUM
from autodiff.program.arrays.instructions import (
    BATCH,
    LOOPS,
    TERMS,
    Apply,
    Contract,
    Gather,
    Instruction,
    Mean,
    Reduce,
    View,
    contiguous_strides,
)
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.prepare import PreparedTape, prepare
from autodiff.program.arrays.source.formulas import applied, exponent, numeral
from autodiff.program.arrays.source.names import ArrayNames
from autodiff.program.arrays.source.operands import ArrayText, OperandWriter, array_literal, shape, sizes
from autodiff.program.ieee import NUMPY
from autodiff.program.recording.tape import Tape
from autodiff.spelling import helpers

MAX_INLINE_CHARS = 48  # a longer formula gets a line of its own


def numpy_source(tape: Tape, wrt: str | None = None, name: str = "value") -> str:
    """Return the source of a function of (points, theta), which needs only numpy.

    It returns the values, (batch,) or (batch, n_values); with derivatives by the inputs also the gradient,
    (batch, n_inputs); with derivatives by the parameters the means over the points, () and (n_parameters,).

    Raise ValueError if a primitive is not in the table.
    """
    if custom := tape.custom_primitives():
        raise ValueError(f"source: {custom[0].name!r} is a primitive of your own, which has no source")
    leaves = {None: None, "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
    prepared = prepare(tape, leaves, labelled=True)
    return _Source(prepared, wrt == "parameters").text(name, wrt is not None)


class _Source:
    """Writes the function of one tape."""

    def __init__(self, prepared: PreparedTape, mean: bool) -> None:
        self.mean, self.n_values = mean, prepared.n_values
        self.program = array_program(prepared, mean)
        self.names = ArrayNames(prepared.tape, self.program.structure)
        self.operands = OperandWriter(self.program, self.names)
        self.written, self.loops = self.operands.written, self.operands.loops
        self.lines: list[str] = []
        self.used: dict[Primitive, None] = {}
        instructions = self.program.instructions
        self.reads = Counter([view.block for instruction in instructions for view in instruction.views])
        self.writes = Counter([instruction.out.block for instruction in instructions])
        self.partly_written = {each.out.block for each in instructions if not _writes_whole_block(each)}

    def text(self, name: str, gradient: bool) -> str:
        """Return all of it."""
        for instruction in self.program.instructions:
            self._instruction(self._reshaped(instruction))
        n_gradient = self.program.gradient.n_rows
        body = ["n = len(points)"]
        if gradient:
            body.append("gradient = np.empty_like(theta)" if self.mean else f"gradient = np.empty(({n_gradient}, n))")
        if self.n_values > 1:
            body.append(f"values = np.empty({self.n_values if self.mean else f'({self.n_values}, n)'})")
        result = "value" if self.n_values == 1 else "values" if self.mean else "values.T"
        returned = f"{result}, {'gradient' if self.mean else 'gradient.T'}" if gradient else result
        leaves = self.operands.leaves
        views = [line for kind in ("points", "theta", "gradient") for line in leaves[kind]]
        lines = [*body, *views, "", *self.lines, f"return {returned}"]
        code = "\n".join([f"    {line}".rstrip() for line in lines])
        constants = [line + "\n" for line in leaves["numbers"]]
        functions = [definition + "\n" for definition in helpers(self.used, NUMPY).values()]
        quiet = '@np.errstate(all="ignore")  # outside a domain: inf and nan, as IEEE arithmetic has it'
        text = f"{quiet}\ndef {name}(points, theta):\n{code}\n"
        return "\n\n".join(["import numpy as np\n", *constants, *functions, text])

    # --------------------------------------------------------------------------------------------- instructions

    def _instruction(self, instruction: Instruction) -> None:
        """Write the assignment of an instruction, or keep its formula for the one place that uses it."""
        formula = self._formula(instruction)
        out, add = instruction.out.block, "+" * instruction.add
        grows = self.writes[out] > 1 and out not in self.partly_written and out.kind != "gradient"
        is_view = isinstance(instruction, Apply) and instruction.primitive is IDENTITY
        if grows and is_view:  # `+=` must not change the array that it views
            text = f"{formula.bracketed(ATOM_LEVEL)}.copy()" if formula.axes else f"{formula.text} + 0.0"
            formula = formula._replace(text=text, level=ATOM_LEVEL if formula.axes else SUM_LEVEL)
        if out.kind == "gradient":
            self._rows(instruction, "gradient", formula)
        elif out is self.program.values and self.n_values > 1:
            self._rows(instruction, "values", formula)
        elif out is self.program.values:
            text = formula.text if self.mean or formula.axes == BATCH else f"np.full(n, {formula.text})"
            self.lines.append(f"value {add}= {text}")
        elif out in self.partly_written:
            if out not in self.written:
                name = self._name(instruction, formula)
                self.lines.append(f"{name} = np.empty({f'({out.n_rows}, n)' if out.batched else out.n_rows})")
                self.written[out] = ArrayText(name, ATOM_LEVEL, "")
                self.loops[out] = (out.n_rows,)
            self._rows(instruction, self.written[out].text, formula)
        elif instruction.add:
            if self.loops[out] == instruction.loops:
                text = formula.spread(_axes(instruction)).text
            else:
                text = f"({self._full(instruction, formula).text}).reshape({sizes(self.loops[out], out.batched)})"
            self.lines.append(f"{self.written[out].text} += {text}")
        else:
            self._new_array(instruction, formula)

    def _new_array(self, instruction: Instruction, formula: ArrayText) -> None:
        """Give an array a name and a line, or keep its formula if one place uses it and it is short."""
        out = instruction.out.block
        self.loops[out] = instruction.loops
        full = self._full(instruction, formula)
        once = self.reads[out] == 1 and self.writes[out] == 1 and len(full.text) <= MAX_INLINE_CHARS
        if once and not self._is_weighted_sum(instruction, formula) and not self.names.label_of_class(out.cls):
            self.written[out] = full
            return
        name = self._name(instruction, formula)
        self.lines.append(f"{name} = {full.text}  # {shape(instruction.loops, out.batched)}")
        self.written[out] = ArrayText(name, ATOM_LEVEL, "")

    def _rows(self, instruction: Instruction, base: str, formula: ArrayText) -> None:
        """Assign to, or add to, rows of an array."""
        if isinstance(instruction, Mean) and instruction.index is not None:
            self.lines.append(f"{base}[{array_literal(instruction.index)}] = {formula.text}")
        else:
            target, axes = self.operands.result_rows(instruction, base)
            self.lines.append(f"{target} {'+' * instruction.add}= {formula.spread(axes).text}")

    def _reshaped(self, instruction: Instruction) -> Instruction:
        """The instruction with the loops of an operand that it reads from one end to the other in a single loop."""
        if len(instruction.loops) != 1 or instruction.terms or isinstance(instruction, Mean):
            return instruction
        for view in instruction.views:
            loops = self.loops.get(view.block, ())
            if len(loops) > 1 and (view.offset, view.strides, view.block.n_rows) == (0, (1,), instruction.loops[0]):
                strides = contiguous_strides(loops)
                out, *operands = [
                    each._replace(strides=tuple([each.strides[0] * s for s in strides]))
                    if isinstance(each, View)
                    else each
                    for each in (instruction.out, *instruction.operands)
                ]
                assert isinstance(out, View)
                return replace(instruction, loops=loops, out=out, operands=tuple(operands))
        return instruction

    # ------------------------------------------------------------------------------------------------- formulas

    def _formula(self, instruction: Instruction) -> ArrayText:
        """The right-hand side of the assignment, with its axes."""
        match instruction:
            case Apply():
                return self._application(instruction)
            case Contract():
                return self._contraction(instruction)
            case Reduce():
                return self._reduction(instruction)
            case Gather():
                (view,) = instruction.views
                text = f"{self.operands.rows(view.block)}[{array_literal(np.maximum(instruction.index, 0))}]"
                if (instruction.index < 0).any():
                    is_row = f"({array_literal(instruction.index)} >= 0)" + "[:, None]" * view.block.batched
                    text = f"np.where({is_row}, {text}, {numeral(instruction.pad)})"
                return ArrayText(text, ATOM_LEVEL, _axes(instruction))
            case Mean():
                (view,) = instruction.views
                x = self.operands.view(instruction, view)
                if not instruction.mean:
                    return x
                where = "" if x.axes == BATCH else "axis=-1"
                return ArrayText(f"{x.bracketed(ATOM_LEVEL)}.mean({where})", ATOM_LEVEL, x.axes[:-1])
        raise NotImplementedError(type(instruction).__name__)

    def _application(self, instruction: Apply) -> ArrayText:
        """A primitive, element by element."""
        primitive = instruction.primitive
        operands = [self.operands.operand(instruction, each) for each in instruction.operands]
        axes = "".join([a for a in _axes(instruction) if any(a in each.axes for each in operands)])
        operands = [each.spread(axes) for each in operands]
        if primitive is ADD and "@" in operands[1].text and "@" not in operands[0].text:
            operands.reverse()  # W @ x + b
        if primitive is POW and isinstance(instruction.operands[1], float):
            operands[1] = operands[1]._replace(text=exponent(instruction.operands[1]))
        self.used[primitive] = None
        return ArrayText(*applied(primitive, [Text(each.text, each.level) for each in operands]), axes)

    def _contraction(self, instruction: Contract) -> ArrayText:
        """A matrix product if each operand has at most one axis of its own beside the one that is summed over."""
        x, y = [self.operands.view(instruction, view) for view in instruction.views]
        terms = TERMS[: len(instruction.terms)]
        summed = [a for a in terms + BATCH * instruction.mean if a in x.axes + y.axes]
        factor = " / n" * instruction.mean
        factor += "".join([f" * {n}" for a, n in zip(terms, instruction.terms, strict=True) if a not in summed])
        kept = "".join([a for a in _axes(instruction) if a in x.axes or a in y.axes])
        rows, columns = [a for a in x.axes if a not in y.axes], [a for a in y.axes if a not in x.axes]
        common = [a for a in x.axes if a in y.axes]
        if not summed:
            return ArrayText(_times(x.spread(kept), y.spread(kept)) + factor, PRODUCT_LEVEL, kept)
        if common == summed and len(common) == 1 and len(rows) <= 1 and len(columns) <= 1:
            if "".join(rows + columns) != kept:
                x, y, rows, columns = y, x, columns, rows  # so that the axes come out in their order
            left, right = x.transposed("".join(rows + common)), y.transposed("".join(common + columns))
            return ArrayText(f"{left} @ {right}{factor}", PRODUCT_LEVEL, kept)
        if x.axes == y.axes and not instruction.mean:
            where = _axis_argument(x.axes, summed)
            axes = "".join([a for a in x.axes if a not in summed])
            return ArrayText(f"({_times(x, y)}).sum(axis={where}){factor}", PRODUCT_LEVEL, axes)
        return ArrayText(f"np.einsum('{x.axes},{y.axes}->{kept}', {x.text}, {y.text}){factor}", PRODUCT_LEVEL, kept)

    def _reduction(self, instruction: Reduce) -> ArrayText:
        """A sum or logsumexp over the terms; along axes that `x` lacks, all terms are equal."""
        (view,) = instruction.views
        x = self.operands.view(instruction, view)
        terms = [a for a in x.axes if a in TERMS]
        kept = "".join([a for a in x.axes if a not in terms])
        absent = [n for a, n in zip(TERMS, instruction.terms, strict=False) if a not in terms]
        where = _axis_argument(x.axes, terms)
        if instruction.primitive is SUM:
            total = x.bracketed(ATOM_LEVEL) + f".sum(axis={where})" * bool(terms)
            return ArrayText(
                total + "".join([f" * {n}" for n in absent]), PRODUCT_LEVEL if absent else ATOM_LEVEL, kept
            )
        text = x.text
        if terms:
            text = f"np.logaddexp.reduce({x.text}, {where})"
        more = "".join([f" + np.log({n})" for n in absent])
        return ArrayText(text + more, SUM_LEVEL if absent else ATOM_LEVEL, kept)

    def _full(self, instruction: Instruction, formula: ArrayText) -> ArrayText:
        """The formula, repeated to the shape of the array."""
        axes, batched = _axes(instruction), instruction.out.block.batched
        if formula.axes == axes:
            return formula
        full_shape = f"({sizes(instruction.loops, batched)},)"
        spread = formula.spread(axes)
        if len(formula.axes) == len(axes):
            return spread
        if self.writes[instruction.out.block] > 1:
            return ArrayText(f"{spread.text} + np.zeros({full_shape})", SUM_LEVEL, axes)
        return ArrayText(f"np.broadcast_to({spread.text}, {full_shape})", ATOM_LEVEL, axes)

    # ---------------------------------------------------------------------------------------------------- names

    def _name(self, instruction: Instruction, formula: ArrayText) -> str:
        """The name of a new array."""
        block, by_class = instruction.out.block, self.names.by_class
        if block.cls is None:
            return self.names.new("", "rows")
        if self._is_weighted_sum(instruction, formula):
            return self.names.of_class(block.cls, "z")
        if isinstance(instruction, Apply) and len(instruction.operands) == 1 and instruction.views:
            z = by_class.get(instruction.views[0].block.cls or -1, "")
            if z.startswith("z") and z[1:].isdigit() and f"a{z[1:]}" not in by_class.values():
                by_class[block.cls] = self.names.new(self.names.label_of_class(block.cls) or f"a{z[1:]}", "")
        return self.names.of_class(block.cls, "v")

    def _is_weighted_sum(self, instruction: Instruction, formula: ArrayText) -> bool:
        """Whether a book calls it z: parameters times something, plus parameters."""
        has_bias = isinstance(instruction, Apply) and instruction.primitive is ADD
        return has_bias and "@" in formula.text and any(v.block is self.program.theta for v in instruction.views)


def _axes(instruction: Instruction) -> str:
    """The letters of the axes of the result."""
    return LOOPS[: len(instruction.loops)] + BATCH * instruction.out.block.batched


def _writes_whole_block(instruction: Instruction) -> bool:
    """Whether an instruction writes all rows of a block in order."""
    out, loops = instruction.out, instruction.loops
    n_rows = int(np.prod(loops, dtype=int))
    return (n_rows, out.offset, out.strides) == (out.block.n_rows, 0, contiguous_strides(loops))


def _times(x: ArrayText, y: ArrayText) -> str:
    return f"{x.bracketed(PRODUCT_LEVEL)} * {y.bracketed(SIGN_LEVEL)}"


def _axis_argument(axes: str, chosen: list[str]) -> str:
    """The positions of some axes: a number or a tuple."""
    positions = tuple([k for k, a in enumerate(axes) if a in chosen])
    return str(positions[0]) if len(positions) == 1 else str(positions)
