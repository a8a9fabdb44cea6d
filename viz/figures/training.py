"""Pictures of training: the regions of a classifier in the plane, the course of a training, and first-layer weights."""

from collections.abc import Mapping, Sequence
from itertools import chain, cycle, pairwise
from math import isnan, isqrt, nan
from statistics import fmean
from typing import Any

from nn import History, predict
from viz.figures.figure import Colors, Still, number
from viz.graph.checks import LARGEST, check_drawable, hint_of_model
from viz.graph.layers import check_network
from viz.graph.names import counted
from viz.style.palette import LIGHT, PRINT, Theme, theme_colors

GRID_POINTS = 200  # points along each axis of the plane
MARGIN = 0.12  # margin around the points, as a share of their extent
MAX_IMAGES = 100  # neurons whose weights are shown at most
# The color and marker of each class. Colors differ in lightness too; from the third on they are those of Okabe and Ito.
CLASSES = (
    (LIGHT["negative"], "o"),
    (LIGHT["positive"], "s"),
    ("#009e73", "^"),
    ("#cc79a7", "D"),
    ("#f0e442", "v"),
    ("#56b4e9", "P"),
    ("ink", "X"),
    ("#e69f00", "<"),
)


def decision_boundary(
    model: Any, inputs: Any, targets: Sequence[Any], *, threshold: float = 0.0, theme: Theme = "light"
) -> Still:
    """Return the regions of a classifier in the plane, the lines between them, and the samples.

    Each class has a color and a marker, which a legend names; classes are counted as in `nn.metrics.accuracy`. With one
    output, the color is stronger the further the output is from the threshold.

    Args:
        model: a model of two inputs, with one output, or with one for each class.
        inputs: n samples of two numbers, n >= 1.
        targets: n labels; or n numbers below or above the threshold; or n rows whose largest number is at the class.
        threshold: the border between the two classes of one output: 0 for a score, 0.5 for a sigmoid.
        theme: "light", "dark" or "print".

    Raises:
        TypeError: if the model cannot be called.
        ValueError: if there is no sample, one is not two numbers of at most 1e100, or there are more than 8 classes.

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
    check_drawable("decision_boundary", *chain(*points))
    first = model([*points[0]])
    n_classes = 2 if not isinstance(first, list) else len(first)
    if n_classes > len(CLASSES):
        raise ValueError(f"decision_boundary: expected at most {len(CLASSES)} classes, got {n_classes}")
    if len(points) != len(targets):
        raise ValueError(f"decision_boundary: expected a target for each sample, got {len(targets)} for {len(points)}")
    labels = [_label(target, threshold, is_score=not isinstance(first, list)) for target in targets]
    xs, ys = (extent(coordinates) for coordinates in zip(*points, strict=True))
    height = 6.0 * min(max((ys[1] - ys[0]) / (xs[1] - xs[0]), 0.5), 1.3)

    def draw(canvas: Any, colors: Colors) -> None:
        import numpy as np
        from matplotlib.colors import to_rgb

        axes = canvas.subplots()
        x, y = np.meshgrid(np.linspace(*xs, GRID_POINTS), np.linspace(*ys, GRID_POINTS))
        outputs = np.array(predict(model, np.column_stack([x.ravel(), y.ravel()]))).reshape(*x.shape, -1)
        outputs = np.clip(outputs, -LARGEST, LARGEST)
        if outputs.shape[-1] == 1:
            outputs = np.concatenate([threshold - outputs, outputs - threshold], axis=-1)
            scale = np.median(np.abs(outputs)) or 1.0
            strength = 0.55 * np.tanh(np.abs(outputs[..., 0]) / scale)
        else:
            strength = np.full(x.shape, 0.35)
        winner = outputs.argmax(axis=-1)
        named = [colors["paper"], *[colors.get(color, color) for color, _ in CLASSES]]
        paper, *classes = np.array([to_rgb(color) for color in named])
        if colors is PRINT:
            classes = [np.full(3, color.mean()) for color in classes]
        image = paper + strength[..., None] * (np.array(classes)[winner] - paper)
        axes.imshow(image, extent=(*xs, *ys), origin="lower", interpolation="bilinear", aspect="auto")
        for k in range(1 if n_classes == 2 else 0, n_classes):
            others = np.delete(outputs, k, axis=-1).max(axis=-1)
            lead = outputs[..., k] - others
            if lead.min() < 0.0 < lead.max():
                axes.contour(x, y, lead, levels=[0.0], colors=colors["ink"], linewidths=1.8)
        for k in range(n_classes):
            members = [point for point, label in zip(points, labels, strict=True) if label == k]
            if members:
                border = {"edgecolors": colors["ink"], "linewidths": 0.6, "label": _class_name(k, first, threshold)}
                axes.scatter(*zip(*members, strict=True), c=[classes[k]], marker=CLASSES[k][1], s=34, **border)
        axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, handletextpad=0.2)
        axes.set(xlim=xs, ylim=ys, xlabel="x₁", ylabel="x₂", aspect="equal")

    alt = f"The {len(points)} samples in the plane, and the regions of the classes."
    return Still((6.0, height), draw, theme_colors("decision_boundary", theme), alt)


def history(course: History, *, theme: Theme = "light") -> Still:
    """Return the course of a training: the loss of every step, the loss of held-back samples, and the metrics of both.

    If an epoch has several steps, the mean loss of each epoch is drawn too.

    Args:
        course: the result of `nn.fit`, with at least one step.
        theme: "light", "dark" or "print".

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
    metrics, trained = [
        {name: numbers for name, numbers in part.items() if name != "loss" and numbers}
        for part in (course.validation, course.training)
    ]
    metrics, trained = (metrics, trained) if metrics else (trained, {})

    def draw(canvas: Any, colors: Colors) -> None:
        left, *right = canvas.subplots(1, 1 + bool(metrics), squeeze=False)[0]
        _draw_losses(left, course, colors)
        for axes in right:
            _draw_metrics(axes, metrics, trained, colors)

    ends = {"loss": course.losses, **{name: numbers for name, numbers in course.training.items() if name != "loss"}}
    ends |= {f"held-back {name}": numbers for name, numbers in course.validation.items()}
    said = [f"{name} from {number(numbers[0])} to {number(numbers[-1])}" for name, numbers in ends.items() if numbers]
    return Still(
        (10.0 if metrics else 6.5, 4.2), draw, theme_colors("history", theme), f"{', '.join(said).capitalize()}."
    )


