"""The picture of scalars-to-matrices.md: the graph of the article's network with a color for each class.

python docs/scalars_to_matrices_picture.py | dot -Tsvg > docs/images/scalars-to-matrices.svg
"""

import random

from autodiff import Value
from autodiff.program.arrays.classes import CONSTANT, DATA, classify
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from autodiff.program.recording.tape import Tape
from nn import MLP, losses

COLORS = ("#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5", "#bc80bd", "#ccebc5")
"""Twelve-class Set3 of ColorBrewer (Brewer, 2003), without its greys."""

ATTRIBUTES = (
    "rankdir=LR nodesep=0.1 ranksep=0.7",
    'node [shape=box style="rounded,filled" fillcolor=white fontname="Helvetica" fontsize=11 height=0.3]',
    'edge [arrowsize=0.5 color="#888888"]',
)


def colored(tape: Tape) -> str:
    """Return the graph of a tape in DOT. Operations of one class have one color and stand in one column.

    Constants, and leaves without a label, are left out.
    """
    structure = classify(tape, tape.outputs)
    is_hidden = [
        structure.class_of[i] in (CONSTANT, DATA) or (line.primitive is None and not line.label)
        for i, line in enumerate(tape.lines)
    ]
    colors = iter(COLORS)
    nodes, ranks = [], []
    for cls in structure.classes:
        fill = f' fillcolor="{next(colors)}"' if cls.primitive is not None else ""
        members = [i for i in cls.members.tolist() if not is_hidden[i]]
        nodes += [
            f'{i} [label="{cls.primitive.name if cls.primitive else tape.lines[i].label}"{fill}]' for i in members
        ]
        if members:
            ranks.append("{rank=same " + " ".join(map(str, members)) + "}")
    edges = [f"{j} -> {i}" for i, line in enumerate(tape.lines) for j in line.operands if not is_hidden[j]]
    return "\n".join(["digraph {", *[f"  {line}" for line in [*ATTRIBUTES, *nodes, *ranks, *edges]], "}"])


def article() -> Tape:
    """Return the loss of the article's network."""
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    x, y = [Value(0.0, "x₁"), Value(0.0, "x₂")], [Value(0.0, "y₁"), Value(0.0, "y₂")]
    parameters = model.parameters()
    for parameter in parameters:
        parameter.label = ""
    return fuse(simplify(tape_of([losses.squared_error(model(x), y)], [*x, *y], parameters)))


if __name__ == "__main__":
    print(colored(article()))
