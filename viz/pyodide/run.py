"""A program of the playground: run, with what it shows, and an error as one line; and a link as a QR code."""

import ast
import io
import linecache
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import Any

from autodiff import Value
from viz.drawing.graph_diagram import draw
from viz.mathematics.writing import Writing
from viz.pages.markup import element

NAME = "<playground>"


def run(code: str) -> list[str]:
    """Run a program in a fresh namespace, and return what it shows, as pieces of HTML.

    Every expression at the top level that is a picture, a page or a derivation is shown; the last expression is shown
    whatever it is, a computed Value as its graph. What is printed is shown as text; an error, as one line with the line
    of the program, ends it.

    >>> run("print('a < b')\\n1 + 1")
    ['<pre>a &lt; b\\n</pre>', '<pre>2</pre>']
    >>> run("x = 1\\nx / 0")
    ['<pre class="error">line 2: ZeroDivisionError: division by zero</pre>']
    """
    shown: list[str] = []
    printed = io.StringIO()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    linecache.cache[NAME] = (len(code), None, code.splitlines(keepends=True), NAME)  # for `viz.steps` of a function
    try:
        with redirect_stdout(printed):
            statements = ast.parse(code, NAME).body
            for statement in statements:
                if isinstance(statement, ast.Expr):
                    value = eval(compile(ast.Expression(statement.value), NAME, "eval"), namespace)
                    _flush(printed, shown)
                    shown += _shown(value, is_last=statement is statements[-1])
                else:
                    exec(compile(ast.Module([statement], []), NAME, "exec"), namespace)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the program of a visitor raises
        _flush(printed, shown)
        shown.append(element("pre", _in_one_line(error), class_="error"))
    _flush(printed, shown)
    return shown


def qr_code(link: str) -> str:
    """Return the QR code of a link, as SVG; "" if it is too long for one, or segno is missing."""
    if find_spec("segno") is None:
        return ""
    import segno

    try:
        return str(segno.make(link, error="l", micro=False).svg_inline(scale=4, title="The link as a QR code"))
    except segno.DataOverflowError:
        return ""


def _flush(printed: io.StringIO, shown: list[str]) -> None:
    """Move what was printed to what is shown."""
    if text := printed.getvalue():
        shown.append(element("pre", text))
        printed.seek(0)
        printed.truncate()


def _shown(value: Any, *, is_last: bool) -> list[str]:
    """What an expression shows: its HTML, or as the last one its text."""
    if is_last and isinstance(value, Value) and value.operands:
        value = draw(value)
    if hasattr(value, "_repr_mimebundle_"):
        return [value._repr_mimebundle_()["text/html"]]
    if hasattr(value, "_repr_html_"):
        return [value._repr_html_()]
    if isinstance(value, Writing):
        return [value.html()]
    return [element("pre", repr(value))] if is_last and value is not None else []


def _in_one_line(error: BaseException) -> str:
    """The error, after the last line of the program that led to it."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    place = error.__traceback__
    while place is not None:
        if place.tb_frame.f_code.co_filename == NAME:
            line = place.tb_lineno
        place = place.tb_next
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    where = "" if line is None else f"line {line}: "
    return f"{where}{type(error).__name__}: {text}"
