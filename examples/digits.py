"""Handwritten digits, read by a network of sigmoid neurons.

    pip install "chainrule[examples]"
    python examples/digits.py

The network is the article's: layers of sigmoid neurons, the squared error against a target that is 1 for the right
digit and 0 for the nine others, the gradient averaged over a mini-batch. The data are the 1,797 real digits of 8 x 8
pixels that come with scikit-learn. A fifth is held back, and the network is judged on that alone. It prints

    MLP(64, [30, 10], activation='sigmoid', output_activation='sigmoid'): 2260 parameters, 1438 digits to train on
    accuracy 97.2% on 359 held-back digits (349 read correctly), in 2.4 s on llvm

with a progress bar in between; seeds 0 to 4 give 96.4% to 97.8%. With `--backend eager` the engine records every digit
in every step, scalar by scalar, and takes 40 s for the same path. The times are those of a busy 2-core AMD EPYC;
compiled, most of it goes into compiling. Without `pip install "chainrule[fast]"` it runs on generated Python, and takes
three times as long.
"""

import argparse
import math
import random
import sys
import time

from autodiff.errors import MissingDependencyError
from nn import MLP, SGD, data, fit, losses, metrics

N_PIXELS, N_DIGITS = 64, 10
HELD_BACK = 0.2


def make_network(n_hidden: int, rng: random.Random) -> MLP:
    """Return a network of sigmoid layers, 64 - n_hidden - 10.

    The article's author draws weights and biases from a standard normal. With 64 inputs that makes weighted sums so
    large that the sigmoid is flat, and an output that starts there may never learn its digit: of 40 seeds, 9 ended
    below 90 % on the held-back digits. With Xavier's smaller weights none did, and the worst ended at 94 %. (Measured
    with a numpy copy of this network: same sizes, steps and 20 epochs.)
    """
    sizes = [n_hidden, N_DIGITS]
    return MLP(N_PIXELS, sizes, activation="sigmoid", output_activation="sigmoid", init="xavier", rng=rng)


def run(options: argparse.Namespace) -> None:
    """Load, train, judge."""
    rng = random.Random(options.seed)
    training, held_back = data.split(*data.digits(), test=HELD_BACK, rng=rng)
    (inputs, targets), validation = [(x, data.one_hot(digits, N_DIGITS)) for x, digits in (training, held_back)]
    model = make_network(options.hidden, rng)
    print(f"{model}: {len(model.parameters())} parameters, {len(inputs)} digits to train on")

    start = time.perf_counter()
    history = fit(
        model,
        losses.squared_error,
        inputs,
        targets,
        optimizer=SGD(options.learning_rate),
        epochs=options.epochs,
        batch_size=options.batch_size,
        rng=rng,
        validation=validation,
        metrics={"accuracy": metrics.accuracy},
        backend=options.backend,
    )
    seconds = time.perf_counter() - start

    share = history.validation["accuracy"][-1]
    n = len(validation[0])
    print(
        f"accuracy {share:.1%} on {n} held-back digits ({round(share * n)} read correctly), "
        f"in {seconds:.1f} s on {history.backend}"
    )


# ---------------------------------------------------------------------------------------------- the command line


def arguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description="Train a network on handwritten digits.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--epochs", type=positive_int, default=20, help="times through the training digits")
    parser.add_argument("--batch-size", type=positive_int, default=10, help="digits per step")
    parser.add_argument("--learning-rate", type=positive_float, default=3.0, help="the article's eta")
    parser.add_argument("--hidden", type=positive_int, default=30, help="neurons in the hidden layer")
    parser.add_argument("--seed", type=int, default=0, help="of weights, split and order of the digits")
    parser.add_argument("--backend", default="auto", help="eager: scalar by scalar; auto: compiled where possible")
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


def main() -> None:
    """Run, or say in one line what is missing."""
    try:
        run(arguments())
    except MissingDependencyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
