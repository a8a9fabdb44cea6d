"""`source`: a tape as code that one could have written by hand, in Python or JavaScript.

The lines of the tape become the lines of a function, first those that the values need, then those that only the
derivatives need: the forward and the backward pass. A quantity with a label, or used more than once, has a line of its
own; what is used once is written where it is used, as long as that can be read. The adjoint of `z` is called `d_z`, and
beside its line stands the chain rule that it applies.
"""

from collections.abc import Mapping

from autodiff.primitive import REALS, Primitive
from autodiff.primitives import POW
from autodiff.program.source.dialects import DIALECTS, Dialect
from autodiff.program.source.plan import Plan
from autodiff.program.source.statements import WIDTH, Layout
from autodiff.program.tape import Tape

LISTED = 3  # terms of a chain rule that a comment writes out at most


def source(tape: Tape, language: str, *, name: str, n_values: int, wrt: range | None = None) -> str:
    """Return the source of a function of `inputs` and `parameters`, those of the two that the tape has.

    It returns the value, or a tuple or array of values; with derivatives, (value, [derivative, ...]) or the same as an
    array. It is the whole program: besides the language's own mathematics it uses nothing. Python's raises outside the
    domain of a function, JavaScript's goes on with NaN and Infinity.

    Args:
        tape: the program. Of its outputs the first `n_values` are values and the others derivatives.
        language: "python" or "javascript".
        name: of the function.
        n_values: at least 1.
        wrt: the leaves that the derivatives are by, `tape.inputs` or `tape.parameters`; if None, the parameters if
            there are as many as derivatives, else the inputs.

    Raises:
        ValueError: if the language is another one, or the tape has a primitive that is not in the table.

    >>> from autodiff import Value
    >>> from autodiff.program.record import record
    >>> m, x, c = Value(2.0, "m"), Value(1.0, "x"), Value(0.5, "c")
    >>> tape = record([m * x + c], [x], [m, c])
    >>> print(source(tape, "javascript", name="line", n_values=1), end="")
    /**
     * Return the value.
     */
    function line(inputs, parameters) {
      const [x] = inputs;
      const [m, c] = parameters;
      return m*x + c;
    }
    """
    if language not in DIALECTS:
        raise ValueError(f"source: expected language to be {' or '.join(map(repr, DIALECTS))}, got {language!r}")
    if own := tape.custom_primitives():
        raise ValueError(
            f"source: {own[0].name!r} is a primitive of your own, which has no source; "
            "write it with functions of autodiff, or run the program without its source"
        )
    return write(tape, DIALECTS[language], name, n_values, {}, wrt)


def write(
    tape: Tape,
    dialect: Dialect,
    name: str,
    n_values: int,
    own: Mapping[Primitive, str],
    wrt: range | None = None,
) -> str:
    """Return the source, where primitives that are not in the table are called by the names given in `own`."""
    plan = Plan(tape, dialect, name, n_values, own, wrt)
    body = Layout(dialect)
    for sequence, leaves in (("inputs", tape.inputs), ("parameters", tape.parameters)):
        named = [i for i in leaves if not plan.is_indexed(i)]
        if named and len(named) == len(leaves):
            body.unpack([plan.names[i] for i in named], sequence)
        else:
            for i in named:
                body.assign(plan.names[i], [f"{sequence}[{i - leaves.start}]"])
    if plan.gradient:
        body.section("forward")
    for i in plan.forward:
        if i in plan.pieces:
            body.assign(plan.names[i], plan.pieces[i])
    if plan.gradient:
        body.section(f"backward: d_v is ∂{plan.result(plan.values[0])}/∂v")
    for step in plan.backward():
        body.assign(step.name, step.pieces, "" if step.owner is None else _chain_rule(plan, step.owner))
    body.give_back([plan.result(i) for i in plan.values], plan.gradient)

    function = body.function(
        name, [leaves for leaves in ("inputs", "parameters") if getattr(tape, leaves)], _says(plan)
    )
    return (
        dialect.between_functions.join([*dialect.imports(plan.used), *dialect.helpers_for(plan.used), function]) + "\n"
    )


def _chain_rule(plan: Plan, line: int) -> str:
    """The chain rule for the adjoint of a line: the sum over the lines that use it, as in "d_z · ∂z/∂w"."""
    output = plan.names[plan.values[0]]
    terms = []
    for user in reversed(plan.users.get(line, [])):
        partial = f"∂{plan.names[user]}/∂{plan.names[line]}"
        if user in plan.values:
            terms.append(partial)
        else:
            terms.append(f"{plan.adjoint_name(user) or f'∂{output}/∂{plan.names[user]}'} · {partial}")
    if len(terms) > LISTED:
        terms = [terms[0], "...", terms[-1]]
    return " + ".join(terms)


def _says(plan: Plan) -> list[str]:
    """What the function returns, and what it does outside a domain if there is an outside."""
    labels = [plan.names[i] if plan.has_label(i) else "" for i in plan.values]
    what = " and ".join(labels) if len(labels) <= 2 else ", ".join(labels)
    if not all(labels) or len(what) > WIDTH // 2:
        what = "the value" if len(labels) == 1 else "the values"
    if plan.gradient:
        of = "parameters" if plan.wrt.start else "inputs"
        what += f" and its gradient: ∂{plan.names[plan.values[0]]}/∂v for each v of {of}, in order"
    can_fail = any(_has_outside(plan.tape, i) for i in plan.forward)
    return [f"Return {what}.", plan.dialect.outside] if can_fail else [f"Return {what}."]


def _has_outside(tape: Tape, i: int) -> bool:
    """Whether there are numbers for which a line has no value."""
    line = tape.lines[i]
    if line.primitive is POW and tape.is_constant(line.operands[1]):
        exponent = tape.lines[line.operands[1]].number
        return exponent < 0.0 or not exponent.is_integer()
    return line.primitive is not None and any(domain != REALS for domain in line.primitive.domain)
