"""The labels of lines: those of the user, those of adjoints, and numbers for lines that have none."""

import re
from collections import Counter

from autodiff.program.recording.tape import Tape

ADJOINT = "∂"  # `derive` puts it before the label of a line to label its adjoint


def with_line_labels(tape: Tape) -> Tape:
    """Return the tape with a label for every line that varies, none twice: line 3 without a label gets "#3".

    Then `derive` labels every adjoint after its line, and printed code can name it so. In printed code, a line with
    such a label counts as a line without one.
    """
    varying = set(tape.dependents(range(tape.n_leaves)))
    times = Counter(line.label for line in tape.lines)
    lines = []
    for i, line in enumerate(tape.lines):
        label = line.label
        if label and times[label] > 1:
            label = f"{label} #{i}"
        elif not label and i in varying:
            label = f"#{i}"
        lines.append(line._replace(label=label))
    return tape.with_lines(lines)


def without_line_label(label: str) -> str:
    """Return the label without the number that `with_line_labels` added."""
    return re.sub(r" ?#\d+$", "", label)
