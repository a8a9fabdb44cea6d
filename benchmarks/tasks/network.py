"""A multi-layer perceptron: its cost on batches of samples, the gradient, and a step down it.

Three of the tasks are such networks. Parameters are in the order of `nn`: neuron by neuron, weights and then the bias.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from benchmarks.engine import Engine, Scalar, of_parameters
from benchmarks.measure import Contender


@dataclass(frozen=True)
class Batch:
    """Samples and what the network should answer."""

    inputs: list[list[float]]
    targets: list[list[float]]


@dataclass(frozen=True)
class Network:
    """A network, its batches, and what is done with each: the gradient, and gradient descent if there is a rate.

    Attributes:
        sizes: of the layers, the inputs first.
        activation: "relu", with a linear output and the hinge loss, or "sigmoid", everywhere, with the squared error.
        start: the parameters to begin with.
        batches: one run goes through them once; the cost of one is the mean over its samples.
        l2: times the sum of the squares of all parameters, added to the cost.
        learning_rate: 0 for gradients only.
        replay_only: whether engines of scalars that record anew in every step are left out.
        is_training: whether a run is what one call of `nn.fit` does: many steps on the same samples, or an epoch.
        is_large: whether it is left to what works on matrices; the scalars of others would take minutes to compile.
        is_brief: whether it is one of many of its kind, left to what is set up in a second or two.
    """

    title: str
    text: str
    sizes: Sequence[int]
    activation: Literal["relu", "sigmoid"]
    start: Sequence[float]
    batches: Sequence[Batch]
    l2: float = 0.0
    learning_rate: float = 0.0
    replay_only: bool = False
    is_training: bool = False
    is_large: bool = False
    is_brief: bool = False

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(n_in, n_out) of each layer."""
        return list(pairwise(self.sizes))

    def output(self, engine: Engine, parameters: Iterator[Scalar], inputs: Sequence[Scalar]) -> Sequence[Scalar]:
        """Return the answers to one sample, neuron by neuron."""
        activate = getattr(engine, self.activation)
        activations = inputs
        for layer, (n_in, n_out) in enumerate(self.shapes, start=1):
            sums = []
            for _ in range(n_out):
                weights = [next(parameters) for _ in range(n_in)]
                bias = next(parameters)
                sums.append(sum((w * x for w, x in zip(weights, activations, strict=True)), bias))
            linear = self.activation == "relu" and layer == len(self.shapes)
            activations = sums if linear else [activate(z) for z in sums]
        return activations

    def loss(self, engine: Engine, output: Sequence[Scalar], target: Sequence[Scalar]) -> Scalar:
        """Return the loss of one sample."""
        if self.activation == "relu":
            return sum(engine.relu(1.0 + -t * a) for a, t in zip(output, target, strict=True))
        return 0.5 * sum((a - t) ** 2 for a, t in zip(output, target, strict=True))

    def penalty(self, parameters: Sequence[Scalar]) -> Scalar:
        """Return the L2 term."""
        return self.l2 * sum(p * p for p in parameters)

    def cost(self, engine: Engine, batch: Batch, parameters: Sequence[Scalar]) -> Scalar:
        """Return the mean loss over a batch, plus the L2 term."""
        losses = []
        for inputs, target in zip(batch.inputs, batch.targets, strict=True):
            output = self.output(engine, iter(parameters), [engine.constant(x) for x in inputs])
            losses.append(self.loss(engine, output, target))
        mean = sum(losses) * (1.0 / len(losses))
        return mean + self.penalty(parameters) if self.l2 else mean

    def scalar(self, engine: Engine) -> Contender:
        """All batches once; the loss and gradient are those of the last."""
        parameters = [engine.parameter(x) for x in self.start]

        def run() -> float:
            loss = 0.0
            for batch in self.batches:
                loss = engine.backward(partial(self.cost, engine, batch), parameters)
                if self.learning_rate:
                    for p in parameters:
                        p.data -= self.learning_rate * p.grad
            return loss

        return of_parameters(run, parameters)
