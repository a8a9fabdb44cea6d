"""The command `python -m viz "2*x**2*y**3" x=2 y=3 -o f.svg`: draw, derive, step through, ask, explore or descend it.

`autodiff.parse` reads the formula: arithmetic and the functions of the table. It evaluates no other Python.
"""

import argparse
import codecs
import inspect
import io
import keyword
import os
import re
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autodiff import ChainruleError, ExpressionError, Value, leaves, parse
from autodiff.extend import adjoints
from viz.derivation.derivation import derive
from viz.drawing.graph_diagram import draw
from viz.drawing.picture import picture_of
from viz.drawing.rendering import save
from viz.drawing.svg import State, svg
from viz.drawing.words import table
from viz.exercises.quiz_page import quiz
from viz.explorer.explorer import explore
from viz.figures.contour import cost_contour
from viz.figures.gradient_descent import descent
from viz.graph.checks import DIRECTIONS, STYLES, check_suffix
from viz.graph.mistakes import MISTAKES
from viz.mathematics.reading import in_python, read
from viz.pages.help import help_button, help_of, legend
from viz.pages.markup import element
from viz.pages.page import Page, asset
from viz.pyodide.folder import write_playground
from viz.stepper.stepper import steps
from viz.style.legend import legend_of
from viz.style.palette import THEMES
from viz.style.text import format_number

FAILED = 1  # exit code: a point outside a domain, a file that cannot be written, or a missing package
WRONG_INPUT = 2  # exit code: an error in the formula or in the command, as of argparse
DIGITS = 6  # significant digits of the value and the gradient on a terminal; other numbers have 4
FIT_TO_PAGE = ".graph { width: 100%; height: auto; max-height: 85vh; }"
_ASCII = str.maketrans({"−": "-", "·": "*", "∂": "d", "∞": "inf", "√": "sqrt", "σ": "sigmoid"}) | {
    ord(raised): f"^{plain}" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)
}
_EXAMPLES = """\
examples:
  python -m viz "2*x**2*y**3" x=2 y=3                        the gradient, and how it comes about, as text
  python -m viz "2*x**2*y**3" x=2 y=3 -o f.svg               the graph; also .png, .pdf, .html
  python -m viz "2*x**2*y**3" x=2 y=3 --steps -o f.html      the backward pass, step by step; also .pdf, or folder/
  python -m viz "2*x**2*y**3" x=2 y=3 --derive -o f.html     the chain rule, written out; also .tex, .txt
  python -m viz "2*x**2*y**3" x=2 y=3 --explore -o f.html    sliders for the variables
  python -m viz "2*x**2*y**3" x=2 y=3 --quiz -o f.html       the numbers are asked, and mistakes explained
  python -m viz "(x - 1)**2" x=3 --descent -o f.html         gradient descent on a curve, or on a map of two variables
  python -m viz --playground folder/                         a page to type Python in, with all pictures and pages

A formula is numbers, names, + - * / **, parentheses, pi, e, and functions such as exp, log, sin, tanh, sigmoid, relu;
also as on paper: σ(w·x), √x, x². Several results have names: "q = x + y; f = q*z". The value of a variable may be a
formula too, as in x=pi/2.

exit code: 0 if all went well; 1 if not, as outside a domain; 2 if the formula or the command is not written right.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with some arguments, by default those of the process, and return its exit code.

    >>> main(["x**2", "x=3", "--steps"])  # doctest: +ELLIPSIS
    The leaves have their data.
    ...
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("viz", _in_ascii)
        sys.stdout.reconfigure(errors="viz")
    parser = _parser()
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) == 2 and arguments[0] == "--playground":
        return _playground(arguments[1])
    options = parser.parse_args([_guarded(argument) for argument in arguments])
    try:
        code = _run(options)
        sys.stdout.flush()
        return code
    except (ExpressionError, ValueError, ChainruleError) as error:
        print(error, file=sys.stderr)
        is_failure = isinstance(error, ChainruleError) and not isinstance(error, ExpressionError)
        return FAILED if is_failure else WRONG_INPUT
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # the reader closed the pipe, as `head` does
            print(f"cannot write {options.output or 'to the terminal'}: {error.strerror}", file=sys.stderr)
        if options.output is None or isinstance(error, BrokenPipeError):
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for the flush at exit
        return FAILED


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What a terminal without ∂ and − shows: - for a minus, because ? would hide the sign, and ? for others."""
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return missing.translate(_ASCII).encode("ascii", "replace").decode(), error.end


