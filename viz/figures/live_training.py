"""`viz.playground`: a network that trains in the page, with its regions, its loss, and backpropagation of a sample."""

import random
from collections.abc import Callable
from itertools import chain
from typing import Any

from autodiff import Value, gradients
from autodiff.extend import as_float, check_positive_int, check_rng, data_of, type_name
from nn.data import one_hot
from nn.data.samples import PARTS, check_counts, rows
from nn.losses import cross_entropy, squared_error
from viz.drawing.svg import State, svg
from viz.figures.training import extent
from viz.graph.checks import check_drawable, check_size
from viz.graph.description import describe, visible_order
from viz.graph.layers import check_network, layer_titles
from viz.pages.controls import slider
from viz.pages.frame import framed
from viz.pages.help import help_button, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.notebook import image
from viz.pages.page import Page, asset, javascript
from viz.pages.scales import round_up
from viz.stepper.matrices import Matrices
from viz.stepper.network_story import NetworkStory
from viz.stepper.player import KEYS, player_data, player_tools
from viz.style.legend import SIGNS

MAX_NODES = 2_000  # the largest number of nodes of the graph of a sample
FASTER = 5.0  # the largest learning rate of the slider, as a multiple of that at the start
SCRIPTS = ("number", "point", "chart", "isolines", "controls", "frame", "steps", "train", "training")
SHEETS = ("graph", "frame", "steps", "figure", "board", "training")
TRAINING_KEYS = {
    "Space, P": "train or pause",
    "→ ↓ Page Down": "a step",
    "Shift and →": "an epoch",
    "Home": "start over",
    "S": "the next sample",
    "Enter": "to backpropagation of the sample, and back",
}
PACES = {"2": "2 steps a second", "step": "60 steps a second", "epoch": "as fast as can be seen"}


def playground(
    model: Any,
    data: tuple[Any, Any],
    *,
    loss: Callable[[Any, Any], Any] = squared_error,
    learning_rate: float = 0.1,
    batch_size: int | None = None,
    rng: random.Random | None = None,
    digits: int = 4,
) -> Page:
    """Return a page in which a network trains, by the JavaScript of its recorded graph.

    It shows the network with its weights and the numbers of a sample, the loss, and for two inputs the regions of the
    classes, for one input the curve. η and the size of a batch have sliders. At any step the training pauses for
    backpropagation of a sample at the weights of that moment, as `viz.backprop` shows it.

    The page takes the steps of `nn.fit(model, loss, *data, optimizer=SGD(learning_rate), batch_size=..., rng=...)`, up
    to rounding errors: it continues the generator, so that samples come in the same order. Neither the model nor the
    generator changes. Branches of `loss` on its arguments stay as for the first sample. `playground.html#epochs=20`
    opens it after 20 epochs.

    Args:
        model: an `nn.MLP`, or another model with `layers` of `neurons`, at most 16 in a layer.
        data: (inputs, targets), n samples, as `nn.fit` takes them: rows of n_in numbers, and numbers, rows, or for
            `losses.cross_entropy` the labels of classes.
        loss: (prediction, target) -> the loss of one sample, a Value.
        learning_rate: η > 0 at the start.
        batch_size: the number of samples in a batch at the start; None for all samples.
        rng: shuffles the samples before every epoch, if a batch is smaller; without it they keep their order.
        digits: the number of significant digits.

    Returns:
        A page. A notebook shows it, `.save("playground.html")` writes it.

    Raises:
        TypeError: if the model is not a network of layers, the data are not two lists, or the loss returns no Value.
        ValueError: if the shapes do not fit, a layer is too large, or an option is outside its domain.

    >>> import random
    >>> from nn import MLP, data
    >>> model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", rng=random.Random(0))
    >>> page = playground(model, data.moons(100, noise=0.1, rng=random.Random(1)), learning_rate=1.0, batch_size=10)
    >>> page.save("playground.html")  # doctest: +SKIP
    PosixPath('playground.html')
    """
    check_network("playground", model)
    digits, rate = check_positive_int("playground", "digits", digits), as_float(learning_rate, "playground")
    if not 0.0 < rate < 1e6:
        raise ValueError(f"playground: expected a learning_rate between 0 and 1e6, got {learning_rate!r}")
    if rng is not None:
        check_rng("playground", rng)
        if isinstance(rng, random.SystemRandom):
            raise TypeError("playground: expected rng to have a state that the page continues, got SystemRandom")
    if not callable(loss):
        raise TypeError(f"playground: expected loss to be a function (prediction, target) -> cost, got {loss!r}")
    inputs, targets = _samples(data, model, loss)
    size = len(inputs) if batch_size is None else check_positive_int("playground", "batch_size", batch_size)
    recorded = _Recorded(model, loss, inputs, targets, digits)
    return recorded.page(rate, min(size, len(inputs)), rng)


