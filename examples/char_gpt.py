"""A character GPT in scalars: it reads a list of names, letter by letter, and then makes up new ones.

    pip install ".[examples]"
    python examples/char_gpt.py

Every number in it is a `Value`, from the embedding of a letter to the loss, and every product and every sum is a node:
60,000 of them for one name. The model never names the engine; it is given one. Four functions and the ordinary
operators are all that it asks for, so the same lines run on Values, on those of another library, and on plain floats,
which is how it writes names once it has learned. It prints

    400 names, such as defra, thilathel, satelen, babubor, savin
    Shape(embedding=16, heads=4, layers=1, block=16): 4192 parameters, 62,825 nodes for a name
    loss 3.13 in the first 10 of 1000 steps, 1.67 in the last 100; 58 s
    it writes linafin, melover, lamitor, nimin, twylia, rithia, rasis, nathabra, vumis, bakethen; 10 of them are new

with a progress bar in between.

References:
    Vaswani et al., Attention Is All You Need (2017), whose equations are cited below; of it the decoder alone, as in
    Radford et al., Improving Language Understanding by Generative Pre-Training (2018).
    Zhang & Sennrich, Root Mean Square Layer Normalization (2019).
    Kingma & Ba, Adam: A Method for Stochastic Optimization (2015).
"""

import argparse
import math
import operator
import random
import string
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, islice
from statistics import mean
from typing import Any, NamedTuple, TypeAlias

from autodiff import Value, dot, exp, log, logsumexp, relu, topological_order
from autodiff import sum as total
from autodiff.errors import MissingDependencyError

Scalar: TypeAlias = Any
"""A number of whichever engine is in use."""

Vector: TypeAlias = list[Scalar]
Matrix: TypeAlias = list[list[Scalar]]

# ------------------------------------------------------------------------------------------------- the data

LETTERS = "." + string.ascii_lowercase  # a token is an index in it; 0, the dot, stands before and after a name
END = 0

N_NAMES = 400
ONSETS = ["b", "br", "d", "f", "g", "k", "l", "l", "m", "m", "n", "n", "r", "s", "t", "th", "v"]
VOWELS = ["a", "a", "a", "e", "e", "i", "i", "o", "u"]
SYLLABLES = [1, 1, 2, 2, 2]  # one more often, the other less
ENDINGS = ["el", "en", "ia", "in", "is", "on", "or", "ra", "wyn"]


def make_names(n: int, rng: random.Random) -> list[str]:
    """Return n different names of some invented land: one or two syllables, and an ending."""
    names: dict[str, None] = {}  # a set that keeps the order
    while len(names) < n:
        syllables = [rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(rng.choice(SYLLABLES))]
        names["".join(syllables) + rng.choice(ONSETS) + rng.choice(ENDINGS)] = None
    return list(names)


def encode(name: str) -> list[int]:
    """Return the tokens of a name, with the end token on both sides.

    >>> encode("ada")
    [0, 1, 4, 1, 0]
    """
    return [END, *(LETTERS.index(letter) for letter in name), END]


# ----------------------------------------------------------------------------------------------- the engine


def dot_in_steps(xs: Sequence[Scalar], ys: Sequence[Scalar]) -> Scalar:
    """Return sum_i x_i y_i, with a node for each * and each +."""
    if len(xs) != len(ys):
        raise ValueError(f"dot: expected two lists of one length, got {len(xs)} and {len(ys)}")
    return reduce(operator.add, map(operator.mul, xs, ys))


def total_in_steps(xs: Sequence[Scalar]) -> Scalar:
    """Return sum_i x_i, with a node for each +."""
    return reduce(operator.add, xs)


@dataclass(frozen=True)
class Engine:
    """All that the model asks of an engine, besides + - * / and ** on its scalars."""

    Value: Callable[[float], Scalar]  # for `step` it has `data`, `grad` and `backward()`
    exp: Callable[[Scalar], Scalar]
    log: Callable[[Scalar], Scalar]
    relu: Callable[[Scalar], Scalar]
    number: Callable[[Scalar], float] = operator.attrgetter("data")  # return 0.0 where there is none, as in a symbol
    dot: Callable[[Sequence[Scalar], Sequence[Scalar]], Scalar] = dot_in_steps
    total: Callable[[Sequence[Scalar]], Scalar] = total_in_steps
    logsumexp: Callable[[Sequence[Scalar]], Scalar] | None = None  # written with exp, log and total


