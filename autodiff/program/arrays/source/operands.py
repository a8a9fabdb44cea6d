"""The operands of an instruction as text: named arrays, views of parameters and points, constants."""

import textwrap
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.languages import ATOM_LEVEL, SIGN_LEVEL, Text
from autodiff.program.arrays.instructions import BATCH, ArrayProgram, Axis, Block, Instruction, View, contiguous_strides
from autodiff.program.arrays.slicing import slices
from autodiff.program.arrays.source.formulas import numeral
from autodiff.program.arrays.source.names import ArrayNames

Array: TypeAlias = np.ndarray[Any, Any]
MAX_COLUMNS = 100
MAX_INLINE_CONSTANTS = 12  # a longer array of constants gets a name
LEAF_KINDS = ("points", "theta", "gradient", "numbers")


class ArrayText(NamedTuple):
    """An array as text."""

    text: str  # a formula
    level: int  # the precedence of its outermost operation
    axes: str  # the letters of its axes

    def bracketed(self, lowest: int) -> str:
        """The text, in parentheses if its level is below `lowest`."""
        return Text(self.text, self.level).bracketed(lowest)

    def transposed(self, axes: str) -> str:
        """The text of the array with its axes in this order."""
        text = self.bracketed(ATOM_LEVEL)
        return text if self.axes == axes else text + _transpose(tuple([self.axes.index(a) for a in axes]))

    def spread(self, axes: str) -> "ArrayText":
        """The array with axes of length 1 where it has none of `axes`; leading ones numpy adds by itself."""
        own = "".join([a for a in axes if a in self.axes])
        if own != self.axes and len(own) == len(self.axes):
            return ArrayText(self.transposed(own), ATOM_LEVEL, own).spread(axes)
        if self.axes == axes or axes.endswith(self.axes):
            return self
        inside = axes[axes.index(self.axes[0]) :] if self.axes else ""
        indices = ", ".join([":" if a in self.axes else "None" for a in inside])
        return ArrayText(f"{self.bracketed(ATOM_LEVEL)}[{indices}]", ATOM_LEVEL, self.axes)


