"""JAX: whole steps, and whole trainings as one `scan`, compiled by XLA for the shapes of the task.

State is one flat array that is donated, so that XLA may write the new one over it, and a call waits for its result: to
hand small tasks to another thread takes longer than to do them.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.bodies import SOFTENING, Bodies
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt
from benchmarks.tasks.network import Network
from benchmarks.tasks.pendulum import STEP, STEPS, Pendulum
from benchmarks.tasks.pointwise import Pointwise
from benchmarks.tasks.rosenbrock import RosenbrockHessian

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)
jax.jit(lambda x: x + 1.0)(0.0)  # starts XLA, which is not part of any task

LIBRARY = arrays.Library(
    array=jnp.asarray,
    sum=jnp.sum,
    exp=jnp.exp,
    relu=jax.nn.relu,
    sigmoid=jax.nn.sigmoid,
    mean_of_rows=partial(jnp.mean, axis=1, keepdims=True),
    logsumexp=partial(jax.nn.logsumexp, axis=1, keepdims=True),
    concatenate=partial(jnp.concatenate, axis=1),
)

HOW = "arrays, compiled"
UNROLLED = 20  # steps of the chain that are written one after the other; 50 take XLA longer, and run slower


def contenders(task: Task) -> Contenders:
    """One `jit` for each task."""
    match task:
        case Chain():
            return {"JAX": partial(chain, task)}
        case Dot():
            return {"JAX": partial(dot, task)}
        case Network():
            return {"JAX": partial(network, task)}
        case Gpt():
            return {"JAX": partial(gpt, task)}
        case RosenbrockHessian():
            return {"JAX": partial(hessian, task)}
        case Pointwise():
            return {"JAX": partial(pointwise, task)}
    return {}


def of(work: Any, *arguments: Any, how: str = HOW) -> Contender:
    """The work of one compiled call."""
    return Contender(
        lambda: jax.block_until_ready(work(*arguments)),
        lambda out: arrays.flat(*jax.tree.leaves(out)),
        how,
        recorded=True,
    )


def chain(task: Chain) -> Contender:
    """The loop as a `scan`, forward mode for the three inputs."""

    def last(start: Any) -> Any:
        a, b, y = start
        y, _ = jax.lax.scan(lambda y, _: (y * a + b, None), y, length=task.nodes // 2, unroll=UNROLLED)
        return y

    return of(jax.jit(tangents_of(last)), jnp.asarray(task.start), how="scalars, compiled")


def dot(task: Dot) -> Contender:
    """`jnp.dot`."""
    return of(jax.jit(jax.value_and_grad(jnp.dot, argnums=(0, 1))), jnp.array(task.x), jnp.array(task.y))


def network(task: Network) -> Contender:
    """All batches in one call: a step on one, or a `scan` over them."""
    theta, unravel = ravel_pytree(jax.tree.map(jnp.asarray, arrays.layers_of(task)))
    batches = arrays.batches_of(task)
    one = len({id(batch) for batch in task.batches}) == 1  # the same batch again and again
    X, T = (jnp.asarray(np.stack(part)) for part in zip(*(batches[:1] if one else batches), strict=True))

    def cost(theta: Any, X: Any, T: Any) -> Any:
        return arrays.cost(LIBRARY, task, unravel(theta), X, T)

    def step(theta: Any, batch: Any) -> Any:
        loss, gradient = jax.value_and_grad(cost)(theta, *(batch or (X[0], T[0])))
        return theta - task.learning_rate * gradient, (loss, gradient)

    def steps(theta: Any) -> Any:
        if len(batches) == 1:
            theta, (loss, gradient) = step(theta, None)
            return theta, loss, gradient

        def next_step(state: Any, batch: Any) -> Any:
            theta, results = step(state[0], batch)
            return (theta, *results), None

        start = theta, jnp.zeros(()), jnp.zeros_like(theta)
        return jax.lax.scan(next_step, start, None if one else (X, T), length=len(batches))[0]

    work = jax.jit(steps, donate_argnums=0)

    def run() -> tuple[Any, Any]:
        nonlocal theta
        theta, loss, gradient = work(theta)
        return loss.block_until_ready(), gradient

    def numbers(out: Any) -> list[float]:
        return [float(out[0]), *arrays.neuron_by_neuron(unravel(out[1]))]

    return Contender(run, numbers, HOW, recorded=True)


def gpt(task: Gpt) -> Contender:
    """A step, Adam included."""
    theta, unravel = ravel_pytree([jnp.asarray(x) for x in arrays.matrices_of(task)])
    state = jnp.zeros(()), theta, jnp.zeros_like(theta), jnp.zeros_like(theta)

    def step(t: Any, theta: Any, m: Any, v: Any) -> Any:
        loss, gradient = jax.value_and_grad(lambda theta: arrays.gpt_loss(LIBRARY, task, unravel(theta)))(theta)
        (theta,), (m,), (v,) = arrays.adam(RATE, t + 1, [theta], [gradient], [m], [v])
        return loss, gradient, (t + 1, theta, m, v)

    work = jax.jit(step, donate_argnums=(0, 1, 2, 3))

    def run() -> tuple[Any, Any]:
        nonlocal state
        loss, gradient, state = work(*state)
        return loss.block_until_ready(), gradient

    return Contender(run, lambda out: arrays.numbers(out[0], [out[1]]), HOW, recorded=True)


# ------------------------------------------------------------------------------------------------------ at points


def pointwise(task: Pointwise) -> Contender:
    """Value and gradient at one point, or `vmap` over all."""
    points = jnp.asarray(task.points)
    if (
        isinstance(task, Pendulum) and len(points) == 1
    ):  # forward mode, and 4 steps unrolled: only for one start quicker
        return of(jax.jit(tangents_of(partial(pendulum, unroll=4))), points[0])
    work = jax.value_and_grad(function_of(task))
    return of(jax.jit(work), points[0]) if len(points) == 1 else of(jax.jit(jax.vmap(work)), points)


def hessian(task: RosenbrockHessian) -> Contender:
    """Forward over reverse."""
    return of(jax.jit(jax.hessian(function_of(task))), jnp.asarray(task.points[0]))


def function_of(task: Pointwise) -> Any:
    """The function in JAX's own terms."""
    match task:
        case Pendulum():
            return pendulum
        case Bodies():
            return partial(energy, jnp.asarray(task.masses))
    return rosenbrock


def tangents_of(function: Any) -> Any:
    """Value and gradient in forward mode, a tangent for each number of the argument."""

    def value_and_grad(x: Any) -> Any:
        values, slopes = jax.vmap(partial(jax.jvp, function), in_axes=(None, 0))((x,), (jnp.eye(len(x)),))
        return values[0], slopes

    return value_and_grad


def pendulum(start: Any, unroll: int = 1) -> Any:
    """A `scan` over the steps."""

    def step(state: Any, _: Any) -> Any:
        angle, velocity = state
        return (angle + STEP * velocity, velocity - STEP * jnp.sin(angle)), None

    (angle, _), _ = jax.lax.scan(step, (start[0], start[1]), length=STEPS, unroll=unroll)
    return angle


def energy(masses: Any, x: Any) -> Any:
    """The matrix of all pairs, of which each is in it twice; a body has no pull on itself."""
    places = x.reshape(-1, 3)
    squares = jnp.sum((places[:, None] - places[None]) ** 2, axis=2) + SOFTENING
    shares = masses[:, None] * masses[None] * (1.0 - jnp.eye(len(masses))) / jnp.sqrt(squares)
    return -0.5 * jnp.sum(shares)


def rosenbrock(x: Any) -> Any:
    """In shifted arrays."""
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
