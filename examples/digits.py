"""Handwritten digits, read by a network of sigmoid neurons, trained scalar by scalar.

    pip install "chainrule[examples]"
    python examples/digits.py

The network is the article's: layers of sigmoid neurons, the squared error against a target that is 1 for the right
digit and 0 for the nine others, the gradient averaged over a mini-batch. The data are the 1,797 real digits of 8 x 8
pixels that come with scikit-learn. A fifth is held back, and the network is judged on that alone. It prints

    MLP(64, [30, 10], activation='sigmoid', output_activation='sigmoid'): 2260 parameters, 1438 digits to train on
    accuracy 97.8% on 359 held-back digits (351 read correctly), in 35 s

with a progress bar in between. The time is that of a 2-core AMD EPYC; seeds 0 to 4 give 95.5% to 98.6%.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from autodiff import Value, collector_paused
from autodiff import sum as total
from autodiff.errors import MissingDependencyError
from nn import MLP, SGD, losses

N_PIXELS, N_DIGITS = 64, 10
HELD_BACK = 0.2


@dataclass(frozen=True)
class Sample:
    """One handwritten digit."""

    pixels: list[float]  # row by row, 0 (paper) to 1 (ink)
    digit: int

    def target(self) -> list[float]:
        """What the ten outputs should be."""
        return [1.0 if digit == self.digit else 0.0 for digit in range(N_DIGITS)]


# ------------------------------------------------------------------------------------------------- the data


def load_samples() -> list[Sample]:
    """Return all the digits, in the order of the data set."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingDependencyError("examples/digits.py", "scikit-learn", "examples") from None
    data = load_digits()
    return [
        Sample([pixel / 16.0 for pixel in pixels], digit)  # the data set counts ink from 0 to 16
        for pixels, digit in zip(data.data.tolist(), data.target.tolist(), strict=True)
    ]


def split(samples: list[Sample], rng: random.Random) -> tuple[list[Sample], list[Sample]]:
    """Shuffle, and return (samples to train on, samples held back)."""
    shuffled = rng.sample(samples, len(samples))
    n_held_back = round(HELD_BACK * len(samples))
    return shuffled[n_held_back:], shuffled[:n_held_back]


# ---------------------------------------------------------------------------------------------- the network


def make_network(n_hidden: int, rng: random.Random) -> MLP:
    """Return a network of sigmoid layers, 64 - n_hidden - 10.

    The article's author draws weights and biases from a standard normal. With 64 inputs that makes weighted sums so
    large that the sigmoid is flat, and an output that starts there may never learn its digit: of 40 seeds, 9 ended
    below 90 % on the held-back digits. With Xavier's smaller weights none did, and the worst ended at 94 %. (Measured
    with a numpy copy of this network: same sizes, steps and 20 epochs.)
    """
    sizes = [n_hidden, N_DIGITS]
    return MLP(N_PIXELS, sizes, activation="sigmoid", output_activation="sigmoid", init="xavier", rng=rng)


def read_digit(model: MLP, sample: Sample) -> int:
    """Return the digit whose output is the largest."""
    outputs: list[Value] = model(sample.pixels)
    return max(range(N_DIGITS), key=lambda digit: outputs[digit].data)


def accuracy(model: MLP, samples: list[Sample]) -> float:
    """Return the share of samples that are read correctly."""
    return sum(read_digit(model, sample) == sample.digit for sample in samples) / len(samples)


# ------------------------------------------------------------------------------------------------- training


def cost(model: MLP, batch: list[Sample]) -> Value:
    """Return the mean over the batch of 1/2 sum (output - target)**2, as one graph.

    Calling `backward(1 / k)` on each of the k samples adds up to the same gradient. It holds only one sample's graph
    at a time, but visits every weight k times: 3 % slower for batches of 10, 5 % faster for batches of 100.
    """
    errors = [losses.squared_error(model(sample.pixels), sample.target()) for sample in batch]
    mean: Value = total(errors) / len(batch)
    return mean


def batches(samples: list[Sample], size: int) -> Iterator[list[Sample]]:
    """Yield the samples in lists of `size`; the last may be shorter."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def train(
    model: MLP,
    training: list[Sample],
    held_back: list[Sample],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    rng: random.Random,
) -> None:
    """Go through the training samples `epochs` times, a step down the gradient for every batch."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise MissingDependencyError("examples/digits.py", "tqdm", "examples") from None

    optimiser = SGD(learning_rate)
    parameters = model.parameters()
    bar = tqdm(total=epochs * len(training), unit="digit", disable=None)  # no bar where there is no terminal
    with bar, collector_paused():
        for epoch in range(1, epochs + 1):
            for batch in batches(rng.sample(training, len(training)), batch_size):
                model.zero_grad()
                cost(model, batch).backward()
                optimiser.step(parameters)
                bar.update(len(batch))
            bar.set_postfix_str(f"epoch {epoch}, {accuracy(model, held_back):.1%} of the held-back digits read")


# ---------------------------------------------------------------------------------------------- the program


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description="Train a network on handwritten digits.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--epochs", type=positive_int, default=20, help="times through the training digits")
    parser.add_argument("--batch-size", type=positive_int, default=10, help="digits per step")
    parser.add_argument("--learning-rate", type=positive_float, default=3.0, help="the article's eta")
    parser.add_argument("--hidden", type=positive_int, default=30, help="neurons in the hidden layer")
    parser.add_argument("--seed", type=int, default=0, help="of weights, split and order of the digits")
    return parser.parse_args()


def positive_int(text: str) -> int:
    """Return the number, or tell argparse that it will not do."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def positive_float(text: str) -> float:
    """Return the number, or tell argparse that it will not do."""
    number = float(text)
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {number}")
    return number


def run(options: argparse.Namespace) -> None:
    """Load, train, judge."""
    rng = random.Random(options.seed)
    training, held_back = split(load_samples(), rng)
    model = make_network(options.hidden, rng)
    print(f"{model}: {len(model.parameters())} parameters, {len(training)} digits to train on")

    start = time.perf_counter()
    train(
        model,
        training,
        held_back,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        rng=rng,
    )
    seconds = time.perf_counter() - start

    share = accuracy(model, held_back)
    read = round(share * len(held_back))
    print(f"accuracy {share:.1%} on {len(held_back)} held-back digits ({read} read correctly), in {seconds:.0f} s")


def main() -> None:
    """Run, or say in one line what is missing."""
    try:
        run(arguments())
    except MissingDependencyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