class _Recorded:
    """The graph of the first sample, its story, and the page."""

    def __init__(
        self, model: Any, loss: Callable[[Any, Any], Any], inputs: list[Any], targets: list[Any], digits: int
    ) -> None:
        self._inputs, self._targets, self._digits = inputs, targets, digits
        self._x = [Value(x) for x in inputs[0]]
        self._t = [Value(t) for t in targets[0]]
        prediction = model(self._x)
        self._outputs = prediction if isinstance(prediction, list) else [prediction]
        single = not isinstance(prediction, list)
        if len(self._t) != len(self._outputs):
            expected, got = len(self._outputs), len(self._t)
            raise ValueError(f"playground: expected targets of {expected} numbers, as the model has outputs, got {got}")
        cost = loss(prediction, self._t[0] if single else self._t)
        if not isinstance(cost, Value):
            raise TypeError(f"playground: expected loss to return a Value, got {type_name(cost)}; compute with Values")
        cost.label, self._cost = cost.label or "C", cost
        check_size("playground", len(visible_order([cost])), MAX_NODES, "train")
        self._theta = [*model.parameters()]
        graph = describe([cost], clusters=model).named()
        stories = [NetworkStory(model, graph, digits, "neurons", who="playground", live=live) for live in (True, False)]
        self._story, self._still = stories
        self._matrices = Matrices(self._story, squared=loss is squared_error)
        titles = [title.partition(": ")[2] for title in layer_titles(model).values()]
        self._alt = f"Computation graph of the network: {', '.join(titles)}, and the cost"

    def page(self, rate: float, size: int, rng: random.Random | None) -> Page:
        """Return the page."""
        story, n = self._story, len(self._inputs)
        start = State(story.texts() | self._matrices.texts(), story.marks())
        changes = [one.with_(other) for one, other in zip(story.changes, self._matrices.changes(), strict=True)]
        told = [(list(one.texts.items()), one.marks, one.spots, one.kind) for one in changes]
        sliders = [
            slider("η", 0.0, round_up(FASTER * rate), rate),
            slider("batch size", 1.0, float(max(n, 2)), float(size), whole=True),
            slider("sample", 1.0, float(max(n, 2)), 1.0, whole=True),
        ]
        title = "Training a network"
        parts = [
            _heading(title),
            element(
                "div",
                framed({"": [svg(story.picture(), start, alt=self._alt, interactive=True)]}),
                self._matrices.html(),
                _charts(len(self._x)),
                class_="pair",
            ),
            element("p", id="tells", role="status"),
            element("p", id="says", aria_live="polite"),
            element("div", *sliders, class_="controls"),
            _trainer(),
            player_tools(told),
            legend(entries=tuple(dict.fromkeys((*story.legend, *SIGNS)))),
            help_of({**TRAINING_KEYS, **{f"steps: {keys}": what for keys, what in KEYS.items()}}),
        ]
        sentences = [[*chain.from_iterable(sentence)] for sentence in story.sentences]
        data = player_data(sentences, told) | self._data(rng)
        page = Page(title, *parts, css="".join(asset(f"{name}.css") for name in SHEETS), js=self._script(), data=data)
        page.still = lambda: image(svg(self._still.picture(), State()), self._alt)
        return page

    def _script(self) -> str:
        """The functions of the network, and the scripts that call them."""
        x, sample, theta = self._x, [*self._x, *self._t], self._theta
        programs = [
            javascript(self._outputs, x, "predict", theta),
            javascript([self._cost, *gradients(self._cost, theta)], sample, "learn", theta),
            javascript(self._story.values().values(), sample, "inspect", theta),
        ]
        return "\n".join([*programs, *[asset(f"{name}.js") for name in SCRIPTS]])

    def _data(self, rng: random.Random | None) -> dict[str, Any]:
        """The samples, the parameters at the start, the generator, and the keys of the numbers of a sample."""
        columns = [*zip(*self._inputs, strict=True)]
        heights = [*chain.from_iterable(self._targets)]
        if len(self._x) > 2:
            columns = []
        elif len(self._x) == 1:
            columns.append(tuple(heights))
        return {
            "inputs": self._inputs,
            "targets": self._targets,
            "threshold": (min(heights) + max(heights)) / 2,
            "theta": data_of(self._theta),
            "random": None if rng is None else rng.getstate()[1],
            "keys": [*self._story.values()],
            "cost": self._story.data(self._cost)[0],
            "empty": [*self._story.texts(), *self._matrices.texts()],
            "waiting": [*self._story.marks()],
            "flat": self._story.is_flat,
            "ranges": [extent(column) for column in columns],
            "digits": self._digits,
        }


