"""The labels of the lines of a tape, and those of their adjoints."""

import re
from collections import Counter

from autodiff.program.tape import Tape

ADJOINT = "∂"  # what `derive` puts before the label of a line to label its adjoint


def with_line_labels(tape: Tape) -> Tape:
    """Return the tape with a label for every line that varies, none twice: "#3" for a line that has none.

    Then `derive` can label every adjoint with the line that it belongs to, and the source can name it after that line.
    A line that is labelled so is written as one without a label.
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
    return Tape(tuple(lines), tape.n_inputs, tape.n_parameters, tape.outputs)


def without_line_label(label: str) -> str:
    """The label, without the number that `with_line_labels` put after it or in its place."""
    return re.sub(r" ?#\d+$", "", label)
