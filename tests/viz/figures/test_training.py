"""Plots of training: what is on them is what was computed."""

import math
import random
from itertools import combinations

import numpy as np
import pytest

import viz
from nn import MLP, SGD, History, Module, data, fit, losses, metrics
from viz.figures.training import CLASSES


@pytest.fixture
def painted():
    """A function that paints a plot and returns its axes."""
    figure = pytest.importorskip("matplotlib.figure")

    def paint(plot):
        canvas = figure.Figure()
        plot.draw(canvas)
        return canvas.axes

    return paint


class Half(Module):
    """A classifier that needs no training: x1 - 0.5, and its negative as a second output."""

    def __init__(self, n_out: int = 1) -> None:
        self.n_out = n_out

    def __call__(self, x):
        score = x[0] - 0.5
        return score if self.n_out == 1 else [-score, score]


POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def boundary(axes) -> list[float]:
    """The x coordinates of the lines between classes."""
    paths = [path for collection in axes.collections for path in collection.get_paths() if len(path.vertices) > 50]
    return [x for path in paths for x, _ in path.vertices]


@pytest.mark.parametrize(
    ("n_out", "targets"),
    [(1, [-1.0, -1.0, 1.0, 1.0]), (2, [0, 0, 1, 1]), (2, [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])],
)
def test_the_boundary_is_where_the_model_changes_its_mind(painted, n_out, targets):
    (axes,) = painted(viz.decision_boundary(Half(n_out), POINTS, targets))
    assert boundary(axes) == pytest.approx([0.5] * 200, abs=1e-9)  # the score is linear, so that no cell is rounded


def test_the_threshold_moves_the_boundary(painted):
    (axes,) = painted(viz.decision_boundary(Half(), POINTS, [0.0, 0.0, 1.0, 1.0], threshold=0.25))
    assert boundary(axes) == pytest.approx([0.75] * 200, abs=1e-9)


def test_each_class_has_its_color_and_its_marker(painted):
    (axes,) = painted(viz.decision_boundary(Half(2), POINTS, [0, 0, 0, 1]))
    points = [group for group in axes.collections if type(group).__name__ == "PathCollection"]
    assert [len(group.get_offsets()) for group in points] == [3, 1]
    assert len({group.get_paths()[0].vertices.tobytes() for group in points}) == 2


def test_the_colors_of_the_first_classes_are_clearly_different_to_everyone(color_distance):
    for (one, _), (other, _) in combinations(CLASSES[:3], 2):
        assert color_distance(one, other) >= 10.0


def test_one_point_is_enough(painted):
    assert painted(viz.decision_boundary(Half(), [[1.0, 1.0]], [1.0]))


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        ([], [], "decision_boundary: expected at least one sample, got none"),
        ([[1.0]], [1.0], "decision_boundary: expected samples of two numbers, for a plane, got 1"),
        ([1.0], [1.0], "decision_boundary: expected samples of two numbers, for a plane, got 1"),
        (POINTS, [1.0], "decision_boundary: expected a target for each sample, got 1 for 4"),
    ],
)
def test_samples_that_do_not_fit_are_refused(inputs, targets, message, refuses):
    with refuses(ValueError, message):
        viz.decision_boundary(Half(), inputs, targets)


def test_more_classes_than_colors_are_refused(refuses):
    with refuses(ValueError, "decision_boundary: expected at most 8 classes, got 9"):
        viz.decision_boundary(MLP(2, [9]), POINTS, [0, 1, 2, 3])


