"""`fuse`: chains of + become one `sum`, sums of products one `dot`. A wide line is read at once, needs no line for each
partial sum, and lets a backend choose how to add it up. So code in the manner of micrograd,
`sum((wi * xi for wi, xi in zip(w, x)), b)`, becomes the lines `dot(w, x) + b` that `nn` records.

A line is dissolved in the sum that uses it if nothing else uses it, so that nothing is computed twice; and if it has no
label, which would say that somebody wants to see that line. The terms are then added in another order: with n of them
the result differs by at most n eps times the sum of their magnitudes, unless a partial sum overflows.
"""

from autodiff.primitives import ADD, DOT, MUL, SUM
from autodiff.program.tape import Line, Tape

_SUMS = (ADD, SUM)
_PRODUCTS = (MUL, DOT)


def fuse(tape: Tape) -> Tape:
    """Return a tape of the same results with as few and as wide sums as its uses and labels allow.

    Two or more products in a sum become one `dot`, in their order and with their factors in theirs; the other terms
    are added to it. A difference is a term like any other. It is for a tape that `simplify` has cleared of lines that
    nobody uses: a use is a use.
    """
    sums, dissolved = _plan(tape)
    fused: list[Line] = []
    place: dict[int, int] = {}  # for each line that stays, where it is now

    def write(line: Line) -> int:
        fused.append(line)
        return len(fused) - 1

    for i, line in enumerate(tape.lines):
        if i in sums:
            products, terms = sums[i]
            operands = [place[term] for term in terms]
            if products:
                operands.insert(0, write(_dot([tape.lines[product] for product in products], place)))
            if products and not terms:
                fused[-1] = fused[-1]._replace(label=line.label)
                place[i] = operands[0]
            else:
                place[i] = write(Line(ADD if len(operands) == 2 else SUM, tuple(operands), label=line.label))
        elif i not in dissolved:
            place[i] = write(line._replace(operands=tuple([place[operand] for operand in line.operands])))
    return Tape(tuple(fused), tape.n_inputs, tape.n_parameters, tuple([place[output] for output in tape.outputs]))


def _plan(tape: Tape) -> tuple[dict[int, tuple[list[int], list[int]]], set[int]]:
    """For each sum that is to be written, the products for its dot and its other terms; and the lines dissolved."""
    into_sum = _into_sum(tape)
    sums: dict[int, tuple[list[int], list[int]]] = {}
    dissolved: set[int] = set()
    for i, line in enumerate(tape.lines):
        if line.primitive in _SUMS and not into_sum[i]:
            terms: list[int] = []
            ahead = list(line.operands[::-1])  # a stack: no chain is too long
            while ahead:
                term = ahead.pop()
                if into_sum[term] and tape.lines[term].primitive in _SUMS:
                    dissolved.add(term)
                    ahead.extend(tape.lines[term].operands[::-1])
                else:
                    terms.append(term)
            products = [term for term in terms if into_sum[term]]
            if len(products) > 1:
                dissolved.update(products)
                sums[i] = products, [term for term in terms if not into_sum[term]]
            else:
                sums[i] = [], terms
    return sums, dissolved


def _into_sum(tape: Tape) -> list[bool]:
    """For each line, whether a sum may dissolve it: a sum or product without a label whose only use is in a sum."""
    uses = [0] * len(tape.lines)
    in_sum = [False] * len(tape.lines)
    for line in tape.lines:
        for operand in line.operands:
            uses[operand] += 1
            in_sum[operand] = line.primitive in _SUMS
    for output in tape.outputs:
        in_sum[output] = False
    return [
        uses[i] == 1 and in_sum[i] and not line.label and line.primitive in (*_SUMS, *_PRODUCTS)
        for i, line in enumerate(tape.lines)
    ]


def _dot(products: list[Line], place: dict[int, int]) -> Line:
    """One `dot` of all the products."""
    xs: list[int] = []
    ys: list[int] = []
    for line in products:
        operands = [place[operand] for operand in line.operands]
        xs += operands[: len(operands) // 2]
        ys += operands[len(operands) // 2 :]
    return Line(DOT, (*xs, *ys))