class OperandWriter:
    """Writes operands, and keeps the names of arrays."""

    def __init__(self, program: ArrayProgram, names: ArrayNames) -> None:
        self.program, self.names = program, names
        # for each kind of leaf the lines that name its views
        self.leaves: dict[str, list[str]] = {kind: [] for kind in LEAF_KINDS}
        self.loops: dict[Block, tuple[int, ...]] = {}  # for each computed block its shape, without the batch
        self.written: dict[Block, ArrayText] = {}  # for each computed block its name, or the formula that stands for it
        self._leaf_names: dict[object, str] = {}
        self._parameter_names: dict[object, str] = {}  # by offset and loops; their derivatives have the same places

    def operand(self, instruction: Instruction, operand: View | float) -> ArrayText:
        """An operand, a number or a view."""
        if isinstance(operand, float):
            return ArrayText(numeral(operand), ATOM_LEVEL if operand >= 0 else SIGN_LEVEL, "")
        return self.view(instruction, operand)

    def view(self, instruction: Instruction, view: View) -> ArrayText:
        """A view of a block, with the axes along which it varies."""
        loops = _loops(instruction, view)
        letters = _letters(loops)
        batch = BATCH * view.block.batched
        if view.block.kind in ("points", "theta", "numbers"):
            text, axes = self._leaf(view, loops)
            return ArrayText(text, ATOM_LEVEL, axes + batch)
        shape, block = self.loops[view.block], self.written[view.block]
        if (view.offset, _lengths(loops), _strides(loops)) == (0, shape, contiguous_strides(shape)):
            return block._replace(axes=letters + batch)
        return ArrayText(self.read(self.rows(view.block), view, loops), ATOM_LEVEL, letters + batch)

    def rows(self, block: Block) -> str:
        """A block as (n_rows, n) or (n_rows,)."""
        if block.kind == "points":
            return "points.T"
        if block.kind == "theta":
            return "theta"
        if block.kind == "numbers":
            assert block.numbers is not None
            return array_literal(block.numbers)
        text = self.written[block].bracketed(ATOM_LEVEL)
        return text if len(self.loops[block]) == 1 else f"{text}.reshape({'-1, n' if block.batched else '-1'})"

    def read(self, rows: str, view: View, loops: list[Axis]) -> str:
        """The text of a view, from the text of the rows of its block."""
        cut = slices(view, loops)
        if cut.row_indices is not None:
            return f"{rows}[{array_literal(cut.row_indices)}]"
        if not loops:
            return f"{rows}[{cut.start}]"
        text = rows
        if (cut.start, cut.stop, cut.step) != (0, view.block.n_rows, 1):
            text += f"[{cut.start}:{cut.stop}{f':{cut.step}' * (cut.step != 1)}]"
        if cut.shape:
            text += f".reshape({', '.join(map(str, cut.shape))}{', n' * view.block.batched})"
        if cut.parts:
            text += f"[{', '.join(map(_part, cut.parts))}]"
        n = len(cut.order)
        return text if cut.order == tuple(range(n)) else text + _transpose((*cut.order, *[n] * view.block.batched))

    def result_rows(self, instruction: Instruction, base: str) -> tuple[str, str]:
        """The rows that an instruction writes, as the target of an assignment, and their axes."""
        view = instruction.out
        loops = _loops(instruction, view)
        target = self.read(base, view, loops)
        key = _key(view, loops)
        if base == "gradient" and key in self._parameter_names and loops and "np.array" not in target:
            if ("gradient", key) not in self._leaf_names:
                name = self._leaf_names["gradient", key] = self.names.new(f"d{self._parameter_names[key]}", "")
                self.leaves["gradient"].append(f"{name} = {target}")
            target = f"{self._leaf_names['gradient', key]}[:]"
        elif not target.endswith("]"):
            target = f"{target}[:]"
        return target, _letters(loops) + BATCH * view.block.batched

    def _leaf(self, view: View, loops: list[Axis]) -> tuple[str, str]:
        """The name of a view of points, parameters or constants, and its axes. A transpose has the same name."""
        block, axes = view.block, _letters(loops)
        if block.numbers is not None and not loops:
            return numeral(float(block.numbers[view.offset])), ""
        if block.kind == "theta" and len(loops) == 1 and (view.offset, *loops[0][1:]) == (0, block.n_rows, 1):
            return "theta", axes
        key = (id(block), *_key(view, loops))
        if key not in self._leaf_names:
            text = self.read(self.rows(block), view, loops)
            if block.kind == "points" and text.count("[") == 1 and "reshape" not in text:
                text = f"points[:, {text.removeprefix('points.T[')}" + ".T" * bool(loops)
            if block.numbers is not None and block.n_rows <= MAX_INLINE_CONSTANTS:
                self._leaf_names[key] = text
                return text, axes
            name = self._leaf_names[key] = self._new_leaf_name(view, loops)
            line = f"{name} = {text}  # {shape(_lengths(loops), block.batched)}"
            self.leaves[block.kind].append(line if len(line) <= MAX_COLUMNS else _wrapped(f"{name} = {text}"))
            if block.kind == "theta" and self.program.mean:
                self._parameter_names[_key(view, loops)] = name
        return self._leaf_names[key], axes

    def _new_leaf_name(self, view: View, loops: list[Axis]) -> str:
        """A name for a view of leaves: after its labels, or with a letter."""
        letter = {"points": "x", "theta": "W" if len(loops) > 1 else "b", "numbers": "c"}[view.block.kind]
        if view.block.kind == "numbers":
            return self.names.new("", letter)
        first = 0 if view.block.kind == "points" else self.names.tape.n_inputs
        lines = view._replace(offset=view.offset + first, strides=_strides(loops)).row_numbers(_lengths(loops))
        return self.names.new(self.names.label_of_lines(lines.ravel().tolist()), letter)


def sizes(loops: tuple[int, ...], batched: bool) -> str:
    """Return the sizes of an array as the arguments of reshape."""
    return ", ".join([*map(str, loops), *["n"] * batched])


def shape(loops: tuple[int, ...], batched: bool) -> str:
    """Return the sizes of an array as a tuple."""
    return f"({sizes(loops, batched)}{',' * (len(loops) + batched == 1)})"


def array_literal(array: Array) -> str:
    """Return an array of numbers as a call of np.array."""
    numbers = [numeral(x) if isinstance(x, float) else str(x) for x in array.ravel().tolist()]
    text = f"np.array([{', '.join(numbers)}])"
    return text if array.ndim == 1 else f"{text}.reshape({', '.join(map(str, array.shape))})"


def _loops(instruction: Instruction, view: View) -> list[Axis]:
    """The loops along which a view varies, long strides first, so that a matrix and its transpose get one name."""
    return sorted(instruction.axes(view), key=lambda axis: -axis.stride)


def _letters(loops: list[Axis]) -> str:
    return "".join([axis.name for axis in loops])


def _lengths(loops: list[Axis]) -> tuple[int, ...]:
    return tuple([axis.length for axis in loops])


def _strides(loops: list[Axis]) -> tuple[int, ...]:
    return tuple([axis.stride for axis in loops])


def _key(view: View, loops: list[Axis]) -> tuple[object, ...]:
    """An object that is equal for views of the same rows in the same shape."""
    return view.offset, _lengths(loops), _strides(loops)


def _transpose(order: tuple[int, ...]) -> str:
    return ".T" if order == (1, 0) else f".transpose({', '.join(map(str, order))})"


def _wrapped(line: str) -> str:
    """An assignment in lines of at most MAX_COLUMNS."""
    return textwrap.fill(line, MAX_COLUMNS, subsequent_indent="    ", break_long_words=False)


def _part(part: slice | int) -> str:
    """A slice or an index."""
    if isinstance(part, int):
        return str(part)
    return ":" if part == slice(None) else f"{part.start or ''}:{part.stop}"