def numbers(axes) -> dict[str, tuple[list[float], list[float]]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def test_the_loss_of_every_step_is_drawn(painted):
    (axes,) = painted(viz.history(History(losses=[3.0, 2.0, 1.0], epochs=3)))
    assert numbers(axes) == {"loss": ([1, 2, 3], [3.0, 2.0, 1.0])}
    assert axes.get_yscale() == "linear"


def test_losses_of_many_sizes_have_a_logarithmic_axis(painted):
    (axes,) = painted(viz.history(History(losses=[3.0, 0.1], epochs=2)))
    assert axes.get_yscale() == "log"


def test_batches_are_averaged_over_an_epoch(painted):
    course = History(losses=[float(i % 4) for i in range(16)], epochs=4)
    (axes,) = painted(viz.history(course))
    assert numbers(axes)["mean of an epoch"] == ([4.0, 8.0, 12.0, 16.0], [1.5] * 4)


def test_what_was_held_back_and_the_metrics_are_drawn(painted):
    model = MLP(2, [2], rng=random.Random(0))
    inputs, labels = data.xor()
    targets = data.one_hot(labels, 2)
    course = fit(
        model,
        losses.squared_error,
        inputs,
        targets,
        optimizer=SGD(0.1),
        epochs=3,
        validation=(inputs, targets),
        metrics={"accuracy": metrics.accuracy},
    )
    left, right = painted(viz.history(course))
    assert numbers(left)["held back"] == ([1.0, 2.0, 3.0], course.validation["loss"])
    assert numbers(right)["accuracy, held back"] == ([1, 2, 3], course.validation["accuracy"])
    assert numbers(right)["accuracy, training"] == ([1, 2, 3], course.training["accuracy"])


@pytest.mark.full
@pytest.mark.parametrize(
    "losses", [[1e308] * 4, [-1e308, 1.0, 1e308], [1e308, 1e90, 1e-308, 5e-324], [math.inf, 2.0, 0.5], [math.nan] * 2]
)
def test_a_number_without_a_place_on_an_axis_is_a_gap(losses, painted, tmp_path):
    course = History(losses=losses, epochs=1, validation={"loss": [losses[-1]], "accuracy": [losses[0]]})
    viz.history(course).save(tmp_path / "history.svg")  # no warning, and no error
    left, right = painted(viz.history(course))
    shown = [x if abs(x) <= 1e100 else math.nan for x in losses]
    np.testing.assert_array_equal(numbers(left)["loss"][1], shown)
    np.testing.assert_array_equal(numbers(left)["held back"][1], [shown[-1]])
    np.testing.assert_array_equal(numbers(right)["accuracy"][1], [shown[0]])
    assert left.get_yscale() == ("log" if 0.0 < min(shown) < max(shown) / 20.0 or 1e90 in shown else "linear")


def test_metrics_of_the_training_are_thin_lines_beside_those_held_back(painted):
    training, validation = {"loss": [2.0, 1.0], "accuracy": [0.5, 0.9]}, {"accuracy": [0.4, 0.8]}
    _, right = painted(viz.history(History(losses=[2.0, 1.0], epochs=2, training=training, validation=validation)))
    thin, thick = right.lines
    assert [line.get_label() for line in (thin, thick)] == ["accuracy, training", "accuracy, held back"]
    assert [line.get_ydata().tolist() for line in (thin, thick)] == [[0.5, 0.9], [0.4, 0.8]]
    assert thin.get_color() == thick.get_color()
    assert thin.get_linewidth() < thick.get_linewidth()
    _, right = painted(viz.history(History(losses=[2.0, 1.0], epochs=2, training=training)))
    (line,) = right.lines
    assert line.get_label() == "accuracy"


def test_what_is_no_history_is_refused(refuses):
    with refuses(TypeError, "history: expected what fit returned, a History, got list"):
        viz.history([1.0])
    with refuses(ValueError, "history: expected at least one loss, got none"):
        viz.history(History())


def test_the_weights_of_each_neuron_are_an_image(painted):
    model = MLP(6, [4, 1], rng=random.Random(0))
    *images, _ = painted(viz.weights(model, shape=(2, 3)))
    for axes, neuron in zip(images, model.layers[0].neurons, strict=True):
        assert axes.images[0].get_array().tolist() == [
            [w.data for w in neuron.weights[:3]],
            [w.data for w in neuron.weights[3:]],
        ]
    scales = {axes.images[0].get_clim() for axes in images}
    assert scales == {(-max(abs(w.data) for n in model.layers[0].neurons for w in n.weights), max(scales)[1])}


@pytest.mark.parametrize(("weight", "shown"), [(1e308, 1e100), (-math.inf, -1e100), (math.nan, math.nan)])
def test_a_weight_of_any_size_has_a_color(weight, shown, painted, tmp_path):
    model = MLP(4, [2], rng=random.Random(0))
    model.parameters()[0].data = weight
    viz.weights(model).save(tmp_path / "weights.svg")  # no warning, and no error
    axes, *_ = painted(viz.weights(model))
    pixels = np.ma.filled(axes.images[0].get_array(), math.nan)
    np.testing.assert_array_equal(pixels.ravel(), [shown, *(w.data for w in model.parameters()[1:4])])


@pytest.mark.full
@pytest.mark.parametrize("weight", [1e308, math.inf, math.nan])
def test_a_model_of_any_size_has_its_regions(weight, tmp_path):
    model = MLP(2, [1], rng=random.Random(0))
    model.parameters()[0].data = weight
    viz.decision_boundary(model, POINTS, [0, 0, 1, 1]).save(tmp_path / "regions.svg")  # no warning, and no error
    with pytest.raises(ValueError, match=r"^decision_boundary: expected numbers of at most 1e\+100 in size, got inf; "):
        viz.decision_boundary(model, [[0.0, math.inf]], [1])


def test_the_images_are_square_unless_told_otherwise(painted):
    axes, *_ = painted(viz.weights(MLP(64, [2])))
    assert axes.images[0].get_array().shape == (8, 8)


def test_a_number_of_neurons_that_fills_no_rectangle_leaves_gaps(painted):
    *axes, _ = painted(viz.weights(MLP(4, [11])))
    assert [len(each.images) for each in axes] == [1] * 11 + [0]
    assert not any(each.axison for each in axes)


def test_of_a_wide_layer_100_images_are_drawn(painted):
    assert len(painted(viz.weights(MLP(4, [120])))) == 100 + 1


def test_shapes_that_do_not_fit_are_refused(refuses):
    with refuses(ValueError, "weights: expected a shape of 6 pixels, as many as there are inputs, got (2, 2)"):
        viz.weights(MLP(6, [2]), (2, 2))
    with refuses(ValueError, "weights: expected a shape for 6 inputs, got None"):
        viz.weights(MLP(6, [2]))
    with refuses(TypeError, "weights: expected a network of layers, such as nn.MLP, got Half"):
        viz.weights(Half())
    with refuses(TypeError, "weights: expected shape to be (rows, columns), got 8; for a square, leave it out"):
        viz.weights(MLP(64, [2]), shape=8)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_plot_is_written_and_changes_no_style(suffix, tmp_path):
    mpl = pytest.importorskip("matplotlib")
    before = dict(mpl.rcParams)
    path = viz.weights(MLP(4, [3], rng=random.Random(0))).save(tmp_path / f"weights.{suffix}")
    assert path.read_bytes().startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix])
    assert dict(mpl.rcParams) == before