SCALAR = Engine(Value, exp, log, relu)
WIDE = Engine(Value, exp, log, relu, dot=dot, total=total, logsumexp=logsumexp)  # the same, in fewer and wider nodes
FLOATS = Engine(float, math.exp, math.log, lambda x: max(x, 0.0), number=float)  # no graph, so nothing to learn from

# ------------------------------------------------------------------------------------------- the parameters


@dataclass(frozen=True)
class Shape:
    """The sizes of a model; the heads share the embedding equally."""

    embedding: int = 16  # numbers that stand for one letter
    heads: int = 4
    layers: int = 1
    block: int = 16  # the most tokens that it can look at

    def __post_init__(self) -> None:
        if self.embedding % self.heads:
            raise ValueError(f"Shape: expected an embedding divisible by {self.heads} heads, got {self.embedding}")

    @property
    def n_parameters(self) -> int:
        """How many numbers there are to learn."""
        return self.embedding * (2 * len(LETTERS) + self.block + 12 * self.layers * self.embedding)


class Layer(NamedTuple):
    """The matrices of one transformer block."""

    query: Matrix
    key: Matrix
    value: Matrix
    mix: Matrix  # of what the heads found
    expand: Matrix  # the two of the MLP, with 4 times as many neurons between them
    contract: Matrix


class Parameters(NamedTuple):
    """The matrices of the model; a matrix is a list of rows, one for each output."""

    shape: Shape
    tokens: Matrix  # the embedding: a row for each letter,
    positions: Matrix  # and one for each position
    layers: list[Layer]
    output: Matrix

    def flat(self) -> list[Scalar]:
        """Return every scalar, in the order in which `arrange` takes them."""
        matrices = [self.tokens, self.positions, *chain(*self.layers), self.output]
        return [scalar for matrix in matrices for row in matrix for scalar in row]


def arrange(shape: Shape, scalars: Iterable[Scalar]) -> Parameters:
    """Return `shape.n_parameters` scalars as the matrices of a model."""
    remaining, n = iter(scalars), shape.embedding

    def matrix(n_out: int, n_in: int = n) -> Matrix:
        return [list(islice(remaining, n_in)) for _ in range(n_out)]

    def layer() -> Layer:
        return Layer(matrix(n), matrix(n), matrix(n), matrix(n), matrix(4 * n), matrix(n, 4 * n))

    tokens, positions = matrix(len(LETTERS)), matrix(shape.block)
    return Parameters(shape, tokens, positions, [layer() for _ in range(shape.layers)], matrix(len(LETTERS)))


def make_parameters(engine: Engine, shape: Shape, rng: random.Random, deviation: float = 0.1) -> Parameters:
    """Return a model to begin with: every number from a normal distribution around 0."""
    return arrange(shape, [engine.Value(rng.gauss(0.0, deviation)) for _ in range(shape.n_parameters)])


# ------------------------------------------------------------------------------------------------ the model


def linear(engine: Engine, matrix: Matrix, x: Vector) -> Vector:
    """Return W x: a dot product for each row."""
    return [engine.dot(row, x) for row in matrix]


def add(x: Vector, y: Vector) -> Vector:
    """Return x + y: a residual connection, when y was computed from x."""
    return [a + b for a, b in zip(x, y, strict=True)]


