"""casadi: expressions recorded once, written out as C, compiled and called through `buffer()`, its quick way.

Where a C compiler would take minutes for the straight line of all scalars, the expression is given the structure that
casadi has for it: matrices or `map` for samples, `fold` for steps, vectors of all pairs.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np

from benchmarks import arrays
from benchmarks.engine import Engine
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.bodies import SOFTENING, Bodies
from benchmarks.tasks.call import Call
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt, model_engine
from benchmarks.tasks.network import Network
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import RosenbrockHessian

FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
STEPS_OF_A_BLOCK = 50  # of the chain; a block is a function in C, and a longer one takes the compiler longer
LARGE = 2000  # samples times neurons of the widest layer: above, the scalars of one sample, mapped, beat matrices
C, SCALARS, ARRAYS = "casadi, C", "scalars, compiled", "arrays, compiled"


def sigmoid(z: Any) -> Any:
    """The logistic function."""
    return 1.0 / (1.0 + ca.exp(-z))


def relu(z: Any) -> Any:
    """The positive part."""
    return ca.fmax(z, 0.0)


ENGINE = Engine(float, float, ca.exp, ca.log, relu, sigmoid, number=lambda x: 0.0, sin=ca.sin, sqrt=ca.sqrt)


def contenders(task: Task) -> Contenders:
    """A recorded function for each task, as C; in its virtual machine where that is not worth while."""
    match task:
        case Dot():
            return {"casadi": partial(dot, task)}
        case Gpt():
            return {"casadi": partial(gpt, task)}
    if shutil.which("cc") is None:
        return {}
    match task:
        case Chain():
            return {C: partial(of_point, partial(chain, task), task.start, SCALARS)}
        case Network() if not task.is_large and not task.is_brief:
            return {C: partial(network, task)}
        case RosenbrockHessian():
            return {C: partial(of_point, partial(hessian, task), task.points[0], SCALARS)}
        case Bodies():
            return {C: partial(of_point, partial(bodies, task), task.points[0], ARRAYS)}
        case Pointwise():
            return {C: partial(pointwise, task)}
        case Call():
            start = [*task.x, *task.theta]
            function = partial(of_scalars, task.function, len(start))
            return {
                "casadi, C, buffer()": partial(of_point, function, start, SCALARS),
                "casadi, C, function(x)": partial(as_function, function, start),
            }
    return {}


# --------------------------------------------------------------------------------------------- from function to C


def compiled(function: Any) -> Any:
    """The same function as C."""
    name = function.name()
    with tempfile.TemporaryDirectory() as folder:
        code = ca.CodeGenerator(f"{name}.c")
        code.add(function)
        code.generate(f"{folder}/")
        library = Path(folder, f"{name}.so")
        subprocess.run(["cc", *FLAGS, f"{folder}/{name}.c", "-o", str(library), "-lm"], check=True, timeout=100.0)
        return ca.external(name, str(library))


def buffered(function: Any, arguments: list[Any]) -> tuple[Any, list[Any]]:
    """A call that reads numpy arrays where they are, column by column, and the arrays that it writes to."""
    buffer, call = function.buffer()
    results = [np.zeros(function.size_out(i), order="F") for i in range(function.n_out())]
    views = [view(array) for array in (*arguments, *results)]
    for i, memory in enumerate(views):
        if i < len(arguments):
            buffer.set_arg(i, memory)
        else:
            buffer.set_res(i - len(arguments), memory)
    call.kept = buffer, arguments, views  # it has their addresses only
    return call, results


def view(array: Any) -> Any:
    """The numbers of an array as they lie in memory."""
    return memoryview(array.ravel(order="K"))


def of_point(make: Callable[[], Any], start: Any, how: str) -> Contender:
    """A function of one vector."""
    call, results = buffered(compiled(make()), [np.array(start)])
    return Contender(call, lambda _: arrays.flat(*results), how, recorded=True)


def of_scalars(function: Callable[[Any], Any], n: int) -> Any:
    """Value and gradient of a function of n scalars."""
    x = ca.SX.sym("x", n)
    y = function(ca.vertsplit(x))
    return ca.Function("f", [x], [y, ca.gradient(y, x)])


def as_function(make: Callable[[], Any], start: Any) -> Contender:
    """Called with a matrix of casadi, to new matrices."""
    function, point = compiled(make()), ca.DM(start)
    return Contender(
        partial(function, point), lambda out: arrays.flat(*(x.full() for x in out)), SCALARS, recorded=True
    )


# ------------------------------------------------------------------------------------------------------- the tasks


def chain(task: Chain) -> Any:
    """Blocks of steps, folded; each takes y and its tangents by a, b and the first y to the next."""
    y, p, tangents = ca.SX.sym("y"), ca.SX.sym("p", 2), ca.SX.sym("tangents", 1, 3)
    last = y
    for _ in range(STEPS_OF_A_BLOCK):
        last = last * p[0] + p[1]
    directions = ca.vertcat(tangents, ca.DM([[1, 0, 0], [0, 1, 0]]))
    slopes = ca.jtimes(last, ca.vertcat(y, p), directions)
    block = ca.Function("block", [ca.vertcat(y, tangents.T), p], [ca.vertcat(last, slopes.T)])
    n, x = task.nodes // 2 // STEPS_OF_A_BLOCK, ca.MX.sym("x", 3)
    out = block.fold(n)(ca.vertcat(x[2], 0, 0, 1), ca.repmat(x[:2], 1, n))
    return ca.Function("chain", [x], [out[0], out[1:]])


def pointwise(task: Pointwise) -> Contender:
    """The function of one point, mapped over all."""
    n = len(task.points)
    function = of_scalars(partial(task.function, ENGINE), len(task.points[0]))
    if n > 1:
        function = function.map("mapped", "serial", n, [], [])
    call, results = buffered(compiled(function), [np.asfortranarray(np.array(task.points).T)])
    return Contender(call, lambda _: arrays.flat(results[0], results[1].T), SCALARS, recorded=True)


def bodies(task: Bodies) -> Any:
    """All pairs at once, the coordinates of both bodies of each gathered."""
    masses = np.array(task.masses)
    first, second = (list(map(int, ends)) for ends in np.triu_indices(len(masses), 1))
    x = ca.MX.sym("x", 3 * len(masses))
    squares = SOFTENING
    for axis in range(3):
        places = x[axis::3]
        squares += (places[first] - places[second]) ** 2
    energy = -ca.dot(ca.DM(masses[first] * masses[second]), 1.0 / ca.sqrt(squares))
    return ca.Function("bodies", [x], [energy, ca.gradient(energy, x)])


def hessian(task: RosenbrockHessian) -> Any:
    """All entries, also those that are 0."""
    x = ca.SX.sym("x", len(task.points[0]))
    matrix, _ = ca.hessian(task.function(ENGINE, ca.vertsplit(x)), x)
    return ca.Function("hessian", [x], [ca.densify(matrix)])


def network(task: Network) -> Contender:
    """Cost and gradient of a batch as one call, and the update in numpy."""
    n = len(task.batches[0].inputs)
    function = compiled(matrices(task, n) if 1 < n <= LARGE / max(task.sizes) else mapped(task, n))
    theta = np.array(task.start)
    samples = [[np.asfortranarray(part.T) for part in batch] for batch in arrays.batches_of(task)]
    call, results = buffered(function, [theta, *samples[0]])
    views = [[view(part) for part in batch] for batch in samples]
    several = len({id(batch) for batch in task.batches}) > 1
    point_to, rate = call.kept[0].set_arg, task.learning_rate
    scale = 1.0 if function.name() == "matrices" else 1.0 / n  # a mapped function gives sums
    descend = arrays.descent(theta, results[1][:, 0], rate * scale)

    def run() -> Any:
        for X, T in views:
            if several:  # to tell casadi where an argument is takes some microseconds
                point_to(1, X)
                point_to(2, T)
            call()
            if rate:
                descend()
        return results

    how = ARRAYS if function.name() == "matrices" else SCALARS
    return Contender(run, lambda out: arrays.flat(out[0] * scale, out[1] * scale), how, recorded=True)


def matrices(task: Network, n: int) -> Any:
    """The cost of a batch; a sample is a column, with a 1 below it for the bias."""
    theta = ca.MX.sym("theta", len(task.start))
    X, T = ca.MX.sym("X", task.sizes[0], n), ca.MX.sym("T", task.sizes[-1], n)
    A, first, relu_inside = X, 0, task.activation == "relu"
    for i, (n_in, n_out) in enumerate(task.shapes, start=1):
        W = ca.reshape(theta[first : first + n_out * (n_in + 1)], n_in + 1, n_out).T
        first += n_out * (n_in + 1)
        Z = W @ ca.vertcat(A, ca.DM.ones(1, n))
        A = Z if relu_inside and i == len(task.shapes) else getattr(ENGINE, task.activation)(Z)
    errors = relu(1.0 - T * A) if relu_inside else 0.5 * (A - T) ** 2
    cost = ca.sum1(ca.sum2(errors)) / n + task.l2 * ca.dot(theta, theta)
    return ca.Function("matrices", [theta, X, T], [cost, ca.gradient(cost, theta)])


def mapped(task: Network, n: int) -> Any:
    """The function of one sample, mapped over the batch: parameters are shared, losses and gradients are added."""
    sizes = {"p": len(task.start), "x": task.sizes[0], "t": task.sizes[-1]}
    symbols, x, t = (ca.SX.sym(name, size) for name, size in sizes.items())
    parameters = ca.vertsplit(symbols)
    loss = task.loss(ENGINE, task.output(ENGINE, iter(parameters), ca.vertsplit(x)), ca.vertsplit(t))
    if task.l2:
        loss += task.penalty(parameters)
    function = ca.Function("sample", [symbols, x, t], [loss, ca.gradient(loss, symbols)])
    return function.map("batch", "serial", n, [0], [0, 1]) if n > 1 else function


def dot(task: Dot) -> Contender:
    """One operation on vectors, in the virtual machine."""
    n = len(task.x)
    x = ca.MX.sym("x", 2 * n)
    y = ca.dot(x[:n], x[n:])
    function, point = ca.Function("dot", [x], [y, ca.gradient(y, x)]), ca.DM([*task.x, *task.y])
    return Contender(partial(function, point), lambda out: arrays.numbers(out[0], [out[1]]), "arrays, recorded", True)


def gpt(task: Gpt) -> Contender:
    """The scalar model code, recorded for one name, in the virtual machine."""
    parameters = ca.SX.sym("theta", len(task.start))
    loss = task.loss(model_engine(ENGINE), ca.vertsplit(parameters))
    call, (value, gradient) = buffered(
        ca.Function("loss", [parameters], [loss, ca.gradient(loss, parameters)]), [theta := np.array(task.start)]
    )
    m, v, t = [np.zeros_like(theta)], [np.zeros_like(theta)], 0

    def run() -> None:
        nonlocal m, v, t
        t += 1
        call()
        (theta[:],), m, v = arrays.adam(RATE, t, [theta], [gradient[:, 0]], m, v)

    return Contender(run, lambda _: arrays.flat(value, gradient), "scalars, recorded", recorded=True)
