"""`numpy_source`: the array program as code that one could have written by hand.

It is the program that the kernel runs, without its care for memory: each array gets a name and a line, or is written
where it is used, if that is one place.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from autodiff.primitives import IDENTITY, SUM
from autodiff.program.arrays.instructions import Apply, Block, Contract, Gather, Instruction, Mean, Reduce, View
from autodiff.program.arrays.lower import Lowering
from autodiff.program.arrays.prepare import prepare
from autodiff.program.arrays.source.formulas import ATOM, HELPERS, PRODUCT, UNARY, bracketed, joined, numeral
from autodiff.program.arrays.source.formulas import SUM as LOOSE
from autodiff.program.arrays.source.names import ArrayNames
from autodiff.program.arrays.source.operands import Operands, Written, contiguous
from autodiff.program.tape import Tape

INLINE = 48  # characters of a formula that is written where it is used


def numpy_source(tape: Tape, n_values: int, wrt: str | None = None, name: str = "value") -> str:
    """Return the source of a function of (points, theta), which needs only numpy.

    It returns the values, (batch,) or (batch, n_values); with derivatives by the inputs also the gradient,
    (batch, n_inputs); with derivatives by the parameters the means over the points, () and (n_parameters,).

    Args:
        tape: as recorded.
        n_values: how many outputs it has.
        wrt: "inputs" or "parameters", for the gradient by these.
        name: of the function.

    Raises:
        ValueError: if a primitive is not in the table.
    """
    if own := tape.custom_primitives():
        raise ValueError(f"source: {own[0].name!r} is a primitive of your own, which has no source")
    leaves = {None: None, "inputs": tape.inputs, "parameters": tape.parameters}[wrt]
    prepared, n_data = prepare(tape, leaves, labelled=True)
    return _Source(prepared, n_values, wrt == "parameters", n_data).text(name, wrt is not None)


class _Source(Operands):
    """Writes the function."""

    def __init__(self, tape: Tape, n_values: int, mean: bool, n_data: int) -> None:
        lowering = Lowering(tape, n_values, mean, n_data)
        super().__init__(lowering.program(), ArrayNames(tape, lowering.structure))
        self.mean, self.n_values = mean, n_values
        self.lines: list[str] = []
        self.helpers: set[str] = set()
        reads = [view.block for made in self.program.instructions for view in made.operands if isinstance(view, View)]
        self.reads = Counter(reads)
        self.writes = Counter(made.out.block for made in self.program.instructions)
        self.parted = {made.out.block for made in self.program.instructions if not self._whole(made)}

    def text(self, name: str, gradient: bool) -> str:
        """All of it."""
        for instruction in self.program.instructions:
            self._instruction(instruction)
        n_gradient = self.program.gradient.n_rows
        body = ["n = len(points)"]
        if gradient:
            body.append("gradient = np.empty_like(theta)" if self.mean else f"gradient = np.empty(({n_gradient}, n))")
        if self.n_values > 1:
            shape = f"{self.n_values}" if self.mean else f"({self.n_values}, n)"
            body.append(f"values = np.empty({shape})")
        result = self._result()
        returned = f"{result}, {'gradient' if self.mean else 'gradient.T'}" if gradient else result
        leaves = [line for kind in ("points", "theta", "gradient") for line in self.leaves[kind]]
        lines = [*body, *leaves, "", *self.lines, f"return {returned}"]
        before = [*[line + "\n" for line in self.leaves["numbers"]]]
        before += [HELPERS[each] for each in HELPERS if each in self.helpers]
        code = "\n".join([f"    {line}".rstrip() for line in lines])
        return "\n\n".join(["import numpy as np\n", *before, f"def {name}(points, theta):\n{code}\n"])

    def _result(self) -> str:
        """The values, as they are returned."""
        if self.n_values == 1:
            return "value"
        return "values" if self.mean else "values.T"

    # --------------------------------------------------------------------------------------------- instructions

    def _instruction(self, instruction: Instruction) -> None:
        instruction = self._shaped(instruction)
        made = self._formula(instruction)
        out = instruction.out
        kept = self.writes[out.block] > 1 and out.block not in self.parted and out.block.kind != "gradient"
        if kept and made.axes and _is_view(instruction):
            made = made._replace(text=f"{bracketed(made.text, made.level, ATOM)}.copy()", level=ATOM)  # += comes
        if out.block.kind == "gradient":
            self._gradient(instruction, made)
        elif out.block is self.program.values:
            self._values(instruction, made)
        elif out.block in self.parted:
            if out.block not in self.written:
                shape = f"({out.block.n_rows}, n)" if out.block.batched else f"{out.block.n_rows}"
                text = self._name(instruction, made)
                self.lines.append(f"{text} = np.empty({shape})")
                self.written[out.block] = Written(text, ATOM, "")
                self.loops[out.block] = (out.block.n_rows,)
            self._part(instruction, self.written[out.block].text, made)
        elif instruction.add and self.loops[out.block] != instruction.loops:
            sizes = [*map(str, self.loops[out.block]), *(["n"] if out.block.batched else [])]
            text = f"({self._full(instruction, made).text}).reshape({', '.join(sizes)})"
            self.lines.append(f"{self.written[out.block].text} += {text}")
        elif instruction.add:
            self.lines.append(f"{self.written[out.block].text} += {self._spread(made, self._axes(instruction)).text}")
        else:
            self.loops[out.block] = instruction.loops
            whole = self._full(instruction, made)
            once = self.reads[out.block] == 1 and self.writes[out.block] == 1 and len(whole.text) <= INLINE
            if once and not self._is_sum(instruction, made) and not self._label(out.block):
                self.written[out.block] = whole
                return
            name = self._name(instruction, made)
            shape = ", ".join([*map(str, instruction.loops), *(["n"] if out.block.batched else [])])
            comma = "," * (shape.count(",") == 0 and bool(shape))
            self.lines.append(f"{name} = {whole.text}  # ({shape}{comma})")
            self.written[out.block] = Written(name, ATOM, "")

    def _shaped(self, instruction: Instruction) -> Instruction:
        """The instruction with the loops that an operand was made with, where it reads it from one end to the other."""
        for view in instruction.operands:
            if isinstance(view, View) and not instruction.terms and len(instruction.loops) == 1:
                loops = self.loops.get(view.block, ())
                whole = (view.offset, view.strides, view.block.n_rows) == (0, (1,), instruction.loops[0])
                if whole and len(loops) > 1 and not isinstance(instruction, Mean):
                    inner = contiguous(loops)
                    views = [
                        each._replace(strides=tuple([each.strides[0] * s for s in inner]))
                        if isinstance(each, View)
                        else each
                        for each in (instruction.out, *instruction.operands)
                    ]
                    assert isinstance(views[0], View)
                    return replace(instruction, loops=loops, out=views[0], operands=tuple(views[1:]))
        return instruction

    def _formula(self, instruction: Instruction) -> Written:
        """The right-hand side, with the axes that it has."""
        axes = self._axes(instruction)
        match instruction:
            case Apply():
                name = instruction.primitive.name
                operands = [self._operand(instruction, each) for each in instruction.operands]
                axes = "".join([a for a in axes if any(a in each.axes for each in operands)])
                operands = [self._spread(each, axes) for each in operands]
                if name == "add" and "@" in operands[1].text and "@" not in operands[0].text:
                    operands.reverse()  # W @ x + b
                if name == "pow" and isinstance(instruction.operands[1], float):
                    operands[1] = Written(_power(instruction.operands[1]), operands[1].level, "")
                text, level = joined(name, [(each.text, each.level) for each in operands])
                self.helpers.update({name} & {*HELPERS})
                return Written(text, level, axes)
            case Contract():
                return self._contraction(instruction)
            case Reduce():
                return self._reduction(instruction)
            case Gather():
                (view,) = instruction.operands
                assert isinstance(view, View)
                source = self._rows(view.block)
                text = f"{source}[{self._index(np.maximum(instruction.index, 0))}]"
                if (instruction.index < 0).any():
                    there = f"({self._index(instruction.index)} >= 0)" + "[:, None]" * view.block.batched
                    return Written(f"np.where({there}, {text}, {numeral(instruction.pad)})", ATOM, axes)
                return Written(text, ATOM, axes)
            case Mean():
                (view,) = instruction.operands
                assert isinstance(view, View)
                x = self._view(instruction, view)
                if not instruction.mean:
                    return x
                where = "" if x.axes == "b" else "axis=-1"
                return Written(f"{bracketed(x.text, x.level, ATOM)}.mean({where})", ATOM, x.axes[:-1])
        raise NotImplementedError(type(instruction).__name__)

    def _contraction(self, instruction: Contract) -> Written:
        """A matrix product if each operand has at most an axis of its own beside the one that is summed over."""
        views = [view for view in instruction.operands if isinstance(view, View)]
        x, y = [self._view(instruction, view) for view in views]
        terms = "pqr"[: len(instruction.terms)]
        summed = [a for a in (*terms, *("b" if instruction.mean else "")) if a in x.axes + y.axes]
        axes, over = self._axes(instruction), " / n" * instruction.mean
        over += "".join([f" * {n}" for a, n in zip(terms, instruction.terms, strict=True) if a not in summed])
        kept = "".join([a for a in axes if a in x.axes or a in y.axes])
        rows, columns = [a for a in x.axes if a not in y.axes], [a for a in y.axes if a not in x.axes]
        common = [a for a in x.axes if a in y.axes]
        if not summed:
            x, y = self._spread(x, kept), self._spread(y, kept)
            text = f"{bracketed(x.text, x.level, PRODUCT)} * {bracketed(y.text, y.level, UNARY)}"
            return Written(text + over, PRODUCT, kept)
        if common == summed and len(common) == 1 and len(rows) <= 1 and len(columns) <= 1:
            if "".join(rows + columns) != kept:
                x, y, rows, columns = y, x, columns, rows  # so that the axes come out in their order
            left, right = self._turned(x, "".join(rows + common)), self._turned(y, "".join(common + columns))
            return Written(f"{left} @ {right}{over}", PRODUCT, kept)
        if x.axes == y.axes and not instruction.mean:
            factors = f"({bracketed(x.text, x.level, PRODUCT)} * {bracketed(y.text, y.level, UNARY)})"
            positions = tuple([k for k, a in enumerate(x.axes) if a in summed])
            where = str(positions[0]) if len(positions) == 1 else str(positions)
            left_over = "".join([a for a in x.axes if a not in summed])
            return Written(f"{factors}.sum(axis={where}){over}", PRODUCT, left_over)
        return Written(f"np.einsum('{x.axes},{y.axes}->{kept}', {x.text}, {y.text}){over}", PRODUCT, kept)

    def _reduction(self, instruction: Reduce) -> Written:
        (view,) = instruction.operands
        assert isinstance(view, View)
        x = self._view(instruction, view)
        terms = [a for a in x.axes if a in "pqr"]
        kept = "".join([a for a in x.axes if a not in terms])
        absent = [n for a, n in zip("pqr", instruction.terms, strict=False) if a not in terms]
        if not instruction.terms:
            return x
        positions = tuple([x.axes.index(a) for a in terms])
        where = str(positions[0]) if len(positions) == 1 else str(positions)
        if instruction.primitive is SUM:
            total = bracketed(x.text, x.level, ATOM) + (f".sum(axis={where})" if terms else "")
            return Written(total + "".join([f" * {n}" for n in absent]), PRODUCT if absent else ATOM, kept)
        text = x.text
        if terms:
            self.helpers.add("logsumexp")
            text = f"logsumexp({x.text}, {where})"
        more = "".join([f" + np.log({n})" for n in absent])  # of equal terms
        return Written(text + more, LOOSE if absent else ATOM, kept)

    # --------------------------------------------------------------------------------------------------- results

    def _label(self, block: Block) -> bool:
        """Whether the user has a name for it."""
        if block.of is None:
            return False
        return bool(self.names.of_lines(self.names.structure.classes[block.of].members.tolist()))

    def _is_sum(self, instruction: Instruction, made: Written) -> bool:
        """Whether it is what a book calls z: parameters times something, plus parameters."""
        views = [view for view in instruction.operands if isinstance(view, View)]
        bias = isinstance(instruction, Apply) and instruction.primitive.name == "add"
        return bias and "@" in made.text and any(view.block is self.program.theta for view in views)

    def _name(self, instruction: Instruction, made: Written) -> str:
        """The name of a new array."""
        block = instruction.out.block
        if block.of is None:
            return self.names.numbered("rows")
        letter = "v"
        if self._is_sum(instruction, made):
            letter = "z"
        elif isinstance(instruction, Apply) and len(instruction.operands) == 1:
            (view,) = instruction.operands
            before = self.names.by_class.get(view.block.of or -1, "") if isinstance(view, View) else ""
            if before.startswith("z") and before[1:].isdigit() and f"a{before[1:]}" not in self.names.by_class.values():
                wanted = self.names.of_lines(self.names.structure.classes[block.of].members.tolist())
                self.names.by_class[block.of] = self.names.names.new(wanted or f"a{before[1:]}")
        return self.names.of_class(block.of, letter)

    def _whole(self, instruction: Instruction) -> bool:
        """Whether an instruction writes all of a block in order."""
        loops = instruction.loops
        strides = contiguous(loops)
        size = int(np.prod(loops, dtype=int))
        return (size, instruction.out.offset, instruction.out.strides) == (instruction.out.block.n_rows, 0, strides)

    def _full(self, instruction: Instruction, made: Written) -> Written:
        """The formula, made as large as the array is."""
        axes = self._axes(instruction)
        if made.axes == axes:
            return made
        shape = ", ".join([*map(str, instruction.loops), *(["n"] if instruction.out.block.batched else [])])
        spread = self._spread(made, axes)
        if len(made.axes) == len(axes):
            return spread
        if self.writes[instruction.out.block] > 1:
            return Written(f"{bracketed(spread.text, spread.level, LOOSE)} + np.zeros(({shape},))", LOOSE, axes)
        return Written(f"np.broadcast_to({spread.text}, ({shape},))", ATOM, axes)

    def _gradient(self, instruction: Instruction, made: Written) -> None:
        """Derivatives, into their places."""
        if isinstance(instruction, Mean) and instruction.index is not None:
            self.lines.append(f"gradient[{self._index(instruction.index)}] = {made.text}")
        else:
            self._part(instruction, "gradient", made)

    def _values(self, instruction: Instruction, made: Written) -> None:
        """Values, into their places."""
        if self.n_values > 1 and isinstance(instruction, Mean) and instruction.index is not None:
            self.lines.append(f"values[{self._index(instruction.index)}] = {made.text}")
        elif self.n_values > 1:
            self._part(instruction, "values", made)
        else:
            text = made.text if self.mean or made.axes == "b" else f"np.full(n, {made.text})"
            self.lines.append(f"value {'+=' if instruction.add else '='} {text}")

    def _part(self, instruction: Instruction, base: str, made: Written) -> None:
        """Assign to, or add to, a part of an array of rows."""
        view, batch = instruction.out, "b" * instruction.out.block.batched
        loops = list(zip("ijk", instruction.loops, view.strides, strict=False))
        ordered = sorted(loops, key=lambda loop: -loop[2])
        axes = "".join([a for a, _, _ in ordered])
        plain = view._replace(strides=tuple([s for _, _, s in ordered]))
        key = (view.offset, tuple([(n, s) for _, n, s in ordered]))
        target = self._read(base, plain, ordered)
        if base == "gradient" and key in self.weights and ordered and "np.array" not in target:
            name = f"d{self.weights[key]}"
            if ("target", key) not in self.leaf_names:
                self.leaf_names["target", key] = self.names.names.new(name)
                self.leaves["gradient"].append(f"{self.leaf_names['target', key]} = {target}")
            target = f"{self.leaf_names['target', key]}[:]"
        elif not target.endswith("]"):
            target = f"{target}[:]"
        text = self._spread(made, axes + batch).text
        self.lines.append(f"{target} {'+=' if instruction.add else '='} {text}")


def _is_view(instruction: Instruction) -> bool:
    """Whether the formula may be an array that was there before."""
    if isinstance(instruction, Apply):
        return instruction.primitive is IDENTITY
    return isinstance(instruction, Reduce | Mean) and not instruction.terms and not instruction.mean


def _power(exponent: float) -> str:
    """An exponent as one writes it."""
    return str(int(exponent)) if exponent.is_integer() and abs(exponent) < 1e6 else numeral(exponent)
