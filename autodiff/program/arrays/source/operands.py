"""Operands as text: views of arrays that have a name, parameters and columns of the points, constants."""

import textwrap
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autodiff.program.arrays.instructions import ArrayProgram, Block, Instruction, View
from autodiff.program.arrays.slicing import reading
from autodiff.program.arrays.source.formulas import ATOM, SUM, bracketed, numeral
from autodiff.program.arrays.source.names import ArrayNames

Array: TypeAlias = np.ndarray[Any, Any]
WIDTH = 100
LISTED = 12  # constants that are written where they are used


class Written(NamedTuple):
    """An array as it is written: its text, how tight that is, and its axes."""

    text: str
    level: int
    axes: str


class Operands:
    """What the writer of a source knows about arrays.

    Attributes:
        leaves: for each kind of leaf the lines that name its views.
        loops: for each computed block the shape that it was made with.
        written: for each computed block its name, or the formula that stands for it.
        weights: the names of views of parameters, by offset and axes; their derivatives lie likewise.
    """

    def __init__(self, program: ArrayProgram, names: ArrayNames) -> None:
        self.program, self.names = program, names
        self.leaves: dict[str, list[str]] = {kind: [] for kind in ("points", "theta", "gradient", "numbers")}
        self.loops: dict[Block, tuple[int, ...]] = {}
        self.written: dict[Block, Written] = {}
        self.weights: dict[object, str] = {}
        self.leaf_names: dict[object, str] = {}

    def _axes(self, instruction: Instruction) -> str:
        """The letters of the axes of the result."""
        batched = instruction.out.block.batched
        return "ijk"[: len(instruction.loops)] + "b" * batched

    def _operand(self, instruction: Instruction, operand: View | float) -> Written:
        """An operand, a number or a view."""
        if isinstance(operand, float):
            return Written(numeral(operand), ATOM if operand >= 0 else SUM, "")
        return self._view(instruction, operand)

    def _spread(self, x: Written, axes: str) -> Written:
        """An array with axes of length 1 where others have one and it has not; leading ones numpy adds by itself."""
        wanted = "".join([a for a in axes if a in x.axes])
        if wanted != x.axes and len(wanted) == len(x.axes):
            x = Written(self._turned(x, wanted), ATOM, wanted)
        if x.axes == axes or axes.endswith(x.axes):
            return x
        inside = axes[axes.index(x.axes[0]) :] if x.axes else ""
        indices = ", ".join([":" if a in x.axes else "None" for a in inside])
        return Written(f"{bracketed(x.text, x.level, ATOM)}[{indices}]", ATOM, x.axes)

    def _turned(self, x: Written, axes: str) -> str:
        """A matrix or its transpose."""
        text = bracketed(x.text, x.level, ATOM)
        if x.axes == axes:
            return text
        order = [x.axes.index(a) for a in axes]
        return f"{text}.T" if order == [1, 0] else f"{text}.transpose({', '.join(map(str, order))})"

    def _view(self, instruction: Instruction, view: View) -> Written:
        """A view of a block, with the axes along which it varies."""
        lengths = (instruction.loops + instruction.terms)[: len(view.strides)]
        letters = ("ijk"[: len(instruction.loops)] + "pqr"[: len(instruction.terms)])[: len(view.strides)]
        used = [(a, n, s) for a, n, s in zip(letters, lengths, view.strides, strict=True) if s]
        used.sort(key=lambda loop: -loop[2])  # one name for a matrix and its transpose
        batch = "b" * view.block.batched
        names = "".join([a for a, _, _ in used])
        if view.block.kind in ("points", "theta", "numbers"):
            text, axes = self._leaf(view, used)
            return Written(text, ATOM, axes + batch)
        loops = self.loops[view.block]
        found = self.written[view.block]
        if view.offset == 0 and (tuple([n for _, n, _ in used]), tuple([s for _, _, s in used])) == (
            loops,
            contiguous(loops),
        ):
            return Written(found.text, found.level, names + batch)
        made = self._read(self._rows(view.block), view._replace(strides=tuple([s for _, _, s in used])), used)
        return Written(made, ATOM, names + batch)

    def _rows(self, block: Block) -> str:
        """A block as (n_rows, n) or (n_rows,)."""
        if block.kind == "points":
            return "points.T"
        if block.kind == "theta":
            return "theta"
        if block.kind == "numbers":
            assert block.numbers is not None
            return self._index(block.numbers)
        found, n_axes = self.written[block], len(self.loops[block])
        text = bracketed(found.text, found.level, ATOM)
        return text if n_axes == 1 else f"{text}.reshape({'-1, n' if block.batched else '-1'})"

    def _read(self, rows: str, view: View, used: list[tuple[str, int, int]]) -> str:
        """The text of a view of rows."""
        batch = ", n" * view.block.batched
        found = reading(view, tuple([n for _, n, _ in used]))
        if found.by_number is not None:
            return f"{rows}[{self._index(found.by_number)}]"
        if not used:
            return f"{rows}[{found.start}]"
        everything = (found.start, found.stop, found.step) == (0, view.block.n_rows, 1)
        step = f":{found.step}" * (found.step != 1)
        text = rows if everything else f"{rows}[{found.start}:{found.stop}{step}]"
        if found.shape:
            text += f".reshape({', '.join(map(str, found.shape))}{batch})"
        if found.parts:
            text += f"[{', '.join(map(_part, found.parts))}]"
        if found.order != tuple(range(len(found.order))):
            n = len(found.order)
            order = [*found.order, *([n] if view.block.batched else [])]
            text += ".T" if order == [1, 0] else f".transpose({', '.join(map(str, order))})"
        return text

    def _leaf(self, view: View, used: list[tuple[str, int, int]]) -> tuple[str, str]:
        """The name of a view of points, parameters or constants, and its axes; a transpose has the same name."""
        block = view.block
        ordered = used
        if block.numbers is not None and not used:
            return numeral(float(block.numbers[view.offset])), ""
        if block.kind == "theta" and len(used) == 1 and (view.offset, used[0][1:]) == (0, (block.n_rows, 1)):
            return "theta", used[0][0]
        key = (id(block), view.offset, tuple([(n, s) for _, n, s in ordered]))
        axes = "".join([a for a, _, _ in ordered])
        if key not in self.leaf_names:
            plain = view._replace(strides=tuple([s for _, _, s in ordered]))
            text = self._read(self._rows(block), plain, ordered)
            if (
                block.kind == "points"
                and text.startswith("points.T[")
                and text.count("[") == 1
                and "reshape" not in text
            ):
                text = f"points[:, {text[9:]}" + ".T" * bool(used)
            if block.numbers is not None and block.n_rows <= LISTED:
                self.leaf_names[key] = text
                return text, axes
            shape = ", ".join([*[str(n) for _, n, _ in ordered], *(["n"] if block.batched else [])])
            start = 0 if block.kind == "points" else self.names.tape.n_inputs
            index: Array = np.full((1,) * len(ordered), view.offset + start)
            for k, (_, n, s) in enumerate(ordered):
                index = index + (np.arange(n) * s).reshape([-1 if a == k else 1 for a in range(len(ordered))])
            wanted = "" if block.kind == "numbers" else self.names.of_lines(index.ravel().tolist())
            letter = {"points": "x", "theta": "W" if len(ordered) > 1 else "b", "numbers": "c"}[block.kind]
            name = self.leaf_names[key] = self.names.names.new(wanted) if wanted else self.names.numbered(letter)
            comma = "," * (shape.count(",") == 0 and bool(shape))
            line = f"{name} = {text}  # ({shape}{comma})"
            self.leaves[block.kind].append(line if len(line) <= WIDTH else _wrapped(name, text))
            if block.kind == "theta" and self.program.mean:
                self.weights[view.offset, key[2]] = name
        return self.leaf_names[key], axes

    def _index(self, index: Array) -> str:
        """An array of numbers; long ones are made before."""
        numbers = [numeral(x) if isinstance(x, float) else str(x) for x in index.ravel().tolist()]
        text = f"np.array([{', '.join(numbers)}])"
        return text if index.ndim == 1 else f"{text}.reshape({', '.join(map(str, index.shape))})"


def contiguous(loops: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array in order."""
    return tuple(np.cumprod([1, *loops[:0:-1]])[::-1].tolist()) if loops else ()


def _wrapped(name: str, text: str) -> str:
    """An assignment in lines of a decent length."""
    return textwrap.fill(f"{name} = {text}", WIDTH, subsequent_indent="    ", break_long_words=False)


def _part(part: slice | int) -> str:
    """A slice as one writes it."""
    if isinstance(part, int):
        return str(part)
    return ":" if part == slice(None) else f"{part.start or ''}:{part.stop}"
