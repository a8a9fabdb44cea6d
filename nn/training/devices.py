"""`OnDevices`: a recorded program that JAX runs, each batch cut over all devices that JAX sees. Needs jax.

It is called as a `Program` is. The points are on the devices; the parameters, and the state of the optimizer that moves
them, are in arrays of numpy, and each call brings the parameters to all devices. With several processes
(`jax.distributed`) every one makes the same calls with the same points, and keeps on its devices only their part.
"""

from typing import Any, NamedTuple

import numpy as np

from autodiff import Program
from autodiff.extend import needed
from nn.training.options import JAX


class Batch(NamedTuple):
    """Points on the devices. Their number is a multiple of that of the devices: behind the first `n`, points repeat."""

    points: Any  # an array of JAX (length, n_inputs), cut along its first axis
    n: Any  # a number of numpy


class OnDevices:
    """A program on all devices.

    Args:
        program: of primitives of the table; see `Program.to_jax`.

    Raises:
        MissingDependencyError: if JAX is not installed.
        ValueError: if a primitive is not in the table, or JAX computes with 32 bits.
    """

    backend = JAX

    def __init__(self, program: Program) -> None:
        with needed('backend="jax"', "jax", "jax"):
            import jax
        import jax.numpy as jnp
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        outputs = program.to_jax()

        def mean(theta: Any, points: Any, n: Any) -> Any:
            losses = outputs(points, theta)
            return jnp.where(jnp.arange(len(points)) < n, losses, 0.0).sum() / n

        mesh = Mesh(np.array(jax.devices()), ("points",))
        self._jax, self._cut = jax, NamedSharding(mesh, PartitionSpec("points"))
        everywhere = NamedSharding(mesh, PartitionSpec())
        self._outputs = jax.jit(outputs, out_shardings=everywhere)
        self._mean_and_grad = jax.jit(jax.value_and_grad(mean), out_shardings=everywhere)

    def placed(self, points: Any, size: int) -> Batch:
        """Return at most `size` points on the devices. Batches of one size share code, and so does a shorter one."""
        jax = self._jax
        if not jax.config.jax_enable_x64:
            raise ValueError(
                'backend="jax": expected JAX to compute with 64 bits, got 32; '
                'call jax.config.update("jax_enable_x64", True) first'
            )
        length = -(-size // jax.device_count()) * jax.device_count()
        rows = points if len(points) == length else np.resize(points, (length, points.shape[1]))
        on_devices = jax.make_array_from_callback(rows.shape, self._cut, rows.__getitem__)
        return Batch(on_devices, np.float64(len(points)))

    def __call__(self, points: Any, theta: Any) -> Any:
        """Return the outputs at every point, as `Program` does."""
        return np.asarray(self._outputs(self.placed(points, len(points)).points, np.asarray(theta)))[: len(points)]

    def mean_and_grad(self, batch: Batch, theta: Any, *, out: Any) -> tuple[float, Any]:
        """Return the mean over a batch, and its gradient by the parameters in `out`, as `Program` does."""
        mean, out[:] = self._mean_and_grad(theta, *batch)
        return float(mean), out
