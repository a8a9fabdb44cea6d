"""What the search for arrays decides, written down: the instructions of well-known structures, and their source.

A wrong decision gives right results, slowly, and a clock does not tell it from a busy machine. A change that is meant
is written by `python -m pytest tests/autodiff/program --write`, and its difference is read: no more instructions and no
more memory than before, or a reason.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from autodiff.program.arrays.instructions import Gather, Mean
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.memory import allocate
from autodiff.program.arrays.prepare import prepare
from autodiff.program.arrays.source.function import numpy_source
from autodiff.program.arrays.writer import FunctionWriter
from autodiff.program.recording.record import tape_of

FILE = Path(__file__).with_name("decisions.txt")
MAX_INSTRUCTIONS = 40  # of a program without a pattern they are counted
WITH_SOURCE = ("network", "samples", "convolution", "shuffled", "features", "outputs", "scattered")


def view_text(view):
    """kind and number of rows, then offset and strides; a star for a column at each point."""
    if isinstance(view, float):
        return f"{view:.6g}"
    block = view.block
    return f"{block.kind}{'*' * block.batched}/{block.n_rows}[{view.offset}; {', '.join(map(str, view.strides))}]"


def instruction_text(each):
    name = getattr(each, "primitive", None)
    index = each.index if isinstance(each, Gather | Mean) else None
    facts = [
        type(each).__name__ + (f" {name.name}" if name else ""),
        " x ".join(map(str, each.loops)) + (f" of {' x '.join(map(str, each.terms))}" if each.terms else ""),
        view_text(each.out) + " +" * each.add + "= " + ", ".join(map(view_text, each.operands)),
        *["mean"] * each.mean,
        *([] if index is None else [f"rows {index.tolist()[:24]} {getattr(each, 'pad', '')}"]),
    ]
    return "  " + "  ".join(facts)


def counted(names):
    return ["  " + ", ".join(f"{n} {name}" for name, n in sorted(Counter(names).items()))]


def arrays_of(structure):
    """The instructions of the values and of the gradients, the calls of numpy, and the source."""
    results, inputs, parameters = structure()
    tape = tape_of(results, inputs, parameters)
    for wrt, leaves in {None: (), "inputs": inputs, "parameters": parameters}.items():
        if wrt and not (leaves and len(results) == 1):
            continue
        program = array_program(prepare(tape, getattr(tape, wrt or "", None)), wrt == "parameters")
        memory = allocate([[each] for each in program.instructions])
        yield f"{f'gradient by {wrt}' if wrt else 'values'}: {len(program.structure.classes)} classes"
        yield f"  {program.operations()} operations, memory {memory.batched} and {memory.single} rows"
        yield f"  at {[*memory.rows.values()][:MAX_INSTRUCTIONS]}"
        texts = [instruction_text(each) for each in program.instructions]
        yield from texts if len(texts) <= MAX_INSTRUCTIONS else counted(text.split("  ")[1] for text in texts)
        writer = FunctionWriter(program, memory, np.dtype(float), 5)
        writer.function()
        yield f"numpy: {next(writer.count)} objects, {len(writer.header)} views of arguments"
        yield from counted(re.findall(r"(?<![.\w])\w+(?=\()", "\n".join(writer.lines)))
        if structure.__name__ in WITH_SOURCE:
            yield from ["source:", *numpy_source(tape, wrt).splitlines()]


@pytest.mark.full
def test_the_arrays_of_a_structure_are_those_that_are_written_down(structure, as_written):
    as_written(FILE, structure.__name__, arrays_of(structure))
