"""What machine code decides about speed, written down: chunks, loops, and how many instructions of each kind.

As in `arrays/`, a change that is meant is written by `python -m pytest tests/autodiff/program --write`, and its
difference is read.
"""

import re
import zlib
from collections import Counter
from pathlib import Path

import pytest

from autodiff.program.choose import as_loops, best_backend
from autodiff.program.kernel import Task
from autodiff.program.llvm.emitter import write_kernel
from autodiff.program.llvm.frame import Frame
from autodiff.program.llvm.loops.kernel import Loops
from autodiff.program.llvm.schedule import OutputTerm, schedule
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of

FILE = Path(__file__).with_name("decisions.txt")
LANES = 4  # whatever this processor has


def chunks_text(cut):
    for name in ("once", "varying", "uniform"):
        for chunk in getattr(cut, name):
            results = sum(isinstance(step, OutputTerm) for step in chunk.steps)
            facts = f"{len(chunk.steps) - results} lines, {results} results, size {chunk.size}"
            if chunk.repeat:
                carried = Counter(chunk.repeat.carried.tolist())
                facts += f", {len(chunk.repeat.lines)} turns, operands by turns back {dict(sorted(carried.items()))}"
            yield f"  chunk {name}: {facts}"
    yield f"  kept {len(cut.kept)}, rows {len(cut.rows)}, in loops {len(cut.looped)}"
    yield f"  functions {len(cut.functions)}{', called' * cut.calls}"


def code_text(module):
    """How many instructions of each kind the functions of a module have, without the elementary functions."""
    for function in re.findall(r"^define .*?^}", module, re.M | re.S):
        name = re.search(r"@([\w.]+)\(", function)
        if "." in name[1]:
            continue  # an elementary function: tests of its digits hold it
        kinds = Counter(re.findall(r"^(?:%\S+ = )?(call .*?@[\w.]+|[a-z]+)\b(?!:)", function.partition("\n")[2], re.M))
        yield f"  {name[1]}: " + ", ".join(f"{n} {re.sub('call .*@', '@', kind)}" for kind, n in sorted(kinds.items()))


def tables_text(module):
    """The tables of a module: their lengths, and one number for all that is in them."""
    tables = re.findall(r"^@.* constant \[(\d+) x (\w+)\] (.*)", module, re.M)
    if tables:
        content = "".join(table for *_, table in tables)
        lengths = ", ".join(f"{n} {kind}" for n, kind, _ in tables)
        yield f"  tables: {lengths}, check {zlib.crc32(content.encode()):x}"


def code_of(structure):
    """What runs for the values and for the gradients: the chunks, and the instructions of the functions."""
    results, inputs, parameters = structure()
    tape = tape_of(results, inputs, parameters)
    yield f"auto: {best_backend(tape)}, without llvmlite {best_backend(tape, llvmlite=False)}"
    for wrt, some in {None: (), "inputs": inputs, "parameters": parameters}.items():
        if wrt and not (some and len(results) == 1):
            continue
        leaves, mean = getattr(tape, wrt or "", None), wrt == "parameters"
        compiled = fuse(simplify(derive(tape, leaves) if wrt else tape))
        yield f"{f'gradient by {wrt}' if wrt else 'values'}: "
        counts = Counter(line.primitive.name for line in compiled.lines if line.primitive)
        yield "  " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
        task = Task(tape, wrt, leaves, len(results) == 1, "float64", 1, parameters, lambda tape=compiled: tape)
        for single in (False, True):
            if program := as_loops(task):
                yield f"loops{' for one point' * single}:"
                text = Loops(program, LANES, "double", single=single).text()
            else:
                cut = schedule(compiled, mean)
                yield from [f"code{' for one point' * single}:", *([] if single else chunks_text(cut))]
                frame = Frame(cut, len(results), mean, 1 if single else LANES, "double")
                text = str(write_kernel(frame))
            yield from [*code_text(text), *tables_text(text)]


@pytest.mark.full
def test_the_code_of_a_structure_is_as_long_as_it_is_written_down(structure, as_written):
    as_written(FILE, structure.__name__, code_of(structure))
