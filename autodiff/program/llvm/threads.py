"""Threads that compute the parts of a batch together, in machine code, without Python's lock.

Each takes the next part from one counter. A helper waits for a job at its lock GO and releases DONE behind it. Who has
a job releases GO, computes parts, and takes GO back from a helper that has not begun; for another it waits at DONE. To
wait is to try the lock for some 60 us, as a part ends soon and a loop calls again soon, and then to sleep. A helper
that has tried in vain sleeps at once the next time: its processor may be the one that the others wait for.
"""

import functools
import threading
from ctypes import PYFUNCTYPE, c_int, c_size_t, pythonapi

import numpy as np

from autodiff.program.llvm.closure import LENGTH_OF_PART, Closure
from autodiff.program.llvm.cpython import PythonFunction, module_of
from autodiff.program.llvm.flow import branch, get, loop, put
from autodiff.program.llvm.machine import Definition
from autodiff.program.llvm.objects import DATA, LENGTHS, STEPS
from autodiff.program.llvm.subroutines import write_kernel_call
from autodiff.program.llvm.text import Function, Module

MIN_LENGTH = 64  # of the last part; fewer points belong to the part before it. A vector has at most 16.
TRIES = 2000  # of a lock, 30 ns each
GO, DONE, JOB, MEMORY = range(4)  # the numbers of a helper


def start_helper() -> Closure:
    """Start a thread that waits for jobs as long as the process runs; return its numbers."""
    allocate = PYFUNCTYPE(c_size_t)(("PyThread_allocate_lock", pythonapi))
    acquire = PYFUNCTYPE(c_int, c_size_t, c_int)(("PyThread_acquire_lock", pythonapi))
    helper = np.zeros(4, np.int64).view(Closure)
    for place in (GO, DONE):
        helper[place] = lock = allocate()
        acquire(lock, 1)
    helper.needs = []
    threading.Thread(target=serve().bind(helper), name="Program", daemon=True).start()
    return helper


@functools.cache
def serve() -> Definition:
    """Return the function `serve()` of a helper, which never returns."""
    module = _module()
    f = PythonFunction(module, "serve")
    helper = f.place(f.closure, 0)
    f.assign("call i64 @PyEval_SaveThread()")
    f.do("br label %again")
    f.begin("again")
    tries = f.phi("i64")  # TRIES, or 0 behind so many in vain
    in_vain = f.assign(f"call i1 @acquire(i64 {get(f, 'i64', helper, GO)}, i64 {tries.name})")
    tries.add(str(TRIES), "entry")
    tries.add(f.assign(f"select i1 {in_vain}, i64 {f.assign(f'sub i64 {TRIES}, {tries.name}')}, i64 {TRIES}"), "again")
    f.do(f"call void @work(i64 {get(f, 'i64', helper, JOB)}, i64 {get(f, 'i64', helper, MEMORY)})")
    f.do(f"call void @PyThread_release_lock(i64 {get(f, 'i64', helper, DONE)})")
    f.do("br label %again")
    f.begin("never")
    f.end("i64 0")
    return Definition(str(module), "serve", level=0)