def test_another_suffix_is_refused(tmp_path, refuses):
    with refuses(ValueError, "save: expected a file name that ends in .svg, .png or .pdf, got 'x.html'"):
        viz.history(History(losses=[1.0], epochs=1)).save(tmp_path / "x.html")


def test_a_course_of_one_step_is_a_dot_that_can_be_seen(painted):
    course = History(losses=[0.5], epochs=1, validation={"loss": [0.6], "accuracy": [0.9]})
    lines = [line for axes in painted(viz.history(course)) for line in axes.lines]
    assert [line.get_marker() for line in lines] == ["o", "o", "o"]
    course = History(losses=[0.5, 0.25], epochs=2, validation={"loss": [0.6, 0.5], "accuracy": [0.9, 1.0]})
    lines = [line for axes in painted(viz.history(course)) for line in axes.lines]
    assert [line.get_marker() for line in lines] == ["None", "None", "None"]


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 40])
def test_steps_and_epochs_are_counted_in_whole_numbers(painted, epochs):
    losses = [1.0 / (i + 1) for i in range(epochs)]
    for axes in painted(viz.history(History(losses=losses, epochs=epochs, validation={"accuracy": losses}))):
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == int(tick) for tick in ticks)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_legend_names_the_classes_of_a_decision_boundary(n_outputs):
    figure = pytest.importorskip("matplotlib.figure")
    model = MLP(2, [3, n_outputs], rng=random.Random(0))
    targets = [-1.0, 1.0, 1.0] if n_outputs == 1 else [0, 1, 2]
    canvas = figure.Figure()
    viz.decision_boundary(model, [(0, 0), (1, 0), (0, 1)], targets, threshold=0.5).draw(canvas)
    names = [text.get_text() for text in canvas.axes[0].get_legend().get_texts()]
    assert names == (["target ≤ 0.5", "target > 0.5"] if n_outputs == 1 else ["class 0", "class 1", "class 2"])
