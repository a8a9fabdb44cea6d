"""The names of arrays: labels of their members, or the letters of a book on neural networks.

W and b are parameters that are multiplied and added, z is such a sum, a is a function of z, and delta the adjoint of z.
A number counts them as an article on neural networks does, whose layer 1 is the input: z2 = W1 x + b1, and delta2.
"""

import re
from collections import Counter

from autodiff.program.arrays.classes import Structure
from autodiff.program.passes.labels import without_line_label
from autodiff.program.recording.tape import ADJOINT, Tape
from autodiff.program.source.identifiers import Names, identifier, own_names

OWN = ("np", "n", "points", "theta", "gradient", "value", "values")  # the names that every function is written with
MAX_NAME_CHARS = 20  # a longer common label is not used as a name


class ArrayNames:
    """The names of classes and of views of leaves."""

    def __init__(self, tape: Tape, structure: Structure) -> None:
        self.tape, self.structure = tape, structure
        self.names = Names([*OWN, *own_names(tape)])
        self.by_class: dict[int, str] = {}
        self.counts = Counter({"z": 1})
        self.line_of_label = {line.label: i for i, line in enumerate(tape.lines) if line.label}

    def new(self, wanted: str, letter: str) -> str:
        """Return the wanted name, or, if it is "", the next of W1, W2, ..."""
        if wanted:
            return self.names.new(wanted)
        self.counts[letter] += 1
        return self.names.new(f"{letter}{self.counts[letter]}")

    def label_of_lines(self, lines: list[int]) -> str:
        """Return the beginning that the labels of lines share, as a name; "" if there is none."""
        labels = [without_line_label(self.tape.lines[i].label) for i in lines]
        if not all(labels) or any(label.startswith(ADJOINT) for label in labels):
            return ""
        name = identifier(labels[0] if len(labels) == 1 else re.sub(r"[\d\W_]+$", "", _beginning(labels)))
        return name if len(name) <= MAX_NAME_CHARS else ""

    def label_of_class(self, c: int | None) -> str:
        """Return the beginning that the labels of all members share, as a name; "" if there is none."""
        return "" if c is None else self.label_of_lines(self.structure.classes[c].members.tolist())

    def of_class(self, c: int, letter: str) -> str:
        """Return the name of the array of a class: from its labels, as an adjoint, or with a letter."""
        if c not in self.by_class:
            self.by_class[c] = self.new(self.label_of_class(c) or self._adjoint(c), letter)
        return self.by_class[c]

    def _adjoint(self, c: int) -> str:
        """delta2 for the adjoints of z2, d_v for those of v; "" if the members are not adjoints of one named class."""
        labels = [self.tape.lines[i].label for i in self.structure.classes[c].members.tolist()]
        owners = {self.line_of_label.get(label[1:]) if label.startswith(ADJOINT) else None for label in labels}
        classes = {None if owner is None else int(self.structure.class_of[owner]) for owner in owners}
        owner_class = classes.pop() if len(classes) == 1 else None
        name = "" if owner_class is None else self.by_class.get(owner_class, "")
        if is_sum := re.fullmatch(r"z(\d+)", name):
            return f"delta{is_sum[1]}"
        return f"d_{name}" if name else ""


def _beginning(labels: list[str]) -> str:
    """The beginning that all labels share."""
    first, last = min(labels), max(labels)  # in alphabetical order these two differ first
    n = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:n]