def _samples(data: Any, model: Any, loss: Any) -> tuple[list[Any], list[Any]]:
    """The samples as rows of numbers."""
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"playground: expected data to be (inputs, targets), got {type_name(data)}")
    check_counts("playground", *data)
    shown: list[list[Any]] = [rows(f"playground: {what}", part) for what, part in zip(PARTS, data, strict=False)]
    if loss is cross_entropy and not isinstance(shown[1][0], list):
        shown[1] = one_hot([int(label) for label in shown[1]], len(model.layers[-1].neurons))
    inputs, targets = ([row if isinstance(row, list) else [row] for row in part] for part in shown)
    check_drawable("playground", *chain(*inputs), *chain(*targets))
    return inputs, targets


def _heading(title: str) -> Html:
    """The line above: the title, what is small, the way to the other half of the page, and the help of both."""
    ways = {"to-steps": "Backpropagation of the sample", "to-training": "Training"}
    buttons = [element("button", name, id=id_, type="button") for id_, name in ways.items()]
    small = element("p", id="small", class_="muted")
    return element("div", element("h1", title), small, *buttons, help_button(), class_="head")


def _charts(n_in: int) -> Html:
    """The regions or the curve, if there is one, and the loss."""
    names = {1: "the samples, and the curve of the network", 2: "the samples, and the regions of the classes"}
    shown = {"plane": names[n_in]} if n_in in names else {}
    shown["losses"] = "the loss over the epochs"
    charts = [element("svg", id=id_, class_="chart", role="img", aria_label=name) for id_, name in shown.items()]
    return element("div", *[element("figure", chart) for chart in charts], id="charts")


def _trainer() -> Html:
    """The buttons of the training."""
    names = {"train": "Train", "step": "Step", "epoch": "Epoch", "restart": "Start over"}
    buttons = [element("button", name, id=id_, type="button") for id_, name in names.items()]
    options = [element("option", words, value=pace, selected=pace == "step") for pace, words in PACES.items()]
    pace = element("select", *options, id="pace", aria_label="Speed of the training")
    return element("div", *buttons, pace, class_="tools trainer", role="group", aria_label="Training")
