"""`fuse`: a chain of additions becomes one `sum`, a sum of products one `dot`.

Code in the manner of micrograd, `sum((wi * xi for wi, xi in zip(w, x)), b)`, becomes the lines `dot(w, x) + b` that
`nn` records. A wide line needs no line for each partial sum, and a backend may choose the order of its additions.

A sum or product is merged into the sum that uses it if nothing else uses it and it has no label; a label says that
somebody wants to see the line. The additions happen in another order: n terms change the result by at most n eps times
the sum of their magnitudes, unless a partial sum overflows.
"""

from autodiff.primitives import ADD, DOT, MUL, SUB, SUM, factor_pairs
from autodiff.program.passes.labels import shown
from autodiff.program.recording.tape import Line, Tape, looked_up, new_line

_SUMS = frozenset((ADD, SUM))
_MERGEABLE = _SUMS | {MUL, DOT}
_LINKS = frozenset((ADD, SUB))
MIN_DIFFERENCES = 8  # of a chain that is written as a difference of sums


def fuse(tape: Tape) -> Tape:
    """Return a tape of the same results with sums as few and as wide as uses and labels allow.

    Two or more products in a sum become one `dot`, in their order, to which the other terms are added. A difference is
    an ordinary term, but for a long chain of them, which becomes the difference of two sums. Simplify the tape first: a
    line that nobody needs still counts as a use.
    """
    tape = _without_chains_of_differences(tape)
    terms_of, merged = _plan(tape)
    if not terms_of:
        return tape
    lines: list[Line] = []
    place: list[int] = []  # where each line that stays is now
    same = True  # whether the lines so far are where they were
    for i, line in enumerate(tape.lines):
        primitive, operands, number, label = line
        if i in terms_of:
            products, others = terms_of[i]
            terms = [place[term] for term in others]
            if products:
                pairs = [pair for product in products for pair in factor_pairs(tape.lines[product].operands)]
                factors = (*[place[x] for x, _ in pairs], *[place[y] for _, y in pairs])
                terms.insert(0, len(lines))
                lines.append(Line(DOT, factors, label="" if others else label))
            if others:
                lines.append(Line(ADD if len(terms) == 2 else SUM, tuple(terms), label=label))
            same = False
        elif i in merged:
            same = False
        else:
            if not same and operands:
                line = new_line((primitive, looked_up(operands, place), number, label))
            lines.append(line)
        place.append(len(lines) - 1)
    return tape.with_lines(lines, place)


def _without_chains_of_differences(tape: Tape) -> Tape:
    """The tape with (x - t1 + s1 - t2 ...) written as (x + s1 + ...) - (t1 + t2 + ...), where the chain is long.

    Each line of such a chain waits for the one before it. The lines that are not used then stay out.
    """
    if sum([line.primitive is SUB for line in tape.lines]) < MIN_DIFFERENCES:
        return tape
    uses = tape.uses
    before: dict[int, int] = {}  # link of a chain -> the link before it
    for i, line in enumerate(tape.lines):
        if line.primitive in _LINKS:
            first = line.operands[0]
            if uses[first] == 1 and tape.lines[first].primitive in _LINKS and not shown(tape.lines[first].label):
                before[i] = first
    lines: list[Line] = []
    place: list[int] = []
    inner = set(before.values())
    long: dict[int, list[int]] = {}  # the last link of a chain -> all of them, the last one first
    for i in before.keys() - inner:
        links = [i]
        while links[-1] in before:
            links.append(before[links[-1]])
        if sum([tape.lines[link].primitive is SUB for link in links]) >= MIN_DIFFERENCES:
            long[i] = links
    if not long:
        return tape
    dropped = {link for links in long.values() for link in links[1:]}
    first = min(dropped)  # the lines before it are where they were
    for i, line in enumerate(tape.lines):
        if i in long:
            links = long[i][::-1]
            terms = [place[tape.lines[links[0]].operands[0]]]
            minus: list[int] = []
            for link in links:
                (minus if tape.lines[link].primitive is SUB else terms).append(place[tape.lines[link].operands[1]])
            operands = []
            for side in (terms, minus):
                if len(side) > 1:
                    lines.append(Line(SUM, tuple(side)))
                operands.append(len(lines) - 1 if len(side) > 1 else side[0])
            lines.append(Line(SUB, tuple(operands), label=line.label))
        elif i not in dropped:
            primitive, used, number, label = line
            if i >= first and used:
                line = new_line((primitive, looked_up(used, place), number, label))
            lines.append(line)
        place.append(len(lines) - 1)
    return tape.with_lines(lines, place)


def _plan(tape: Tape) -> tuple[dict[int, tuple[list[int], list[int]]], set[int]]:
    """For each sum to write, the products of its dot and its other terms; and the lines that are merged into sums."""
    uses, lines = tape.uses, tape.lines
    sums = [i for i, line in enumerate(lines) if line[0] in _SUMS]
    # the sums and products without a label whose only use is in a sum
    mergeable = {
        term
        for i in sums
        for term in lines[i][1]
        if uses[term] == 1 and lines[term][0] in _MERGEABLE and not shown(lines[term][3])
    }
    alone = mergeable.difference(sums)  # they stay where they are the only product of a sum
    terms_of: dict[int, tuple[list[int], list[int]]] = {}
    merged: set[int] = set()
    for i in sums:
        primitive, operands, _, _ = lines[i]
        inner = mergeable.intersection(operands)
        if i in mergeable or (len(inner) < 2 and inner <= alone and (primitive is ADD or len(operands) != 2)):
            continue
        terms: list[int] = []
        waiting = list(operands[::-1])  # a stack, so that no chain is too long
        while waiting:
            term = waiting.pop()
            if term in mergeable and lines[term].primitive in _SUMS:
                merged.add(term)
                waiting.extend(lines[term].operands[::-1])
            else:
                terms.append(term)
        products = [term for term in terms if term in mergeable]
        if len(products) > 1:
            merged.update(products)
            terms_of[i] = products, [term for term in terms if term not in mergeable]
        elif (*terms,) != operands or (primitive is SUM and len(terms) == 2):
            terms_of[i] = [], terms
    return terms_of, merged
