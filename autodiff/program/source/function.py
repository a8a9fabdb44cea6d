"""`source`: a tape as code that one could have written by hand, in Python or JavaScript.

The lines of the tape become the lines of a function: first the forward pass, which computes the values, then the
backward pass, which computes the derivatives. A quantity with a label, or used more than once, has a line of its own.
A quantity that is used once is written where it is used, unless that gets too long. The adjoint of `z` is called `d_z`,
and a comment beside its line shows the chain rule.
"""

from collections.abc import Mapping

from autodiff.domain import REALS
from autodiff.primitive import Primitive
from autodiff.primitives import POW
from autodiff.program.recording.tape import Tape
from autodiff.program.source.dialects import DIALECTS, Dialect
from autodiff.program.source.plan import SourcePlan
from autodiff.program.source.statements import MAX_COLUMNS, StatementWriter

MAX_TERMS_IN_COMMENT = 3  # of a chain rule; of a longer one the first and the last term


def source(tape: Tape, language: str, *, name: str, wrt: range = range(0)) -> str:
    """Return the source of a function of `inputs` and `parameters`, those of the two that the tape has.

    The function returns the value, or a tuple or array of values; with derivatives, the pair of that and the list of
    derivatives. It uses nothing but the mathematics of the language. Outside the domain of a primitive the Python
    function raises an error; the JavaScript function goes on with NaN and Infinity. For a primitive that is not in the
    table there is no source: that is a ValueError.

    Args:
        tape: the program.
        language: "python" or "javascript".
        name: of the function.
        wrt: the leaves of the derivatives, which are the last outputs; the outputs before are values, at least one.

    >>> from autodiff import Value
    >>> from autodiff.program.recording.record import tape_of
    >>> m, x, c = Value(2.0, "m"), Value(1.0, "x"), Value(0.5, "c")
    >>> tape = tape_of([m * x + c], [x], [m, c])
    >>> print(source(tape, "javascript", name="line"), end="")
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
    if custom := tape.custom_primitives():
        raise ValueError(
            f"source: {custom[0].name!r} is a primitive of your own, which has no source; "
            "write it with functions of autodiff, or run the program without its source"
        )
    return write(tape, DIALECTS[language], name, {}, wrt)


def write(tape: Tape, dialect: Dialect, name: str, custom: Mapping[Primitive, str], wrt: range) -> str:
    """Return the source. `custom` has, for each primitive that is not in the table, the name of a function to call."""
    plan = SourcePlan(tape, dialect, name, custom, wrt)
    body = StatementWriter(dialect)
    for sequence, leaves in (("inputs", tape.inputs), ("parameters", tape.parameters)):
        named = [i for i in leaves if not plan.names[i].endswith("]")]  # which is no element of a sequence
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
        body.section(f"backward: d_v is d{plan.result(plan.values[0])}/dv")
    for line in plan.backward():
        body.assign(line.name, line.pieces, "" if line.owner is None else _chain_rule(plan, line.owner))
    body.returns([plan.result(i) for i in plan.values], plan.gradient)

    arguments = [leaves for leaves in ("inputs", "parameters") if getattr(tape, leaves)]
    function = body.function(name, arguments, _docstring(plan))
    parts = [*dialect.before(plan.used, plan.numbers), function]
    return dialect.between_functions.join(parts) + "\n"


def _chain_rule(plan: SourcePlan, line: int) -> str:
    """The chain rule for the adjoint of a line: a sum over the lines that use it, such as "d_z · ∂z/∂w"."""
    output = plan.names[plan.values[0]]
    terms = []
    for user in reversed(plan.users.get(line, [])):
        partial = f"∂{plan.names[user]}/∂{plan.names[line]}"
        if user in plan.values:
            terms.append(partial)
        else:
            terms.append(f"{plan.adjoint_names[user] or f'd{output}/d{plan.names[user]}'} · {partial}")
    if len(terms) > MAX_TERMS_IN_COMMENT:
        terms = [terms[0], "...", terms[-1]]
    return " + ".join(terms)


def _docstring(plan: SourcePlan) -> list[str]:
    """The paragraphs of the docstring: the result and, if some number has no result, what happens there."""
    labels = [plan.names[i] if plan.label(i) else "" for i in plan.values]
    result = " and ".join(labels) if len(labels) <= 2 else ", ".join(labels)
    if not all(labels) or len(result) > MAX_COLUMNS // 2:
        result = "the value" if len(labels) == 1 else "the values"
    if plan.gradient:
        leaves = "parameters" if plan.wrt.start else "inputs"
        result += f" and its gradient: d{plan.names[plan.values[0]]}/dv for each v of {leaves}, in order"
    can_fail = any(_has_restricted_domain(plan.tape, i) for i in plan.forward)
    return [f"Return {result}.", plan.dialect.domain_note] if can_fail else [f"Return {result}."]


def _has_restricted_domain(tape: Tape, i: int) -> bool:
    """Whether a line has no value for some numbers."""
    line = tape.lines[i]
    if line.primitive is POW and tape.is_constant(line.operands[1]):
        exponent = tape.lines[line.operands[1]].number
        return exponent < 0.0 or not exponent.is_integer()
    return line.primitive is not None and any(domain != REALS for domain in line.primitive.domain)
