"""What an emitter writes over and over: loops, elements of arrays, sums over lanes."""

from collections.abc import Callable, Sequence

from llvmlite import ir

I64 = ir.IntType(64)
UNROLLED = 8  # turns of a loop that are written out, if their number is known


def loop(
    builder: ir.IRBuilder,
    count: ir.Value,
    body: Callable[..., Sequence[ir.Value] | None],
    carried: Sequence[ir.Value] = (),
) -> list[ir.Value]:
    """Write `for i in range(count)`: body(i), or body(i, *carried) -> carried; returns what is carried out."""
    if isinstance(count, ir.Constant) and count.constant <= UNROLLED and not carried:
        for k in range(count.constant):
            body(I64(k))
        return []
    before = builder.block
    head, inside, after = [builder.append_basic_block(name) for name in ("head", "body", "after")]
    builder.branch(head)
    builder.position_at_end(head)
    i = builder.phi(I64)
    i.add_incoming(I64(0), before)
    phis = [builder.phi(value.type) for value in carried]
    builder.cbranch(builder.icmp_signed("<", i, count), inside, after)
    builder.position_at_end(inside)
    out = body(i, *phis)
    i.add_incoming(builder.add(i, I64(1)), builder.block)
    for phi, start, end in zip(phis, carried, out or (), strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(end, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return phis


def transposed_sum(builder: ir.IRBuilder, vectors: Sequence[ir.Value]) -> ir.Value:
    """The sum over the lanes of each of W vectors of W lanes, in one vector: by pairs of lanes, log2(W) times."""
    lanes = len(vectors)
    even, odd = [ir.Constant(ir.VectorType(ir.IntType(32), lanes), list(range(k, 2 * lanes, 2))) for k in (0, 1)]
    while len(vectors) > 1:
        pairs = list(zip(vectors[::2], vectors[1::2], strict=True))
        vectors = [
            builder.fadd(builder.shuffle_vector(x, y, even), builder.shuffle_vector(x, y, odd)) for x, y in pairs
        ]
    return vectors[0]


def ceil_divide(builder: ir.IRBuilder, count: ir.Value, by: int) -> ir.Value:
    """How many groups of `by` hold `count`."""
    return builder.udiv(builder.add(count, I64(by - 1)), I64(by))


def at(builder: ir.IRBuilder, array: ir.Value, i: ir.Value) -> ir.Value:
    """The address of array[i]."""
    return builder.gep(array, [i])


def get(builder: ir.IRBuilder, array: ir.Value, i: ir.Value) -> ir.Value:
    """array[i]"""
    return builder.load(at(builder, array, i))


def put(builder: ir.IRBuilder, array: ir.Value, i: ir.Value, number: ir.Value) -> None:
    """array[i] = number"""
    builder.store(number, at(builder, array, i))
