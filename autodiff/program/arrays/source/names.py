"""What the arrays of a program are called: after the labels of their members, or as in a book on neural networks.

W and b are parameters by which something is multiplied and to which they are added, z is such a sum, a is a function of
z, and delta the adjoint of z. A number behind counts them, so that layer 2 has W2, b2, z2, a2 and delta2.
"""

import re
from collections import Counter

from autodiff.program.arrays.classes import Structure
from autodiff.program.passes.labels import ADJOINT, without_line_label
from autodiff.program.source.identifiers import Names, identifier
from autodiff.program.tape import Tape

WORDS = ("np", "n", "points", "theta", "gradient", "values", "sigmoid", "logsumexp", "log_or_zero")


class ArrayNames:
    """Names for classes and for views of leaves."""

    def __init__(self, tape: Tape, structure: Structure) -> None:
        self.tape, self.structure = tape, structure
        self.names = Names(WORDS)
        self.by_class: dict[int, str] = {}
        self.counts: Counter[str] = Counter()
        self.line = {line.label: i for i, line in enumerate(tape.lines) if line.label}

    def numbered(self, letter: str) -> str:
        """The next of W1, W2, ..."""
        self.counts[letter] += 1
        return self.names.new(f"{letter}{self.counts[letter]}")

    def of_lines(self, lines: list[int]) -> str:
        """A name that the labels of lines have in common, "" if there is none."""
        labels = [without_line_label(self.tape.lines[i].label) for i in lines]
        if not all(labels) or any(label.startswith(ADJOINT) for label in labels):
            return ""
        common = labels[0] if len(labels) == 1 else re.sub(r"[\d\W_]+$", "", _beginning(labels))
        return identifier(common) if len(identifier(common)) <= 20 else ""

    def of_class(self, c: int, letter: str) -> str:
        """A name for the array of a class: by its labels, as an adjoint, or with a letter."""
        if c not in self.by_class:
            lines = self.structure.classes[c].members.tolist()
            wanted = self.of_lines(lines) or self._adjoint(lines)
            self.by_class[c] = self.names.new(wanted) if wanted else self.numbered(letter)
        return self.by_class[c]

    def _adjoint(self, lines: list[int]) -> str:
        """delta1 for the adjoints of z1, d_v for those of v; "" if these are no adjoints of a class that has a name."""
        labels = [self.tape.lines[i].label for i in lines]
        owners = {
            self.line.get(label.removeprefix(ADJOINT), -1) if label.startswith(ADJOINT) else -1 for label in labels
        }
        if -1 in owners:
            return ""
        classes = {int(self.structure.of[i]) for i in owners}
        name = self.by_class.get(classes.pop(), "") if len(classes) == 1 else ""
        found = re.fullmatch(r"z(\d+)", name)
        return f"delta{found[1]}" if found else f"d_{name}" if name else ""


def _beginning(labels: list[str]) -> str:
    """What all labels begin with."""
    first, last = min(labels), max(labels)  # in the order of the alphabet the two that differ first
    n = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:n]
