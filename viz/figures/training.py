"""Pictures of training: what a classifier makes of a plane, the course of a training, the weights of a first layer."""

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from statistics import fmean
from typing import Any

from nn import History, predict
from viz.checks import hint_of_model
from viz.figures.figure import Still
from viz.graph.layers import is_network
from viz.style.palette import LIGHT

CELLS = 200  # along each axis of a plane
MARGIN = 0.12  # around the points, as a share of their extent
MOST = 100  # neurons whose weights are shown
CLASSES = (  # colors and markers, which differ in lightness as well; those after the second are Okabe and Ito's
    (LIGHT["negative"], "o"),
    (LIGHT["positive"], "s"),
    ("#009e73", "^"),
    ("#cc79a7", "D"),
    ("#f0e442", "v"),
    ("#56b4e9", "P"),
    ("#000000", "X"),
    ("#e69f00", "<"),
)


def decision_boundary(model: Any, inputs: Any, targets: Sequence[Any], *, threshold: float = 0.0) -> Still:
    """Return the plane as a classifier sees it, with the samples on it and lines where it changes its mind.

    With one output, a color is the stronger, the further the output is from the threshold. A class has a color and a
    marker; they are as in `nn.metrics.accuracy`.

    Args:
        model: a model of two inputs, with one output or one for each class.
        inputs: (n, 2), at least one sample.
        targets: n labels, or numbers on either side of the threshold, or rows with the largest number at the class.
        threshold: between the two classes of one output: 0 for a score of any sign, 0.5 for a sigmoid.

    Raises:
        TypeError: if the model cannot be called.
        ValueError: if a sample has not two numbers, there is none, or there are more than 8 classes.

    >>> import random
    >>> from nn import MLP, data
    >>> figure = decision_boundary(MLP(2, [3, 1], rng=random.Random(0)), *data.moons(100, rng=random.Random(1)))
    >>> figure.save("moons.svg")  # doctest: +SKIP
    PosixPath('moons.svg')
    """
    if not callable(model):
        got = f"{type(model).__name__}{hint_of_model(model)}"
        raise TypeError(f"decision_boundary: expected a model of two inputs, got {got}")
    points = [(float(x), float(y)) for x, y in _rows_of_two(inputs)]
    first = model([*points[0]])
    n_classes = 2 if not isinstance(first, list) else len(first)
    if n_classes > len(CLASSES):
        raise ValueError(f"decision_boundary: expected at most {len(CLASSES)} classes, got {n_classes}")
    if len(points) != len(targets):
        raise ValueError(f"decision_boundary: expected a target for each sample, got {len(targets)} for {len(points)}")
    labels = [_label(target, threshold, is_score=not isinstance(first, list)) for target in targets]
    xs, ys = (_extent(coordinates) for coordinates in zip(*points, strict=True))
    height = 6.0 * min(max((ys[1] - ys[0]) / (xs[1] - xs[0]), 0.5), 1.3)

    def draw(canvas: Any) -> None:
        import numpy as np

        axes = canvas.subplots()
        x, y = np.meshgrid(np.linspace(*xs, CELLS), np.linspace(*ys, CELLS))
        outputs = np.array(predict(model, np.column_stack([x.ravel(), y.ravel()]))).reshape(*x.shape, -1)
        if outputs.shape[-1] == 1:
            outputs = np.concatenate([threshold - outputs, outputs - threshold], axis=-1)
            scale = np.median(np.abs(outputs)) or 1.0
            strength = 0.55 * np.tanh(np.abs(outputs[..., 0]) / scale)
        else:
            strength = np.full(x.shape, 0.35)
        winner = outputs.argmax(axis=-1)
        colors = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color, _ in CLASSES])
        image = 1.0 - strength[..., None] * (1.0 - colors[winner])
        axes.imshow(image, extent=(*xs, *ys), origin="lower", interpolation="bilinear", aspect="auto")
        for k in range(1 if n_classes == 2 else 0, n_classes):
            others = np.delete(outputs, k, axis=-1).max(axis=-1)
            lead = outputs[..., k] - others
            if lead.min() < 0.0 < lead.max():
                axes.contour(x, y, lead, levels=[0.0], colors=LIGHT["ink"], linewidths=1.8)
        for k in range(n_classes):
            mine = [point for point, label in zip(points, labels, strict=True) if label == k]
            if mine:
                color, marker = CLASSES[k]
                axes.scatter(
                    *zip(*mine, strict=True), c=color, marker=marker, s=34, edgecolors=LIGHT["ink"], linewidths=0.6
                )
        axes.set(xlim=xs, ylim=ys, xlabel="x₁", ylabel="x₂", aspect="equal")

    return Still((6.0, height), draw)


