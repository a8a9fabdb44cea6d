"""`derive`: a program with its gradient is a longer program. The chain rule is that of `autodiff.reverse`."""

from dataclasses import replace

from autodiff.program.passes.kinds import NodesAtNan
from autodiff.program.passes.labels import shown, without_line_label
from autodiff.program.recording.record import tape_of
from autodiff.program.recording.tape import ADJOINT, Tape
from autodiff.reverse import adjoints_on_values
from autodiff.value import Value, as_value


def derive(tape: Tape, wrt: range) -> Tape:
    """Return the tape that computes the one output of `tape` and its derivative by each line of `wrt`.

    The adjoint of a line labelled "a" gets the label "∂a". The derivative is taken at NaN, where every operation has a
    result and no number can be looked at: so it is the same wherever the tape was recorded, and true at every point.
    """
    at_nan = NodesAtNan(tape, wrt)
    nodes, output = at_nan.nodes, at_nan.nodes[tape.outputs[0]]
    named = [i for i in at_nan.varying if nodes[i].label]
    wanted = [*dict.fromkeys([*wrt, *named])]
    adjoints = adjoints_on_values(output, [nodes[i] for i in wanted], at_nan.partials)
    adjoint_of = {i: as_value(adjoint) for i, adjoint in zip(wanted, adjoints, strict=True)}

    def naming_order(i: int) -> tuple[bool, bool, bool, int]:
        """In z = wx + b, the nodes z, wx and b share one adjoint: name it after z, as on a blackboard."""
        node: Value = nodes[i]
        return not shown(node.label), node.is_leaf, not without_line_label(node.label), -i

    forward = set(nodes) if named else ()
    for i in sorted(named, key=naming_order):
        adjoint = adjoint_of[i]
        if not adjoint.label and adjoint not in forward:
            adjoint.label = f"{ADJOINT}{nodes[i].label}"
    outputs = [output, *[adjoint_of[i] for i in wrt]]
    derived = tape_of(outputs, nodes[: tape.n_inputs], nodes[tape.n_inputs : tape.n_leaves])
    return replace(derived, lines=tape.lines[: tape.n_leaves] + derived.lines[tape.n_leaves :])