def _draw_losses(axes: Any, course: History, colors: Colors) -> None:
    losses, held_back = map(_drawable, (course.losses, course.validation.get("loss", [])))
    n = len(losses)
    ends = [n * (i + 1) / max(course.epochs, 1) for i in range(course.epochs)]  # the last step of each epoch
    averaged = n >= 3 * course.epochs > 3
    alpha, width, label = (0.35, 1.0, "batch") if averaged else (1.0, 2.0, "loss")
    line = {"color": colors["focus"], "lw": width, "alpha": alpha, "label": label}
    axes.plot(range(1, n + 1), losses, _line_style("-", losses), **line)
    if averaged:
        bounds = [0, *(round(end) for end in ends)]
        means = [fmean(losses[a:b]) for a, b in pairwise(bounds)]
        axes.plot(ends, means, color=colors["focus"], lw=2.5, label="mean of an epoch")
    if held_back:
        line = {"color": colors["grad"], "lw": 2.5, "label": "held back"}
        axes.plot(ends[: len(held_back)], held_back, _line_style("--", held_back), **line)
    shown = [x for x in (*losses, *held_back) if not isnan(x)]
    if shown and min(shown) > 0.0 and max(shown) > 20.0 * min(shown):
        axes.set_yscale("log")
    axes.set(xlabel="step", ylabel="loss")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    if averaged or held_back:
        axes.legend(frameon=False)


def _draw_metrics(
    axes: Any, metrics: Mapping[str, Sequence[float]], trained: Mapping[str, Sequence[float]], colors: Colors
) -> None:
    styles = [(colors["partial"], "-"), (colors["grad"], "--"), (colors["focus"], ":"), (colors["ink"], "-.")]
    for (name, numbers), (color, dashes) in zip(metrics.items(), cycle(styles), strict=False):
        style, shown = _line_style(dashes, numbers), _drawable(numbers)
        label = name
        if name in trained:  # a thin line of the same color
            its, label = trained[name], f"{name}, held back"
            line = {"color": color, "lw": 1.2, "label": f"{name}, training"}
            axes.plot(range(1, len(its) + 1), _drawable(its), _line_style("-", its), **line)
        axes.plot(range(1, len(numbers) + 1), shown, style, color=color, lw=2.5, label=label)
        place = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        if not isnan(shown[-1]):
            axes.annotate(number(shown[-1], 3), (len(shown), shown[-1]), color=color, **place)
    axes.set(xlabel="epoch", ylabel=next(iter(metrics)) if len(metrics) == 1 else "")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    if len(metrics) > 1 or trained:
        axes.legend(frameon=False)


