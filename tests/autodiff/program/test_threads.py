"""Programs in several threads, and how long their machine code lives."""

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from autodiff import Value, exp, sin
from autodiff.program import Program
from autodiff.program.llvm import machine
from autodiff.program.llvm.kernel import compile_llvm
from autodiff.program.recording.record import tape_of

N_THREADS = 8


@pytest.fixture(autouse=True)
def eager_switches():
    """Threads change every microsecond, not every 5 ms: what can go wrong does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work):
    """Call work(0), work(1), ... at once; raise what one of them raised."""
    start, errors = threading.Barrier(N_THREADS), []

    def run(i):
        try:
            start.wait()
            work(i)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def product():
    """sin(x w) exp(v y), freshly made."""
    x, y, w, v = [Value(number) for number in (0.5, 1.5, -0.5, 0.25)]
    return sin(x * w) * exp(v * y), [x, y], [w, v]


def test_threads_that_call_one_program_at_other_points_get_their_own_results(backend):
    program = Program(*product(), backend=backend)
    rounds, long = (40, 5000) if backend == "llvm" else (3, 100)  # so long that calls overlap
    rng = np.random.default_rng(0)
    points = [rng.uniform(-1.0, 1.0, (n, 2)) for n in (1, 7, 130, 300, long, long + 1, long + 2, long + 3)]
    thetas = rng.uniform(-1.0, 1.0, (N_THREADS, 2))
    expected = [
        (program(x, theta), *program.value_and_grad(x, theta), *program.mean_and_grad(x, theta))
        for x, theta in zip(points, thetas, strict=True)
    ]

    def work(i):
        for _ in range(rounds):
            x, theta = points[i], thetas[i]
            got = (program(x, theta), *program.value_and_grad(x, theta), *program.mean_and_grad(x, theta))
            for array, wanted in zip(got, expected[i], strict=True):
                np.testing.assert_array_equal(array, wanted)  # to the last bit

    in_threads(work)


def test_the_first_call_may_come_from_several_threads(backend):
    reference = Program(*product(), backend=backend)
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (9, 2))
    expected = reference.value_and_grad(points), reference.mean_and_grad(points)
    for _ in range(5):
        program = Program(*product(), backend=backend)

        def work(i, program=program):
            name, wanted = (("value_and_grad", expected[0]), ("mean_and_grad", expected[1]))[i % 2]
            for array, other in zip(getattr(program, name)(points), wanted, strict=True):
                np.testing.assert_array_equal(array, other)
            assert repr(program).startswith("<Program 1 output, 2 inputs, 2 parameters; ")

        in_threads(work)


def test_programs_may_be_made_and_dropped_in_several_threads():
    def work(i):
        for k in range(4):
            x = Value(0.5)
            program = Program(x * (i + 10.0 * k), [x], backend="llvm")
            assert program([2.0]) == 2.0 * (i + 10.0 * k)

    in_threads(work)


def test_machine_code_runs_without_the_lock_of_the_interpreter():
    """Where no thread has to give the lock away for 100 s, another one can run only if the machine code left it."""
    x = Value(0.5)
    out = x
    for _ in range(200):
        out = out * 0.999 + 0.001
    program = Program(out, [x], backend="llvm")
    points, values = np.ones((20_000, 1)), np.empty(20_000)
    program(points, out=values)
    go, awake = threading.Event(), []
    thread = threading.Thread(target=lambda: (go.wait(), awake.append(True)))
    thread.start()
    sys.setswitchinterval(100.0)
    go.set()
    calls = 0
    while not awake and calls < 1000:
        program(points, out=values)
        calls += 1
    assert awake
    thread.join()


def test_a_method_outlives_its_program():
    replay = Program(*product(), backend="llvm").value_and_grad
    gc.collect()
    assert replay([0.0, 1.0])[0] == 0.0


def test_the_code_is_freed_with_the_last_reference_to_it():
    x = Value(3.0)
    kernel = compile_llvm(tape_of([x * x], [x]), 1, False)
    run, code = kernel.run, weakref.ref(kernel.run.__self__)
    points, theta, values, gradient = np.array([[3.0]]), np.empty(0), np.empty(1), np.empty(0)
    kernel(points, theta, values, gradient)
    memory = kernel.memories.free[0].thing
    del kernel
    gc.collect()
    values[0] = 0.0
    run(points, theta, memory, points, values, gradient)
    assert values[0] == 9.0
    assert code() is not None
    del run
    gc.collect()
    assert code() is None


def test_machine_code_of_the_same_text_is_shared_and_of_the_last_texts_alone(monkeypatch):
    def value(k):
        x = Value(3.0)
        return Program(x * x + k, [x], backend="llvm")([[2.0], [3.0]]).tolist()

    value(0.0)  # compiles what all programs call
    compiled = []
    real = machine._compiled
    monkeypatch.setattr(machine, "_compiled", lambda *given: compiled.append(given) or real(*given))
    monkeypatch.setattr(machine, "ENGINES", {})
    monkeypatch.setattr(machine, "N_ENGINES", 2)
    assert [value(k) for k in (1.0, 1.0, 2.0, 1.0)] == [[5.0, 10.0], [5.0, 10.0], [6.0, 11.0], [5.0, 10.0]]
    assert len(compiled) == len(machine.ENGINES) == 2
    value(3.0)  # in place of 2.0, which was used first
    value(1.0)
    assert len(compiled) == 3
    value(2.0)
    assert (len(compiled), len(machine.ENGINES)) == (4, 2)


DROPPED = """
import gc, os
from autodiff import Value, sin
from autodiff.program import Program

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def make(k):
    x, w = Value(0.5), Value(0.5)
    program = Program(sin(x * w) * x + 1.0 + k, [x], [w], backend="llvm")
    program([1.0]), program.mean_and_grad([1.0])

for k in range(15):
    make(k)
gc.collect()
before = resident()
for k in range(25):
    make(100 + k)
gc.collect()
print((resident() - before) / 25)
"""


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's count of a process's pages")
def test_programs_that_are_dropped_leave_no_memory_behind(root):
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", DROPPED], cwd=root, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 50_000  # bytes a program; one that is kept has more than a million
