"""JAX: whole steps, compiled by XLA for the shapes of the task before the clock starts."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import arrays
from benchmarks.measure import Contender
from benchmarks.peers import Contenders
from benchmarks.tasks import Task
from benchmarks.tasks.chain import Chain
from benchmarks.tasks.dot import Dot
from benchmarks.tasks.gpt import RATE, Gpt
from benchmarks.tasks.network import Network

jax.config.update("jax_enable_x64", True)
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


def contenders(task: Task) -> Contenders:
    """One `jit` for each task."""
    match task:
        case Chain():
            return {"JAX jit": partial(chain, task)}
        case Dot():
            return {"JAX jit": partial(dot, task)}
        case Network():
            return {"JAX jit": partial(network, task)}
        case Gpt():
            return {"JAX jit": partial(gpt, task)}
    return {}


def chain(task: Chain) -> Contender:
    """The loop as a `scan`."""

    def last(a: Any, b: Any, y: Any) -> Any:
        y, _ = jax.lax.scan(lambda y, _: (y * a + b, None), y, length=task.nodes // 2)
        return y

    work = jax.jit(jax.value_and_grad(last, argnums=(0, 1, 2)))
    start = [jnp.asarray(x) for x in task.start]
    return Contender(
        lambda: jax.block_until_ready(work(*start)),
        lambda out: [float(out[0]), *map(float, out[1])],
        how="scalars, compiled",
        recorded=True,
    )


def dot(task: Dot) -> Contender:
    """`jnp.dot`."""
    x, y = jnp.array(task.x), jnp.array(task.y)
    work = jax.jit(jax.value_and_grad(jnp.dot, argnums=(0, 1)))
    return Contender(
        lambda: jax.block_until_ready(work(x, y)), lambda out: arrays.numbers(*out), how=HOW, recorded=True
    )


def network(task: Network) -> Contender:
    """A step on one batch, update included."""
    layers = jax.tree.map(jnp.asarray, arrays.layers_of(task))
    batches = jax.tree.map(jnp.asarray, arrays.batches_of(task))

    def step(layers: Any, X: Any, T: Any) -> tuple[Any, Any, Any]:
        loss, gradients = jax.value_and_grad(partial(arrays.cost, LIBRARY, task))(layers, X, T)
        return loss, gradients, arrays.descend(task.learning_rate, layers, gradients) if task.learning_rate else layers

    work = jax.jit(step)

    def run() -> tuple[Any, Any]:
        nonlocal layers
        for X, T in batches:
            loss, gradients, layers = work(layers, X, T)
        return jax.block_until_ready((loss, gradients, layers))[:2]  # type: ignore[no-any-return]

    def numbers(out: Any) -> list[float]:
        return [float(out[0]), *arrays.neuron_by_neuron(out[1])]

    return Contender(run, numbers, how=HOW, recorded=True)


def gpt(task: Gpt) -> Contender:
    """A step, Adam included."""
    xs = [jnp.asarray(x) for x in arrays.matrices_of(task)]
    state = 0, xs, [jnp.zeros_like(x) for x in xs], [jnp.zeros_like(x) for x in xs]

    def step(t: Any, xs: Any, m: Any, v: Any) -> Any:
        loss, gradients = jax.value_and_grad(partial(arrays.gpt_loss, LIBRARY, task))(xs)
        return loss, gradients, (t + 1, *arrays.adam(RATE, t + 1, xs, gradients, m, v))

    work = jax.jit(step)

    def run() -> tuple[Any, Any]:
        nonlocal state
        loss, gradients, state = jax.block_until_ready(work(*state))
        return loss, gradients

    return Contender(run, lambda out: arrays.numbers(*out), how=HOW, recorded=True)
