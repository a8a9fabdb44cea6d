"""`fuse`: a chain of additions becomes one `sum`, a sum of products one `dot`.

Code in the manner of micrograd, `sum((wi * xi for wi, xi in zip(w, x)), b)`, becomes the lines `dot(w, x) + b` that
`nn` records. A wide line needs no line for each partial sum, and a backend may choose the order of its additions.

A sum or product is merged into the sum that uses it if nothing else uses it and it has no label; a label says that
somebody wants to see the line. The additions happen in another order: n terms change the result by at most n eps times
the sum of their magnitudes, unless a partial sum overflows.
"""

from autodiff.primitives import ADD, DOT, MUL, SUM, factor_pairs
from autodiff.program.passes.labels import shown
from autodiff.program.recording.tape import Line, Tape

_SUMS = (ADD, SUM)
_PRODUCTS = (MUL, DOT)


def fuse(tape: Tape) -> Tape:
    """Return a tape of the same results with sums as few and as wide as uses and labels allow.

    Two or more products in a sum become one `dot`, in their order, to which the other terms are added. A difference is
    an ordinary term. Simplify the tape first: a line that nobody needs still counts as a use.
    """
    terms_of, merged = _plan(tape)
    if not merged and not any(line.primitive is SUM and len(line.operands) == 2 for line in tape.lines):
        return tape
    lines: list[Line] = []
    place: dict[int, int] = {}  # where each line that stays is now

    def write(line: Line) -> int:
        lines.append(line)
        return len(lines) - 1

    for i, line in enumerate(tape.lines):
        if i in terms_of:
            products, others = terms_of[i]
            operands = [place[term] for term in others]
            if products:
                pairs = [pair for product in products for pair in factor_pairs(tape.lines[product].operands)]
                factors = (*[place[x] for x, _ in pairs], *[place[y] for _, y in pairs])
                operands.insert(0, write(Line(DOT, factors)))
            if products and not others:
                lines[-1] = lines[-1]._replace(label=line.label)
                place[i] = operands[0]
            else:
                place[i] = write(Line(ADD if len(operands) == 2 else SUM, tuple(operands), label=line.label))
        elif i not in merged:
            operands = [place[operand] for operand in line.operands]
            place[i] = write(Line(line.primitive, tuple(operands), line.number, line.label) if operands else line)
    return tape.with_lines(lines, place)


def _plan(tape: Tape) -> tuple[dict[int, tuple[list[int], list[int]]], set[int]]:
    """For each sum to write, the products of its dot and its other terms; and the lines that are merged into sums."""
    uses = tape.uses()
    in_sum = {operand for line in tape.lines if line.primitive in _SUMS for operand in line.operands}
    # whether a line is a sum or product without a label, whose only use is in a sum
    mergeable = [
        uses[i] == 1 and i in in_sum and not shown(line.label) and line.primitive in (*_SUMS, *_PRODUCTS)
        for i, line in enumerate(tape.lines)
    ]
    terms_of: dict[int, tuple[list[int], list[int]]] = {}
    merged: set[int] = set()
    for i, line in enumerate(tape.lines):
        if line.primitive is ADD and not any(mergeable[term] for term in line.operands):
            continue
        if line.primitive in _SUMS and not mergeable[i]:
            terms: list[int] = []
            waiting = list(line.operands[::-1])  # a stack, so that no chain is too long
            while waiting:
                term = waiting.pop()
                if mergeable[term] and tape.lines[term].primitive in _SUMS:
                    merged.add(term)
                    waiting.extend(tape.lines[term].operands[::-1])
                else:
                    terms.append(term)
            products = [term for term in terms if mergeable[term]]
            if len(products) > 1:
                merged.update(products)
                terms_of[i] = products, [term for term in terms if not mergeable[term]]
            else:
                terms_of[i] = [], terms
    return terms_of, merged
