"""The labels of lines: those of the user, those of adjoints, and numbers for lines that have none."""

import itertools
import re
import unicodedata
from collections import Counter

from autodiff.primitives import IDENTITY
from autodiff.program.recording.tape import Tape

ADJOINT = "∂"  # `derive` puts it before the label of a line to label its adjoint


def with_numbers(tape: Tape) -> Tape:
    """Return a recorded tape in which the operations without a label are numbered: "~1", "~2", ...

    These are the v₁, v₂, ... of every picture of the graph. The passes take such a label for none.
    """
    alike = {re.sub(r"\W|_", "", unicodedata.normalize("NFKC", line.label)) for line in tape.lines}
    numbers = (k for k in itertools.count(1) if f"v{k}" not in alike)
    outputs = {*tape.outputs}
    lines = []
    for i, line in enumerate(tape.lines):
        is_numbered = not line.label and line.primitive not in (None, IDENTITY) and i not in outputs
        lines.append(line._replace(label=f"~{next(numbers)}") if is_numbered else line)
    return tape.with_lines(lines)


def shown(label: str) -> str:
    """Return the label of a user; "" for a number."""
    return "" if label.startswith("~") else label


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
    """Return the label without the number that `with_line_labels` added."""
    return re.sub(r" ?#\d+$", "", label)
