"""The labels of lines: those of the user, those of adjoints, and numbers for lines that have none."""

import itertools
import re
import unicodedata
from collections import Counter

from autodiff.graph import topological_order
from autodiff.primitives import IDENTITY
from autodiff.program.recording.record import graph_of
from autodiff.program.recording.tape import ADJOINT, Tape

_NUMBERED = ("~", f"{ADJOINT}~")
MAX_NUMBERED_LEAVES = 40  # without labels; of more of them, none gets one


def with_numbers(tape: Tape) -> Tape:
    """Return a recorded tape with the names of pictures: leaves without a label are x₁, x₂, ..., operations v₁, v₂, ...

    The labels of x₁ and v₁ are "~x1" and "~1", which the passes take for none.
    """
    tape = _with_leaves(tape)
    alike = {re.sub(r"\W|_", "", unicodedata.normalize("NFKC", line.label)) for line in tape.lines}
    numbers = (k for k in itertools.count(1) if f"v{k}" not in alike)
    outputs = {*tape.outputs}
    lines = []
    for i, line in enumerate(tape.lines):
        is_numbered = not line.label and line.primitive not in (None, IDENTITY) and i not in outputs
        lines.append(line._replace(label=f"~{next(numbers)}") if is_numbered else line)
    return tape.with_lines(lines)


def _with_leaves(tape: Tape) -> Tape:
    """The tape in which inputs and parameters without a label are labelled in topological order, as in pictures."""
    nodes = graph_of(tape, at_nan=True)
    order = [*topological_order(*[nodes[i] for i in tape.outputs]), *nodes[: tape.n_leaves]]
    position = {node: i for i, node in enumerate(nodes)}
    unnamed = [i for i in dict.fromkeys(position[x] for x in order) if i < tape.n_leaves and not nodes[i].label]
    lines = [*tape.lines]
    if len(unnamed) <= MAX_NUMBERED_LEAVES:
        for k, i in enumerate(unnamed, 1):
            lines[i] = lines[i]._replace(label=f"~x{k}" if len(unnamed) > 1 else "~x")
    return tape.with_lines(lines)


def shown(label: str) -> str:
    """Return the label of a user; "" for a number, and for its adjoint."""
    return "" if label.startswith(_NUMBERED) else label


def number_of(label: str) -> int:
    """Return the k of a line that is v_k in every picture; 0 for any other line."""
    match = re.fullmatch(r"[#~]([1-9]\d*)", label)
    return int(match[1]) if match else 0


def with_line_labels(tape: Tape) -> Tape:
    """Return the tape with a label for every line that varies, none twice: the line "~3" gets "#3", line 8 "#08".

    Then `derive` labels every adjoint after its line, and printed code can name it so. In printed code, a line with
    such a label counts as a line without one.
    """
    varying = set(tape.dependents(range(tape.n_leaves)))
    times = Counter(line.label for line in tape.lines)
    lines = []
    for i, line in enumerate(tape.lines):
        label = line.label
        if shown(label) and times[label] > 1:
            label = f"{label} #{i}"
        elif not shown(label) and i in varying:
            label = f"#{label[1:]}" if label and times[label] == 1 else f"#0{i}"
        lines.append(line._replace(label=label))
    return tape.with_lines(lines)


def without_line_label(label: str) -> str:
    """Return the label without the number that `with_line_labels` added; of a leaf without a label, its x1."""
    return re.sub(r"^(∂?)[~#](?=x\d*$)", r"\1", re.sub(r" ?#\d+$", "", label))
