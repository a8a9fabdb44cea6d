"""Memory is used again, by instructions and by calls, and never by two that need it at once."""

import random
import threading

import numpy as np

from autodiff import Value, tanh
from autodiff.program.arrays.lower import array_program
from autodiff.program.arrays.memory import allocate
from autodiff.program.arrays.prepare import PreparedTape
from autodiff.program.passes.derive import derive
from autodiff.program.passes.fuse import fuse
from autodiff.program.passes.simplify import simplify
from autodiff.program.recording.record import tape_of
from nn import MLP, losses


def test_memory_is_used_again():
    x = Value(0.5)
    y = x
    for _ in range(50):
        y = tanh(y * 1.5) + 0.5
    program = array_program(PreparedTape(tape_of([y], [x]), 1), False)
    assert allocate([[instruction] for instruction in program.instructions]).batched <= 2


def test_no_two_arrays_that_are_in_use_share_memory(numbers):
    model = MLP(4, [6, 5, 3], activation="sigmoid", rng=random.Random(0))
    inputs, targets = numbers(4), numbers(3, 1)
    tape = tape_of([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    program = array_program(PreparedTape(fuse(simplify(derive(tape, tape.parameters))), 1), True)
    memory = allocate([[instruction] for instruction in program.instructions])
    first, last = {}, {}
    for i, instruction in enumerate(program.instructions):
        for view in (instruction.out, *instruction.operands):
            if getattr(view, "block", None) in memory.rows:
                first.setdefault(view.block, i)
                last[view.block] = i
    for block, start in memory.rows.items():
        for other, begin in memory.rows.items():
            alive = first[block] <= last[other] and first[other] <= last[block]
            apart = start + block.n_rows <= begin or begin + other.n_rows <= start
            assert block is other or block.batched != other.batched or not alive or apart


def test_threads_may_run_batches_of_several_lengths_at_once(run_kernel, interpreted, compile_tape, numbers):
    model = MLP(6, [20, 3], activation="tanh", rng=random.Random(0))
    inputs, targets = numbers(6), numbers(3, 1)
    tape = tape_of([losses.squared_error(model(inputs), targets)], [*inputs, *targets], model.parameters())
    tape = fuse(simplify(derive(tape, tape.parameters)))
    kernel = compile_tape(tape, 1, True)
    rng = np.random.default_rng(0)
    theta = rng.normal(size=tape.n_parameters)
    cases = []
    for batch in (1, 2, 3, 5, 8, 13, 21, 34, 55):
        rows = rng.normal(size=(batch, 9))
        cases.append((rows, interpreted(tape, rows, theta, True)[0]))
    wrong = []

    def work(seed):
        for k in np.random.default_rng(seed).integers(0, len(cases), 60):
            rows, expected = cases[k]
            got = run_kernel(kernel, rows, theta, 1, tape.n_parameters, True)
            if not np.allclose(got, expected, rtol=1e-12, atol=1e-12):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len((getattr(kernel, "functions", None) or kernel.memories).free) <= 8
