"""PyTorch and JAX give the same derivatives of the same random expressions; skipped where they are not installed."""

import math

import pytest
from hypothesis import given

from autodiff import Value, topological_order
from autodiff.testing import expressions
from autodiff.testing.replay import replay

TOLERANCE = 1e-9  # of the largest of value and derivatives: formulas differ by cancellations of up to 7 digits


def pairs_summed(xs, total):
    half = len(xs) // 2
    return total([x * y for x, y in zip(xs[:half], xs[half:], strict=True)])


def more_primitives(library, erf):
    """The primitives that stand in derivatives alone, and those that both have by other names."""
    return {
        "mul_or_zero": lambda x, y: x * y,
        "log2": library.log2,
        "log10": library.log10,
        "cbrt": lambda x: library.sign(x) * library.abs(x) ** (1 / 3),
        "hypot": library.hypot,
        "hypot_slope": lambda x, y: x / library.hypot(x, y),
        "atan2": library.arctan2,
        "erf": erf,
        "erf_slope": lambda x: 2 / math.pi**0.5 * library.exp(-x * x),
        "quotient": lambda x, y: x / y,
        "log_or_zero": library.log,
        "pow_slope": lambda x, y: y * x ** (y - 1.0),
        "pow_before": lambda x, y: x ** (y - 1.0),
        "pow_log": lambda x, y: x**y * library.log(x),
        "share": lambda x, y: library.exp(x - y),
        "asin_slope": lambda x: 1.0 / library.sqrt(1.0 - x * x),
        "tanh_slope": lambda x: 1.0 - library.tanh(x) ** 2,
    }


def with_torch():
    """The table in PyTorch, and the gradient of a replayed graph by it."""
    torch = pytest.importorskip("torch")

    def lift(f):
        return lambda *xs: f(*[torch.as_tensor(x, dtype=torch.float64) for x in xs])

    unary = [
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "sigmoid",
        "relu",
        "abs",
        "sign",
        "reciprocal",
    ]
    table = {name: lift(getattr(torch, name)) for name in unary}
    table |= {
        name: lift(getattr(torch, name)) for name in ("maximum", "minimum", "pow", "add", "sub", "mul", "div", "neg")
    }
    table["identity"] = lambda x: x
    table["softplus"] = lift(lambda x: torch.nn.functional.softplus(x, threshold=1000.0))
    table["step"] = lift(lambda x: torch.heaviside(x.detach(), torch.zeros((), dtype=x.dtype)))
    table["compare"] = lift(lambda x, y: torch.sign(x - y).detach())
    table |= {name: lift(f) for name, f in more_primitives(torch, torch.erf).items()}
    table["sum"] = lift(lambda *xs: torch.stack(xs).sum())
    table["dot"] = lift(lambda *xs: pairs_summed(xs, lambda terms: torch.stack(terms).sum()))
    table["logsumexp"] = lift(lambda *xs: torch.logsumexp(torch.stack(xs), 0))

    def gradient(nodes, inputs):
        leaves = [torch.tensor(x.data, dtype=torch.float64, requires_grad=True) for x in inputs]
        out = replay(nodes, dict(zip(inputs, leaves, strict=True)), table)[nodes[-1]]
        if not (isinstance(out, torch.Tensor) and out.requires_grad):
            return float(out), [0.0] * len(leaves)
        slopes = torch.autograd.grad(out, leaves, allow_unused=True)
        return out.item(), [0.0 if slope is None else slope.item() for slope in slopes]

    return gradient


def with_jax():
    """The table in JAX, and the gradient of a replayed graph by it."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    names = [
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "abs",
        "sign",
        "maximum",
        "minimum",
        "add",
        "multiply",
    ]
    table = {name: getattr(jnp, name) for name in names}
    table |= {"asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan, "pow": jnp.power, "mul": jnp.multiply}
    table |= {"sub": jnp.subtract, "div": jnp.divide, "neg": jnp.negative, "reciprocal": lambda x: 1.0 / x}
    table |= {"sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus, "relu": jax.nn.relu, "identity": lambda x: x}
    table["step"] = lambda x: jnp.heaviside(x, 0.0)
    table["compare"] = lambda x, y: jnp.sign(x - y)
    table |= more_primitives(jnp, jax.scipy.special.erf)
    table["sum"] = lambda *xs: sum(xs, 0.0)
    table["dot"] = lambda *xs: pairs_summed(xs, sum)
    table["logsumexp"] = lambda *xs: jax.nn.logsumexp(jnp.stack([jnp.asarray(x, dtype=float) for x in xs]))

    def gradient(nodes, inputs):
        def f(point):
            return jnp.asarray(replay(nodes, dict(zip(inputs, point, strict=True)), table)[nodes[-1]], dtype=float)

        value, slopes = jax.value_and_grad(f)([x.data for x in inputs])
        return float(value), [float(slope) for slope in slopes]

    return gradient


@pytest.mark.parametrize("peer", [with_torch, with_jax])
def test_value_and_gradient_agree(peer):
    gradient = peer()

    @given(expressions(["x", "y"], max_nodes=60))
    def agree(f):
        inputs = [Value(x) for x in f.point]
        out = f(*inputs)
        if not isinstance(out, Value):
            return
        out.backward()
        value, slopes = gradient(topological_order(out), inputs)
        ours = [out.data, *(x.grad for x in inputs)]
        theirs = [value, *slopes]
        scale = max(map(abs, ours))
        assert all(abs(a - b) <= TOLERANCE * scale for a, b in zip(ours, theirs, strict=True)), (ours, theirs)

    agree()