def weights(model: Any, shape: tuple[int, int] | None = None, *, theme: Theme = "light") -> Still:
    """Return the weights of a first layer as images, one for each neuron.

    An image shows the pattern that the neuron detects. Blue is positive, orange negative, on one scale for all images.
    Of a wide layer the first 100 neurons are drawn.

    Args:
        model: an `nn.MLP` whose inputs are the pixels of an image, row by row.
        shape: rows and columns of the image; None for a square.
        theme: "light", "dark" or "print".

    Raises:
        TypeError: if the model is not a network of layers, or the shape not two ints.
        ValueError: if the number of pixels is not the number of inputs.

    >>> import random
    >>> from nn import MLP
    >>> weights(MLP(64, [16, 10], rng=random.Random(0)), shape=(8, 8)).save("weights.svg")  # doctest: +SKIP
    PosixPath('weights.svg')
    """
    check_network("weights", model)
    is_pair = isinstance(shape, tuple | list) and len(shape) == 2 and all(isinstance(n, int) for n in shape)
    if shape is not None and not is_pair:
        raise TypeError(f"weights: expected shape to be (rows, columns), got {shape!r}; for a square, leave it out")
    neurons = model.layers[0].neurons
    n = len(neurons[0].weights)
    height, width = shape or (isqrt(n), isqrt(n))
    if height * width != n:
        expected = f"a shape of {n} pixels, as many as there are inputs" if shape else f"a shape for {n} inputs"
        raise ValueError(f"weights: expected {expected}, got {shape}")
    images = [[w.data for w in neuron.weights] for neuron in neurons[:MAX_IMAGES]]
    square = isqrt(len(images) - 1) + 1
    columns = min(range(square, 2 * square + 1), key=lambda columns: -len(images) % columns)  # with the fewest gaps
    rows = -(-len(images) // columns)
    cell = min(1.2, 8.0 / columns)
    size = (cell * columns + 1.2, cell * rows * height / width + 0.3)

    def draw(canvas: Any, colors: Colors) -> None:
        import numpy as np
        from matplotlib.colors import LinearSegmentedColormap

        signs = LinearSegmentedColormap.from_list("sign", [colors[sign] for sign in ("negative", "paper", "positive")])
        pixels = np.clip(images, -LARGEST, LARGEST).reshape(len(images), height, width)
        largest = np.nanmax(np.abs(pixels), initial=0.0) or 1.0
        grid = canvas.subplots(rows, columns, squeeze=False)
        for axes in grid.flat[len(images) :]:
            axes.set_axis_off()
        for axes, image in zip(grid.flat, pixels, strict=False):
            shown = axes.imshow(image, cmap=signs, vmin=-largest, vmax=largest)
            axes.set_axis_off()
        canvas.colorbar(shown, ax=[*grid.flat], label="weight", fraction=0.05)

    alt = f"The weights of {counted(len(images), 'neuron')} as images of {height} by {width} pixels."
    return Still(size, draw, theme_colors("weights", theme), alt)


def _rows_of_two(inputs: Any) -> Any:
    """The samples; raise ValueError unless they are points of a plane."""
    if len(inputs) == 0:
        raise ValueError("decision_boundary: expected at least one sample, got none")
    for row in inputs:
        if not hasattr(row, "__len__") or len(row) != 2:
            got = len(row) if hasattr(row, "__len__") else 1
            raise ValueError(f"decision_boundary: expected samples of two numbers, for a plane, got {got}")
    return inputs


def _label(target: Any, threshold: float, *, is_score: bool) -> int:
    """The class of a target."""
    if hasattr(target, "__len__"):
        return max(range(len(target)), key=target.__getitem__)
    return int(target > threshold) if is_score else int(target)


def _class_name(k: int, output: Any, threshold: float) -> str:
    """The name of a class in the legend, of a model with such an output."""
    return f"class {k}" if isinstance(output, list) else f"target {'≤>'[k]} {threshold:g}"


def _drawable(numbers: Sequence[float]) -> list[float]:
    """Numbers, with nan, which leaves a gap, for those that have no place on an axis."""
    return [x if abs(x) <= LARGEST else nan for x in numbers]


def extent(coordinates: Sequence[float]) -> tuple[float, float]:
    """Return the range of some coordinates with a margin."""
    low, high = min(coordinates), max(coordinates)
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def _line_style(dashes: str, numbers: Sequence[float]) -> str:
    """The style of a line, or a dot for a single point."""
    return "o" if len(numbers) == 1 else dashes