@functools.cache
def run() -> Definition:
    """Return the function `run(points, theta, memory, points, values, gradient, helper, ...)` -> None.

    It calls the kernel for each part of the points, together with helpers. The later arrays have a row for each part,
    where its points, values and gradient begin. It checks nothing. All numbers are of the dtype of the program, those
    of a part are C-contiguous, and nobody else changes them: other threads run meanwhile.
    """
    module = _module()
    f = PythonFunction(module, "run")
    points, theta, own, *rows = [f.argument(k) for k in range(6)]
    lengths, length = f.field(points, LENGTHS), f.field(f.closure, LENGTH_OF_PART)
    numbers = ["0", f.closure, f.field(lengths, 0), length, f.field(theta, DATA)]
    for row in rows:
        steps = f.field(row, STEPS)  # 0 for a number without axes, which has one part and needs none
        numbers += [f.field(row, DATA), f.field(f.choose(f.equal(steps, 0), lengths, steps), 0)]
    job = f.assign(f"alloca i64, i64 {len(numbers)}")
    for k, number in enumerate(numbers):
        put(f, "i64", job, k, number)
    address = f.assign(f"ptrtoint i64* {job} to i64")

    def helper(i: str) -> str:
        return f.place(f.field(f.argument(f.assign(f"add i64 {i}, 6")), DATA), 0)

    def offer(i: str) -> None:
        put(f, "i64", helper(i), JOB, address)
        f.do(f"call void @PyThread_release_lock(i64 {get(f, 'i64', helper(i), GO)})")

    def take_back(i: str) -> None:
        go, done = [get(f, "i64", helper(i), lock) for lock in (GO, DONE)]
        answer = f.assign(f"call i32 @PyThread_acquire_lock(i64 {go}, i32 0)")
        has_begun = f.assign(f"icmp eq i32 {answer}, 0")

        def wait() -> None:
            f.assign(f"call i1 @acquire(i64 {done}, i64 {TRIES})")

        branch(f, has_begun, wait, lambda: None)

    n_helpers = f.assign("sub i64 %n, 6")
    loop(f, n_helpers, offer)
    memory = f.field(own, DATA)
    thread = f.assign("call i64 @PyEval_SaveThread()")
    f.do(f"call void @work(i64 {address}, i64 {memory})")
    loop(f, n_helpers, take_back)
    f.do(f"call void @PyEval_RestoreThread(i64 {thread})")
    f.end_with_none()
    return Definition(str(module), "run", level=0)


def _module() -> Module:
    """A module with `acquire(lock, tries)`, and with `work(job, memory)`, which computes parts until none is left.

    The numbers of a job are that of the next part and those that `run` writes.
    """
    module = module_of()
    write_kernel_call(module)
    f = Function(module, "acquire", ["i64 %lock", "i64 %tries"], "i1", linkage="internal")
    f.do("br label %try")
    f.begin("try")
    turn = f.phi("i64")
    is_last = f.assign(f"icmp eq i64 {turn.name}, %tries")
    may_sleep = f.assign(f"zext i1 {is_last} to i32")
    answer = f.assign(f"call i32 @PyThread_acquire_lock(i64 %lock, i32 {may_sleep})")
    turn.add("0", "entry")
    turn.add(f.assign(f"add i64 {turn.name}, 1"), "try")
    f.do(f"br i1 {f.assign(f'icmp ne i32 {answer}, 0')}, label %end, label %try")
    f.begin("end")
    f.end(f"i1 {is_last}")

    f = Function(module, "work", ["i64 %address", "i64 %memory"], linkage="internal")
    job = f.assign("inttoptr i64 %address to i64*")
    closure, n, length, theta, *rows = [get(f, "i64", job, i) for i in range(1, 11)]
    f.do("br label %again")
    f.begin("again")
    k = f.assign(f"atomicrmw add i64* {job}, i64 1 seq_cst")
    rest = f.assign(f"sub i64 {n}, {f.assign(f'mul i64 {k}, {length}')}")
    too_few = f.assign(f"select i1 {f.assign(f'icmp eq i64 {k}, 0')}, i64 0, i64 {MIN_LENGTH - 1}")
    f.do(f"br i1 {f.assign(f'icmp sgt i64 {rest}, {too_few}')}, label %part, label %end")
    f.begin("part")
    is_last = f.assign(f"icmp slt i64 {rest}, {f.assign(f'add i64 {length}, {MIN_LENGTH}')}")
    count = f.assign(f"select i1 {is_last}, i64 {rest}, i64 {length}")
    inputs, values, gradient = [
        f.assign(f"add i64 {start}, {f.assign(f'mul i64 {k}, {step}')}")
        for start, step in zip(rows[::2], rows[1::2], strict=True)
    ]
    arguments = (closure, inputs, theta, values, gradient, "%memory", count)
    f.do(f"call void @kernel({', '.join([f'i64 {argument}' for argument in arguments])})")
    f.do("br label %again")
    f.begin("end")
    f.end()
    return module
