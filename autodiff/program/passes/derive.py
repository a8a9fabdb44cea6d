"""The derivative of a program, which is a longer program: the chain rule, applied once, by `reverse.gradients`."""

from autodiff.program.passes.labels import ADJOINT, without_line_label
from autodiff.program.record import graph_of, record
from autodiff.program.tape import Tape
from autodiff.reverse import gradients
from autodiff.value import Value, as_value


def derive(tape: Tape, wrt: range) -> Tape:
    """Return the tape that computes the output of `tape` and its derivative by each line of `wrt`.

    The adjoint of a line labelled "a" is labelled "∂a", for whoever reads the new tape.

    Args:
        tape: a program of one output.
        wrt: `tape.inputs` or `tape.parameters`.
    """
    nodes = graph_of(tape)
    varying = tape.dependents(wrt)
    output = nodes[tape.outputs[0]]
    adjoints = gradients(output, [nodes[i] for i in varying])
    adjoint = {i: as_value(a) for i, a in zip(varying, adjoints, strict=True)}
    forward = set(nodes)

    def claim(i: int) -> tuple[bool, bool, int]:
        """In z = wx + b one adjoint is that of z, of wx and of b. It is z's by name, as one would write it."""
        node: Value = nodes[i]
        return node.is_leaf, not without_line_label(node.label), -i

    for i in sorted(varying, key=claim):
        if nodes[i].label and adjoint[i] not in forward and not adjoint[i].label:
            adjoint[i].label = f"{ADJOINT}{nodes[i].label}"
    return record([output, *[adjoint[i] for i in wrt]], nodes[: tape.n_inputs], nodes[tape.n_inputs : tape.n_leaves])


def lines_of_wrt(who: str, tape: Tape, wrt: str | None, single: bool) -> range | None:
    """Return the lines to differentiate by, None if there is nothing to differentiate.

    Args:
        who: the method that asks, for an error.
        tape: the program.
        wrt: "inputs", "parameters" or None.
        single: whether the program was made of one output, not of a list.

    Raises:
        ValueError: if `wrt` is another, the program has no such leaves, or it has a list of outputs.
    """
    if wrt not in (None, "inputs", "parameters"):
        raise ValueError(f'Program: expected wrt to be "inputs", "parameters" or None, got {wrt!r}')
    if wrt and not single:
        raise ValueError(
            f"Program: expected one output to differentiate, got {len(tape.outputs)} in a list; "
            "give a Value, not a list, or make a Program of each"
        )
    leaves: range | None = getattr(tape, wrt) if wrt else None
    if leaves is not None and not leaves:
        raise ValueError(
            f"{who}: expected {wrt} to differentiate by, the program has none; make it with Program(..., {wrt}=[x])"
        )
    return leaves