def _playground(folder: str) -> int:
    """Write the page to type in."""
    try:
        page = write_playground(folder)
    except (OSError, ChainruleError) as error:
        print(error, file=sys.stderr)
        return FAILED
    print(f"wrote {page}; see it by python -m http.server --directory {page.parent}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description="Show a formula and its derivatives.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("formula", help='arithmetic, in quotes, as in "2*x**2*y**3"')
    each = "each variable of the formula, as in x=2"
    parser.add_argument("variables", nargs="*", default=(), metavar="name=value", help=each)
    kinds = parser.add_mutually_exclusive_group()
    for kind, what in {
        "steps": "the forward and the backward pass, step by step",
        "derive": "the chain rule, written out for each variable",
        "explore": "a page with a slider for each variable",
        "quiz": "a page that asks for the numbers of the graph, and explains mistakes",
        "descent": "gradient descent from the values of one variable or two",
    }.items():
        kinds.add_argument(f"--{kind}", action="store_const", const=kind, dest="kind", help=what)
    parser.add_argument("-o", dest="output", metavar="FILE", help="where to; the suffix says as what. Else it is text")
    parser.add_argument("--theme", choices=THEMES, default="light", help="the colors of a picture or of slides")
    parser.add_argument("--digits", type=int, choices=range(1, 18), metavar="N", help="significant digits")
    parser.add_argument("--rate", type=float, default=0.1, metavar="ETA", help="the learning rate")
    parser.add_argument("--rankdir", choices=DIRECTIONS, help="the direction of the graph; by default what fits best")
    parser.add_argument("--style", choices=STYLES, default="boxes", help="circuit: values above wires, gradients below")
    parser.add_argument("--mistake", choices=MISTAKES, help="with --steps, the numbers of a common mistake")
    parser.add_argument("--open", action="store_true", help="show the file that was written")
    return parser


def _guarded(argument: str) -> str:
    """An argument for argparse, with a space before a formula such as -x**2, which would be read as an option."""
    is_option = argument in ("-h", "-") or argument.startswith(("--", "-o"))
    return f" {argument}" if argument.startswith("-") and not is_option else argument


def _run(options: argparse.Namespace) -> int:
    """Read the formula and write the result."""
    if options.mistake and options.kind != "steps":
        raise ValueError("--mistake is for the steps: say so, as in --steps --mistake sign")
    values = dict(_variable(text) for text in options.variables)
    if len(values) < len(options.variables):
        raise ValueError("expected each variable once, got one of them twice")
    output = read(options.formula, values)
    variables = [leaf for leaf in leaves(output) if leaf in values.values()]
    if unused := [name for name, variable in values.items() if variable not in variables]:
        used = ", ".join(name for name in values if name not in unused) or "none"
        raise ValueError(f"expected variables of the formula, got {', '.join(unused)}; it has {used}")
    if options.output is None:
        if options.open:
            raise ValueError("--open shows a file: say which, as in -o page.html")
        _print(options, output, variables)
        return 0
    folder = os.path.dirname(options.output.rstrip("/")) or "."
    if not os.path.isdir(folder):
        print(f"cannot write {options.output}: the folder {folder} does not exist", file=sys.stderr)
        return FAILED
    path = _write(options, output, variables)
    print(f"wrote {options.output if options.output.endswith('/') else path}")
    if options.open:
        webbrowser.open(Path(path).resolve().as_uri())
    return 0


def _variable(text: str) -> tuple[str, Value]:
    """("x", Value(2.0, "x")) for the argument "x=2"."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise ValueError(f"expected variables as name=value, as in x=2, got {text!r}")
    if keyword.iskeyword(name):
        raise ValueError(f"{name} is a word of Python and no name; call it {name}_, as in {name}_={value}")
    if re.search(r",\s*\w+\s*=", value):
        raise ValueError(f"expected a space between variables, as in {text.replace(',', ' ')}, got {text!r}")
    try:
        return name, Value(parse(in_python(value)).data, name)
    except ExpressionError as error:
        _, _, pointer = str(error).partition("\n")
        raise ExpressionError(f"{name}: expected a number, as in {name}=2 or {name}=pi/2\n{pointer}") from None


def _print(options: argparse.Namespace, output: Value, variables: Sequence[Value]) -> None:
    """Write the result to the terminal."""
    kind, digits = options.kind, options.digits or 4
    if kind in ("explore", "quiz", "descent"):
        raise ValueError(f"--{kind} makes a page: say where to, as in -o page.html")
    if kind == "steps":
        print(*steps(output, digits=digits, mistake=options.mistake), sep="\n")
        return
    if kind is None:
        more = options.digits or DIGITS
        print(f"{output.label} = {format_number(output.data, more)}")
        for variable, slope in zip(variables, adjoints(output, variables), strict=True):
            print(f"d{output.label}/d{variable.label} = {format_number(slope, more)}")
        print(end="\n" * bool(variables))
    if variables:
        print(derive(output, variables, digits=digits))


def _descent(options: argparse.Namespace, output: Value, variables: Sequence[Value]) -> os.PathLike[str]:
    """Write gradient descent from the values of the variables: on a curve of one, on a map of two."""
    names, start = [variable.label for variable in variables], [variable.data for variable in variables]

    def f(*leaves: Value) -> Value:
        return read(options.formula, dict(zip(names, leaves, strict=True)))

    if len(names) not in (1, 2):
        raise ValueError(f"--descent: expected one variable, for a curve, or two, for a map, got {len(names)}")
    kind = inspect.Parameter.POSITIONAL_ONLY
    f.__name__ = output.label
    f.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    look: dict[str, Any] = {"learning_rate": options.rate, "theme": options.theme}
    figure = descent(f, *start, **look) if len(names) == 1 else cost_contour(f, (start[0], start[1]), **look)
    return figure.save(options.output)


def _write(options: argparse.Namespace, output: Value, variables: Sequence[Value]) -> os.PathLike[str]:
    """Write the result to a file."""
    kind, path = options.kind, options.output
    layout = {"rankdir": options.rankdir, "digits": options.digits or 4, "style": options.style}
    if kind == "steps":
        return steps(output, theme=options.theme, mistake=options.mistake, **layout).save(path)
    if kind is not None and not variables:
        raise ValueError(f'--{kind}: expected a variable in the formula, got none; as in "x**2" x=3')
    if kind in ("explore", "quiz"):
        return (explore if kind == "explore" else quiz)(output, **layout).save(path)
    if kind == "descent":
        return _descent(options, output, variables)
    if kind == "derive":
        return derive(output, variables, digits=options.digits or 4).save(path)
    suffix = check_suffix(Path(path), ".svg", ".png", ".pdf", ".html")
    output.backward()
    drawing = draw(output, show=("data", "grad", "partials"), theme=options.theme, **layout)
    if suffix != ".html":
        return save(drawing, path)
    graph = svg(picture_of(drawing.content), State(), alt=drawing.alt, interactive=True)
    title = f"The graph of {output.label}"
    content = drawing.content
    rows = table(content.graph, content.digits, {})
    entries = legend_of({node.kind for node in content.graph.nodes}, content.style)
    body = element("h1", title), graph, legend(entries=entries), help_button(), help_of({}, rows)
    return Page(title, *body, css=asset("graph.css") + FIT_TO_PAGE).save(path)


if __name__ == "__main__":
    sys.exit(main())