def history(course: History) -> Still:
    """Return the course of a training: the loss of every step, and what was measured on held-back samples.

    With several steps an epoch, the mean loss of each epoch is drawn over them.

    Args:
        course: what `nn.fit` returned, of at least one step.

    Raises:
        TypeError: if it is not a History.
        ValueError: if it has no loss.

    >>> history(History(losses=[0.5, 0.25, 0.125], epochs=3)).save("history.svg")  # doctest: +SKIP
    PosixPath('history.svg')
    """
    if not isinstance(course, History):
        raise TypeError(f"history: expected what fit returned, a History, got {type(course).__name__}")
    if not course.losses:
        raise ValueError("history: expected at least one loss, got none")
    metrics = {name: numbers for name, numbers in course.validation.items() if name != "loss"}
    held_back = course.validation.get("loss", [])
    n = len(course.losses)
    ends = [n * (i + 1) / max(course.epochs, 1) for i in range(course.epochs)]  # the step that an epoch ends with

    def draw(canvas: Any) -> None:
        left, *right = canvas.subplots(1, 1 + bool(metrics), squeeze=False)[0]
        steps = range(1, n + 1)
        averaged = n >= 3 * course.epochs > 3
        alpha, width = (0.35, 1.0) if averaged else (1.0, 2.0)
        left.plot(
            steps,
            course.losses,
            _look("-", course.losses),
            color=LIGHT["focus"],
            lw=width,
            alpha=alpha,
            label="batch" if averaged else "loss",
        )
        if averaged:
            bounds = [0, *(round(end) for end in ends)]
            means = [fmean(course.losses[a:b]) for a, b in pairwise(bounds)]
            left.plot(ends, means, color=LIGHT["focus"], lw=2.5, label="mean of an epoch")
        if held_back:
            left.plot(
                ends[: len(held_back)],
                held_back,
                _look("--", held_back),
                color=LIGHT["grad"],
                lw=2.5,
                label="held back",
            )
        shown = [*course.losses, *held_back]
        if min(shown) > 0.0 and max(shown) > 20.0 * min(shown):
            left.set_yscale("log")
        left.set(xlabel="step", ylabel="loss")
        left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        if averaged or held_back:
            left.legend(frameon=False)
        for axes in right:
            for (name, numbers), (color, dashes) in zip(metrics.items(), _lines(len(metrics)), strict=True):
                look = _look(dashes, numbers)
                axes.plot(range(1, len(numbers) + 1), numbers, look, color=color, lw=2.5, label=name)
                axes.annotate(
                    f"{numbers[-1]:.3g}",
                    (len(numbers), numbers[-1]),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    color=color,
                    annotation_clip=False,
                )
            axes.set(xlabel="epoch", ylabel=next(iter(metrics)) if len(metrics) == 1 else "")
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            if len(metrics) > 1:
                axes.legend(frameon=False)

    return Still((10.0 if metrics else 6.5, 4.2), draw)