def rms_norm(engine: Engine, x: Vector) -> Vector:
    """Return x / sqrt(mean(x**2) + 1e-5), so that the numbers are of size 1 (Zhang & Sennrich 2019, eq. 4; no gain)."""
    scale = (engine.dot(x, x) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def log_sum_exp(engine: Engine, xs: Vector) -> Scalar:
    """Return log sum_i e**x_i, as m + log sum_i e**(x_i - m): with m the largest x_i, no exponential overflows."""
    if engine.logsumexp is not None:
        return engine.logsumexp(xs)
    m = max(map(engine.number, xs))  # a plain number: any would do, so no derivative flows through it
    return engine.log(engine.total([engine.exp(x - m) for x in xs])) + m


def softmax(engine: Engine, xs: Vector) -> Vector:
    """Return e**x_i / sum_j e**x_j, as e**(x_i - log sum_j e**x_j): positive numbers that sum to 1."""
    log_sum = log_sum_exp(engine, xs)
    return [engine.exp(x - log_sum) for x in xs]


def attend(engine: Engine, query: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
    """Return the mean of the values, weighted by softmax_t(q . k_t / sqrt(n)) (Vaswani et al. 2017, eq. 1)."""
    scale = len(query) ** -0.5
    weights = softmax(engine, [engine.dot(query, key) * scale for key in keys])
    return [engine.dot(weights, column) for column in zip(*values, strict=True)]


def attention(engine: Engine, layer: Layer, heads: int, xs: list[Vector]) -> list[Vector]:
    """Let every position look at itself and those before it, several heads at a time (Vaswani et al. 2017, 3.2.2).

    A head sees its own slice of the numbers. To look back only makes it causal: what comes later changes nothing.
    """
    queries = [linear(engine, layer.query, x) for x in xs]
    keys = [linear(engine, layer.key, x) for x in xs]
    values = [linear(engine, layer.value, x) for x in xs]
    width = len(xs[0]) // heads
    slices = [slice(head * width, (head + 1) * width) for head in range(heads)]
    outs = []
    for t, query in enumerate(queries):
        found: Vector = []
        for part in slices:
            past = slice(t + 1)
            found += attend(engine, query[part], [k[part] for k in keys[past]], [v[part] for v in values[past]])
        outs.append(linear(engine, layer.mix, found))
    return outs


def mlp(engine: Engine, layer: Layer, x: Vector) -> Vector:
    """Return W2 relu(W1 x), the same for every position (Vaswani et al. 2017, eq. 2; without biases)."""
    return linear(engine, layer.contract, [engine.relu(a) for a in linear(engine, layer.expand, x)])


def logits(engine: Engine, parameters: Parameters, tokens: Sequence[int]) -> list[Vector]:
    """Return, for each of the 1 to `block` tokens, a number for each letter: the larger, the likelier it comes next."""
    if not 1 <= len(tokens) <= parameters.shape.block:
        raise ValueError(f"logits: expected 1 to {parameters.shape.block} tokens, got {len(tokens)}")
    xs = [add(parameters.tokens[token], parameters.positions[t]) for t, token in enumerate(tokens)]
    for layer in parameters.layers:
        found = attention(engine, layer, parameters.shape.heads, [rms_norm(engine, x) for x in xs])
        xs = [add(x, y) for x, y in zip(xs, found, strict=True)]
        xs = [add(x, mlp(engine, layer, rms_norm(engine, x))) for x in xs]
    return [linear(engine, parameters.output, rms_norm(engine, x)) for x in xs]


def loss(engine: Engine, parameters: Parameters, tokens: Sequence[int]) -> Scalar:
    """Return the mean of -log p(next token), each from the tokens before it; of a long name, the first `block`.

    With p = softmax(logits), -log p_i = log sum_j e**logit_j - logit_i.
    """
    tokens = tokens[: parameters.shape.block + 1]
    outputs = logits(engine, parameters, tokens[:-1])
    surprises = [log_sum_exp(engine, row) - row[target] for row, target in zip(outputs, tokens[1:], strict=True)]
    return engine.total(surprises) * (1.0 / len(surprises))


# ------------------------------------------------------------------------------------------------- training


RATE = 0.01


class Adam:
    """Steps that are as long for a parameter with small gradients as for one with large (Kingma & Ba 2015, alg. 1).

        m = beta1 m + (1 - beta1) g                       the mean of the gradients, lately
        v = beta2 v + (1 - beta2) g**2                    and of their squares
        x = x - rate * m' / (sqrt(v') + 1e-8)             with m' = m / (1 - beta1**t), v' = v / (1 - beta2**t)

    m and v start at 0; dividing makes up for that.
    """

    def __init__(self, n: int, beta1: float = 0.9, beta2: float = 0.99) -> None:
        self.betas = beta1, beta2
        self.t = 0
        self.m, self.v = [0.0] * n, [0.0] * n

    def step(self, parameters: Sequence[Scalar], rate: float) -> None:
        """Move the `data` of every parameter, by what its `grad` is and was."""
        self.t += 1
        beta1, beta2 = self.betas
        rate, correction = rate / (1.0 - beta1**self.t), 1.0 / (1.0 - beta2**self.t)
        for i, parameter in enumerate(parameters):
            g = parameter.grad
            self.m[i] = m = beta1 * self.m[i] + (1.0 - beta1) * g
            self.v[i] = v = beta2 * self.v[i] + (1.0 - beta2) * g * g
            parameter.data -= rate * m / (math.sqrt(v * correction) + 1e-8)


def step(engine: Engine, parameters: Parameters, adam: Adam, tokens: Sequence[int], rate: float = RATE) -> float:
    """Learn from one name: forward, backward, Adam. Return the loss before it."""
    scalars = parameters.flat()
    for scalar in scalars:
        scalar.grad = 0.0
    out = loss(engine, parameters, tokens)
    out.backward()
    adam.step(scalars, rate)
    return float(out.data)


def count_nodes(out: Value) -> int:
    """Return the number of nodes that a Value was computed from, itself and the leaves included."""
    return len(topological_order(out))


def train(engine: Engine, parameters: Parameters, names: Sequence[str], steps: int, rng: random.Random) -> list[float]:
    """Learn from `steps` names, drawn at random, while the rate goes down to 0. Return the loss before each step."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise MissingDependencyError("examples/char_gpt.py", "tqdm", "examples") from None

    adam, losses = Adam(parameters.shape.n_parameters), list[float]()
    with tqdm(range(steps), unit="name", disable=None) as bar:  # no bar where there is no terminal
        for i in bar:
            losses.append(step(engine, parameters, adam, encode(rng.choice(names)), rate=RATE * (1.0 - i / steps)))
            bar.set_postfix_str(f"loss {mean(losses[-50:]):.2f}", refresh=False)
    return losses


# -------------------------------------------------------------------------------------------------- writing


def write_name(parameters: Parameters, rng: random.Random, temperature: float = 0.7) -> str:
    """Return a name, each letter drawn as softmax(logits / temperature) says; the parameters are floats."""
    tokens = [END]
    while len(tokens) <= parameters.shape.block:
        last = logits(FLOATS, parameters, tokens)[-1]
        chances = softmax(FLOATS, [logit / temperature for logit in last])
        (token,) = rng.choices(range(len(LETTERS)), chances)
        if token == END:
            break
        tokens.append(token)
    return "".join(LETTERS[token] for token in tokens[1:])


# ---------------------------------------------------------------------------------------------- the program


def arguments() -> argparse.Namespace:
    """Return the command line, with the shape of the model in it."""
    parser = argparse.ArgumentParser(
        description="Train a small GPT on names.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--steps", type=positive_int, default=1000, help="names to learn from, one at a time")
    parser.add_argument("--seed", type=int, default=0, help="of parameters, order and new names")
    parser.add_argument("--embedding", type=positive_int, default=Shape.embedding, help="numbers for a letter")
    parser.add_argument("--heads", type=positive_int, default=Shape.heads, help="attention heads")
    parser.add_argument("--layers", type=positive_int, default=Shape.layers, help="transformer blocks")
    parser.add_argument("--block", type=positive_int, default=Shape.block, help="letters that it can look back at")
    parser.add_argument("--wide", action="store_true", help="use the engine's dot, sum and logsumexp: fewer nodes")
    options = parser.parse_args()
    try:
        options.shape = Shape(options.embedding, options.heads, options.layers, options.block)
    except ValueError as error:
        parser.error(str(error))
    return options


def positive_int(text: str) -> int:
    """Return the number, or tell argparse that it will not do."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def run(options: argparse.Namespace) -> None:
    """Learn, and write."""
    rng = random.Random(options.seed)
    engine = WIDE if options.wide else SCALAR
    names = make_names(N_NAMES, random.Random(1))  # the same for every seed
    parameters = make_parameters(engine, options.shape, rng)
    nodes = mean([count_nodes(loss(engine, parameters, encode(name))) for name in names[:20]])
    print(f"{len(names)} names, such as {', '.join(names[:5])}")
    print(f"{options.shape}: {options.shape.n_parameters} parameters, {nodes:,.0f} nodes for a name")

    start = time.perf_counter()
    losses = train(engine, parameters, names, options.steps, rng)
    seconds = time.perf_counter() - start

    first, last = mean(losses[:10]), mean(losses[-100:])
    print(f"loss {first:.2f} in the first 10 of {len(losses)} steps, {last:.2f} in the last 100; {seconds:.0f} s")
    writer = arrange(parameters.shape, [parameter.data for parameter in parameters.flat()])  # the model on floats
    written = [write_name(writer, rng) for _ in range(10)]
    print(f"it writes {', '.join(written)}; {len(set(written) - set(names))} of them are new")


def main() -> None:
    """Run, or say in one line what is missing."""
    try:
        run(arguments())
    except MissingDependencyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
