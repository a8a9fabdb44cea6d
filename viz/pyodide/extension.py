"""`%load_ext viz`: a notebook shows the objects of `autodiff` and `nn` as pictures."""

from collections.abc import Callable
from typing import Any

from autodiff import Value
from nn import History, Module
from viz.drawing.graph_diagram import draw
from viz.drawing.network_diagram import network
from viz.figures.training import history
from viz.graph.layers import is_network
from viz.pages.markup import element


def load_ipython_extension(shell: Any) -> None:
    """After `%load_ext viz` a notebook shows a Value as its graph, a model as its network, a History as its curves."""

    def graph(value: Value) -> Any:
        return None if value.is_leaf else draw(value)._repr_mimebundle_()["text/html"]

    def parts(model: Module) -> Any:
        drawn = is_network(model)
        return network(model)._repr_mimebundle_()["text/html"] if drawn else element("pre", model.summary())

    def course(record: History) -> Any:
        return history(record)._repr_html_()

    def or_text(show: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def shown(thing: Any) -> Any:
            try:
                return show(thing)
            except ValueError:  # a graph that is too large, a History without a step
                return None

        return shown

    formatter = shell.display_formatter.formatters["text/html"]
    for kind, show in ((Value, graph), (Module, parts), (History, course)):
        formatter.for_type(kind, or_text(show))