def weights(model: Any, shape: tuple[int, int] | None = None) -> Still:
    """Return the weights of a first layer as images, one for each neuron: what in an image it looks for.

    Blue is positive, orange negative, white 0; all images have one scale. Of a wide layer the first 100 are drawn.

    Args:
        model: an `nn.MLP` whose inputs are the pixels of an image, row by row.
        shape: rows and columns of the image; a square, if None.

    Raises:
        TypeError: if the model is no network of layers, or the shape not two ints.
        ValueError: if the shape does not have as many pixels as there are inputs.

    >>> import random
    >>> from nn import MLP
    >>> weights(MLP(64, [16, 10], rng=random.Random(0)), shape=(8, 8)).save("weights.svg")  # doctest: +SKIP
    PosixPath('weights.svg')
    """
    if isinstance(model, type) or not is_network(model):
        got = f"{type(model).__name__}{hint_of_model(model)}"
        raise TypeError(f"weights: expected a network of layers, such as nn.MLP, got {got}")
    if shape is not None and not _is_shape(shape):
        raise TypeError(f"weights: expected shape to be (rows, columns), got {shape!r}; for a square, leave it out")
    neurons = model.layers[0].neurons
    n = len(neurons[0].weights)
    height, width = shape or (isqrt(n), isqrt(n))
    if height * width != n:
        expected = f"a shape of {n} pixels, as many as there are inputs" if shape else f"a shape for {n} inputs"
        raise ValueError(f"weights: expected {expected}, got {shape}")
    images = [[w.data for w in neuron.weights] for neuron in neurons[:MOST]]
    square = isqrt(len(images) - 1) + 1
    columns = min(range(square, 2 * square + 1), key=lambda columns: -len(images) % columns)  # the fewest gaps
    rows = -(-len(images) // columns)
    cell = min(1.2, 8.0 / columns)
    size = (cell * columns + 1.2, cell * rows * height / width + 0.3)

    def draw(canvas: Any) -> None:
        import numpy as np
        from matplotlib.colors import LinearSegmentedColormap

        colors = LinearSegmentedColormap.from_list("sign", [LIGHT["negative"], LIGHT["paper"], LIGHT["positive"]])
        largest = max(abs(w) for image in images for w in image) or 1.0
        grid = canvas.subplots(rows, columns, squeeze=False)
        for axes in grid.flat[len(images) :]:
            axes.set_axis_off()
        for axes, image in zip(grid.flat, images, strict=False):
            shown = axes.imshow(np.reshape(image, (height, width)), cmap=colors, vmin=-largest, vmax=largest)
            axes.set_axis_off()
        canvas.colorbar(shown, ax=[*grid.flat], label="weight", fraction=0.05)

    return Still(size, draw)


def _is_shape(given: Any) -> bool:
    """Whether it is two ints."""
    return isinstance(given, tuple | list) and len(given) == 2 and all(isinstance(n, int) for n in given)


def _rows_of_two(inputs: Any) -> Any:
    """The samples, if they are points of a plane."""
    if len(inputs) == 0:
        raise ValueError("decision_boundary: expected at least one sample, got none")
    for row in inputs:
        if not hasattr(row, "__len__") or len(row) != 2:
            got = len(row) if hasattr(row, "__len__") else 1
            raise ValueError(f"decision_boundary: expected samples of two numbers, for a plane, got {got}")
    return inputs


def _label(target: Any, threshold: float, *, is_score: bool) -> int:
    """The class that a target stands for."""
    if hasattr(target, "__len__"):
        return max(range(len(target)), key=target.__getitem__)
    return int(target > threshold) if is_score else int(target)


def _extent(coordinates: Sequence[float]) -> tuple[float, float]:
    low, high = min(coordinates), max(coordinates)
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def _look(dashes: str, numbers: Sequence[float]) -> str:
    """The look of a line; of one point alone, that of a dot."""
    return "o" if len(numbers) == 1 else dashes


def _lines(n: int) -> list[tuple[str, str]]:
    """Colors and line styles."""
    looks = [(LIGHT["partial"], "-"), (LIGHT["grad"], "--"), (LIGHT["focus"], ":"), (LIGHT["ink"], "-.")]
    return [looks[i % len(looks)] for i in range(n)]
