"""A character GPT written in scalars, `examples/char_gpt.py`: one training step."""

import random
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.engine import Engine, Scalar, of_parameters
from benchmarks.measure import Contender

char_gpt: Any = import_module("examples.char_gpt")  # by name, because examples/ is a folder of scripts, not a package

RATE = 0.01
NAME = "mariwyn"


class Gpt:
    """A step of training on one name: forward, backward, Adam."""

    replay_only = False
    title = "A character GPT, a training step"
    text = (
        "The model of `examples/char_gpt.py` (embeddings, attention with 4 heads, RMS norm, MLP: 4,192 parameters) "
        f"learns one name of {len(NAME)} letters: forward, backward, Adam. In scalar operations that is about 65,000 "
        "nodes, and every engine of scalars, *chainrule* among them, runs the example's own model code. *chainrule, "
        "wide nodes* is the same code with the engine's `dot`, `sum` and `logsumexp`. Adam is Python for scalars and "
        "array operations for arrays. PyTorch tensors, JAX and autograd run the model written in matrices; compiled, "
        "Adam is inside. casadi, ddx and *Program* (from wide nodes) have recorded the scalar code for this name, and "
        "only replay it: another name is another recording. casadi is its virtual machine here: its C is one function "
        "of some 100,000 lines, which keeps a C compiler busy for many minutes."
    )

    def __init__(self) -> None:
        self.shape = char_gpt.Shape()
        self.tokens: list[int] = char_gpt.encode(NAME)
        rng = random.Random(0)
        self.start = [rng.gauss(0.0, 0.1) for _ in range(self.shape.n_parameters)]

    def loss(self, engine: Any, parameters: Sequence[Scalar]) -> Scalar:
        """Return the loss, in an engine as `char_gpt` describes it."""
        return char_gpt.loss(engine, char_gpt.arrange(self.shape, parameters), self.tokens)

    def step(self, engine: Engine, model_engine: Any) -> Contender:
        """A step in scalars; `model_engine` is what the model code computes with."""
        parameters = [engine.parameter(x) for x in self.start]
        adam = char_gpt.Adam(len(parameters))

        def run() -> float:
            loss = engine.backward(lambda scalars: self.loss(model_engine, scalars), parameters)
            adam.step(parameters, RATE)
            return loss

        return of_parameters(run, parameters)

    def scalar(self, engine: Engine) -> Contender:
        """A step in which each product and each sum is a scalar operation."""
        return self.step(engine, model_engine(engine))


def model_engine(engine: Engine) -> Any:
    """The engine as the model code wants it."""
    return char_gpt.Engine(engine.constant, engine.exp, engine.log, engine.relu, number=engine.number)
