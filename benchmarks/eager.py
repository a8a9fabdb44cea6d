"""chainrule against micrograd, both eager, both pure Python: `python -m benchmarks.eager`.

Needs the extra `peers`: pip install "chainrule[peers]". Takes half a minute.
"""

import argparse
import random
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import autodiff
import nn
from autodiff.errors import MissingDependencyError
from benchmarks.measure import Contender, compare, print_machine, with_deep_stack


@dataclass(frozen=True)
class Engine:
    """What the two tasks below need of an engine that has micrograd's interface."""

    name: str
    Value: Any
    MLP: Any


def chainrule() -> Engine:
    """This project."""
    return Engine(f"chainrule {autodiff.__version__}", autodiff.Value, nn.MLP)


def micrograd() -> Engine:
    """Karpathy's engine, which this one takes its interface from."""
    try:
        from micrograd.engine import Value
        from micrograd.nn import MLP
    except ImportError:
        raise MissingDependencyError("benchmarks.eager", "micrograd", "peers") from None
    return Engine(f"micrograd {version('micrograd')}", Value, MLP)


def two_moons() -> tuple[list[list[float]], list[float]]:
    """100 points on two half circles, as (points, labels -1 and 1)."""
    try:
        from sklearn.datasets import make_moons
    except ImportError:
        raise MissingDependencyError("benchmarks.eager", "scikit-learn", "peers") from None
    X, y = make_moons(n_samples=100, noise=0.1, random_state=1)
    return X.tolist(), [2.0 * label - 1.0 for label in y.tolist()]


def chain(engine: Engine, nodes: int = 10_000) -> Contender:
    """y = y*a + b over and over: build the graph and differentiate it."""

    def run() -> list[float]:
        a, b, start = engine.Value(0.999), engine.Value(0.002), engine.Value(1.0)
        y = start
        for _ in range(nodes // 2):
            y = y * a + b
        y.backward()
        return [y.data, a.grad, b.grad, start.grad]

    return run


def moons(engine: Engine, points: list[list[float]], labels: list[float]) -> Contender:
    """One training step of micrograd's demo notebook: hinge loss, L2 term, backward, gradient descent."""
    random.seed(1337)  # both engines draw their weights from Python's generator, in the same order
    model = engine.MLP(2, [16, 16, 1])

    def run() -> list[float]:
        inputs = [list(map(engine.Value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss

        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        return [total_loss.data, *(p.grad for p in model.parameters())]

    return run


def main() -> None:
    """Compare on the two tasks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description="chainrule against micrograd")
    parser.add_argument("--rounds", type=int, default=15, help="timings of each (default: %(default)s)")
    rounds = parser.parse_args().rounds
    try:
        engines, (points, labels) = [chainrule(), micrograd()], two_moons()
    except MissingDependencyError as error:
        sys.exit(str(error))

    chains = {engine.name: chain(engine) for engine in engines}
    steps = {engine.name: moons(engine, points, labels) for engine in engines}

    def work() -> None:
        print_machine()
        # Alone, a chain leaves micrograd's garbage, closures that refer to their own node, to be collected after the
        # clock has stopped. In a row, as in training, an engine pays for its own.
        compare("chain of 10,000 nodes, build + backward, one at a time", chains, rounds=3 * rounds)
        compare("chain of 10,000 nodes, build + backward, 10 in a row", chains, rounds=rounds, runs=10)
        compare("two moons, MLP(2, [16, 16, 1]), 100 points, one training step", steps, rounds=rounds)
        print("\ndata and gradients were the same in both engines before each timing")

    with_deep_stack(work)


if __name__ == "__main__":
    main()
