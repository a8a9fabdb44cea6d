"""The graph of a tape with a colour for each class, as DOT text: what the array backend sees in it."""

from autodiff.program.arrays.classes import CONSTANT, DATA, classify
from autodiff.program.tape import Tape

COLORS = ("#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5", "#bc80bd", "#ccebc5")
"""Twelve-class Set3 of ColorBrewer (Brewer, 2003), without its greys."""

LOOK = (
    "rankdir=LR nodesep=0.1 ranksep=0.7",
    'node [shape=box style="rounded,filled" fillcolor=white fontname="Helvetica" fontsize=11 height=0.3]',
    'edge [arrowsize=0.5 color="#888888"]',
)


def colored(tape: Tape) -> str:
    """Return the graph of a tape in DOT. Operations of one class have one colour and stand in one column.

    >>> from autodiff import Value
    >>> from autodiff.program.record import record
    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> print(colored(record([x * x + y * y], [x, y])))
    digraph {
      rankdir=LR nodesep=0.1 ranksep=0.7
      node [shape=box style="rounded,filled" fillcolor=white fontname="Helvetica" fontsize=11 height=0.3]
      edge [arrowsize=0.5 color="#888888"]
      0 [label="x"]
      1 [label="y"]
      2 [label="mul" fillcolor="#8dd3c7"]
      3 [label="mul" fillcolor="#8dd3c7"]
      4 [label="add" fillcolor="#ffffb3"]
      {rank=same 0 1}
      {rank=same 2 3}
      {rank=same 4}
      0 -> 2
      0 -> 2
      1 -> 3
      1 -> 3
      2 -> 4
      3 -> 4
    }
    """
    structure = classify(tape, tape.outputs)
    hidden = {
        i
        for i, line in enumerate(tape.lines)
        if structure.class_of[i] in (CONSTANT, DATA) or (line.primitive is None and not line.label)
    }
    nodes, ranks, edges, k = [], [], [], 0
    for cls in structure.classes:
        shown = [i for i in cls.members.tolist() if i not in hidden]
        if cls.primitive is not None:
            fill = f' fillcolor="{COLORS[k % len(COLORS)]}"'
            k += 1
        else:
            fill = ""
        for i in shown:
            primitive, label = tape.lines[i].primitive, tape.lines[i].label
            text = label if primitive is None else f"{label} = {primitive.name}" if label else primitive.name
            nodes.append(f"{i} [label={_quoted(text)}{fill}]")
        if shown:
            ranks.append("{rank=same " + " ".join(map(str, shown)) + "}")
    for i, line in enumerate(tape.lines):
        edges += [f"{j} -> {i}" for j in line.operands if j not in hidden]
    return "\n".join(["digraph {", *[f"  {line}" for line in [*LOOK, *nodes, *ranks, *edges]], "}"])


def _quoted(text: str) -> str:
    """A string of DOT."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
