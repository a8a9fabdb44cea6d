"""`viz.quiz`: a graph with blanks on a page, which checks each answer and names the mistake behind a wrong one."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from autodiff import Value
from autodiff.extend import check_positive_int
from viz.drawing.picture import ENOUGH, lay_out
from viz.drawing.svg import State, svg, svgs
from viz.drawing.words import in_words, table
from viz.exercises.mistakes import ALMOST_0, KINDS, TOLERANCE
from viz.exercises.questions import ASKED, Blank, Questions, check_asked
from viz.graph.checks import Direction, check_direction, check_output, check_size
from viz.graph.description import Model, Names, describe, visible_order
from viz.pages.frame import framed, heading, size_buttons
from viz.pages.help import SIZE_KEYS, help_button, help_of, legend
from viz.pages.markup import Html, element
from viz.pages.notebook import image
from viz.pages.page import Page, asset
from viz.stepper.call import watched_call
from viz.style.legend import legend_of
from viz.style.text import format_number

LEVELS = "all numbers", "all gradients", "gradients of leaves"  # the higher ones ask for less, and for more at once
FRAMES = (760.0, 640.0), (360.0, 300.0)  # the graph on a projector and on an upright phone, in pixels
BLANK = "?"
KEYS = {
    "Enter": "check the answer; after a right one, the next blank",
    "Page Down, Page Up": "the next blank, the blank before",
    **SIZE_KEYS,
}


def quiz(
    output: Value | Callable[..., Value],
    *arguments: Any,
    ask: Iterable[str] = ASKED,
    names: Names | None = None,
    clusters: Model | None = None,
    rankdir: Direction | None = None,
    digits: int = 4,
    max_nodes: int = 60,
    **named: Any,
) -> Page:
    """Return a page that asks for the numbers of a recorded graph, or of a function, and explains wrong answers.

    An answer is a number or a formula, such as 1/3, 2*3 or -e^2, and three significant digits are enough. A wrong one
    is compared with the numbers that known mistakes give on this graph (`viz.exercises.mistakes`): a path that is
    forgotten, a sum that is overwritten, a local derivative that is left out or taken at the wrong place, a sign, a
    factor, a value for a gradient. The page says which mistakes give it, and shows the step. No data leaves it.

    Args:
        output: the node to differentiate, or a function that returns it.
        *arguments: of the function, also by name, `quiz(f, x=2.0, y=3.0)`, as for `steps`.
        ask: any of "data", "partials" and "grad": the values, the local derivatives, and the gradients.
        names: labels for the nodes, as for `draw`.
        clusters: a model, to draw its network in boxes.
        rankdir: the direction, as for `draw`.
        digits: the number of significant digits that are shown.
        max_nodes: the largest number of nodes that is shown.
        **named: arguments of the function.

    Returns:
        A page. A notebook shows it, `.save("quiz.html")` writes it.

    Raises:
        TypeError: if `output` is neither a Value nor a function that returns one, or takes other arguments.
        ValueError: if `ask` holds something else or asks for nothing in this graph, or the graph has more than
            `max_nodes` nodes.

    >>> page = quiz(lambda x, y: 2 * x**2 * y, x=2.0, y=3.0, ask="grad")
    >>> page.save("quiz.html")  # doctest: +SKIP
    PosixPath('quiz.html')
    """
    if callable(output):
        output, own, _ = watched_call("quiz", output, arguments, named)
        names = own if names is None else names
    elif arguments or named:
        got = ", ".join([f"{x!r}" for x in named] + [type(x).__name__ for x in arguments])
        raise TypeError(f"quiz: expected a Value and options, or a function and its arguments, got {got}")
    check_output("quiz", output)
    asked = check_asked("quiz", ask)
    check_direction("quiz", rankdir)
    digits = check_positive_int("quiz", "digits", digits)
    check_size("quiz", len(visible_order([output])), max_nodes, "ask for")
    graph = describe([output], names, clusters).named()
    questions = Questions(graph, digits)
    blanks = questions.blanks(asked)
    if not blanks:
        raise ValueError(f"quiz: expected a graph with numbers to ask for, got {output!r}, which has none")
    return _page(questions, blanks, rankdir, digits)


def _page(questions: Questions, blanks: Sequence[Blank], rankdir: str | None, digits: int) -> Page:
    graph = questions.graph
    shown = {key: format_number(number, digits) for key, number in questions.right.items()}
    state = State({**shown, **{blank.key: BLANK for blank in blanks}})
    alt = in_words(graph, digits, with_numbers=False)
    title = f"Quiz: the gradient of {questions.narrator.output}"
    known = graph.with_nodes([replace(node, grad=questions.right.get(f"{node.id}.grad", 0.0)) for node in graph.nodes])
    pictures = {"": [lay_out(known, rankdir, digits, frame, ENOUGH) for frame in FRAMES]}
    page = Page(
        title,
        heading(title),
        framed(svgs(pictures, state, alt)),
        _card({blank.question.level for blank in blanks}),
        legend(entries=legend_of({node.kind for node in graph.nodes})),
        _summary(),
        help_of(KEYS, table(graph, digits, state.texts)),
        css="".join(map(asset, ("graph.css", "frame.css", "quiz.css"))),
        js="".join(map(asset, ("point.js", "frame.js", "answer.js", "quiz.js"))),
        data={
            "title": title,
            "blanks": [blank.as_row() for blank in blanks],
            "kinds": KINDS,
            "names": questions.names(),
            "shown": shown,
            "tolerance": TOLERANCE,
            "almost0": ALMOST_0,
        },
    )
    page.still = lambda: image(svg(pictures[""][0], state, alt=alt), alt)
    return page


def _card(levels: Collection[int]) -> Html:
    """The question, the answer, and what is said of it."""
    options = [element("option", name, value=i) for i, name in enumerate(LEVELS, 1) if i in levels]
    level = [element("label", "Ask for ", element("select", *options, id="level"))] if len(options) > 1 else []
    field = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "maxlength": 80}
    return element(
        "section",
        element("p", id="asked", class_="muted"),
        element("p", id="rule"),
        element(
            "form",
            element("label", id="name", for_="answer"),
            element("input", id="answer", type="text", aria_describedby="rule", **field),
            element("button", "Check", id="check", type="submit"),
            id="form",
        ),
        element("p", id="says", role="status"),
        element(
            "div",
            *[_button(name) for name in ("Hint", "Show step", "Back", "Next")],
            class_="tools",
        ),
        element(
            "div",
            *level,
            element("button", "Summary", type="button", popovertarget="summary"),
            *size_buttons(),
            help_button(),
            class_="tools",
        ),
        id="card",
        aria_label="Question",
    )


def _summary() -> Html:
    """The results, to be copied or printed."""
    heads = [element("th", head, scope="col") for head in ("Blank", "Answers", "Result", "Mistakes")]
    results = element(
        "div",
        element("h2", "Summary"),
        element("p", id="total"),
        element("table", element("thead", element("tr", *heads)), element("tbody", id="rows")),
        id="results",
    )
    close = element("button", "Close", type="button", popovertarget="summary", popovertargetaction="hide")
    buttons = [_button(name) for name in ("Copy", "Print", "Again")]
    tools = element("div", *buttons, close, element("span", id="copied", role="status"), class_="tools")
    return element("section", results, tools, id="summary", popover=True, aria_label="Summary", tabindex=0)


def _button(name: str) -> Html:
    return element("button", name, id=name.split()[0].lower(), type="button")
