"""Run the lectures and store what their cells show, so that they can be read where nothing runs.

    python docs/make_lectures.py

A page is stored as its still picture and a sentence: a frame with its script would be a hundred times as large, and the
places that show stored notebooks leave it out.
"""

import ast
import contextlib
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

LECTURES = sorted(Path(__file__).with_name("lectures").glob("*.ipynb"))
FRAME = re.compile(r"<style>[^<]*</style><iframe.*?</iframe>", flags=re.S)


def run(code: str, variables: dict[str, object]) -> object:
    """Run a cell, and return what a notebook would show of it: the value of a last line that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), variables)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), variables) if last else None


def shown(thing: Any) -> dict[str, str]:
    """A thing as a notebook shows it, by MIME type; of a page, its still picture and a sentence."""
    if hasattr(thing, "_repr_mimebundle_"):
        return {"text/html": thing._repr_mimebundle_()["text/html"]}
    if hasattr(thing, "_repr_html_"):
        return {"text/html": FRAME.sub("", thing._repr_html_())}
    return {"text/latex": thing._repr_latex_()}


def outputs(code: str, variables: dict[str, object], number: int) -> list[dict[str, Any]]:
    """Run a cell, and return its outputs in the format of notebooks."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        thing = run(code, variables)
    text = printed.getvalue()
    stored: list[dict[str, Any]] = []
    if text:
        stored.append({"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)})
    if thing is not None:
        data = {mime: content.splitlines(keepends=True) for mime, content in shown(thing).items()}
        stored.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return stored


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of all cells, run in order."""
    variables: dict[str, object] = {}
    cells, number = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            cell = cell | {"execution_count": number, "outputs": outputs("".join(cell["source"]), variables, number)}
        cells.append(cell)
    return notebook | {"cells": cells}


def as_text(notebook: dict[str, Any]) -> str:
    """A notebook as its file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Run each lecture in a folder of its own, and replace its outputs."""
    for path in LECTURES:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            text = as_text(executed(json.loads(path.read_text(encoding="utf-8"))))
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
