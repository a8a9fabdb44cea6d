"""The source of the functions that ran, as listings, and the lines of them that recorded each node."""

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import CodeType

from autodiff import Value
from viz.stepper.listing import CALLS, NOW, Listing
from viz.stepper.watch import Place, Watched

NO_SOURCE = "# its source is in no file:", "# built by exec, or typed into a shell"
NO_CODE = "# no line of it can be watched:", "# it is compiled, or of an installed package"
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Block:
    """A function in a file, or the statement around a lambda: its first and last line, those of its docstring."""

    file: str
    first: int
    last: int
    hidden: range = range(0)

    def __contains__(self, place: Place) -> bool:
        code, line = place
        return code.co_filename == self.file and self.first <= line <= self.last

    @property
    def shown(self) -> list[int]:
        """The numbers of its lines without those of the docstring."""
        return [line for line in range(self.first, self.last + 1) if line not in self.hidden]


class Source:
    """The listings of all functions that recorded a node, or called one that did; `name` is that of the outermost."""

    def __init__(self, watched: Watched, name: str) -> None:
        self._watched = watched
        trees = {file: _parsed(file) for file in {code.co_filename for code in watched.codes}}
        self._heads = {file: [_heads(node) for node in _statements(tree)] for file, tree in trees.items()}
        used = {code for path in watched.lines.values() for code, _ in path}
        self._blocks: list[_Block] = []
        for i, code in enumerate(watched.codes):
            tree = trees[code.co_filename]
            is_new = not any((code, code.co_firstlineno) in block for block in self._blocks)
            if tree is not None and is_new and (i == 0 or code in used):
                self._blocks.append(_block(code, tree))
        names = [self._heading(block, i) for i, block in enumerate(self._blocks)]
        texts = [tuple(_text(block)) for block in self._blocks]
        self.listings = [
            Listing(f"source{i}", heading, text) for i, (heading, text) in enumerate(zip(names, texts, strict=True))
        ] or [Listing("source0", name, NO_SOURCE if watched.codes else NO_CODE)]

    def _heading(self, block: _Block, number: int) -> str:
        """The name of a function that is called by another one in the file of this, or the name and its file."""
        first = next(code for code in self._watched.codes if (code, code.co_firstlineno) in block)
        is_here = number == 0 or block.file == self._blocks[0].file
        name = first.co_qualname.rpartition("<locals>.")[2].replace("<lambda>", "lambda")
        return name if is_here else f"{name}, in {Path(block.file).name}"

    def spots(self, value: Value | None) -> dict[str, str]:
        """Return the marks of the lines that recorded a node: of the statement, and of those that called it."""
        path = self._watched.lines.get(value, ()) if value is not None else ()
        marks: dict[str, str] = {}
        for i, place in reversed([*enumerate(path)]):
            statement = self._statement(place)
            for listing, block in zip(self.listings, self._blocks, strict=False):
                if place in block:
                    lines = [n for n, line in enumerate(block.shown) if line in statement]
                    marks |= listing.spots(lines, CALLS if i else NOW)
        return marks

    def head(self) -> dict[str, str]:
        """Return the marks of the first line of the outermost function, which has the arguments."""
        return self.listings[0].spots([0]) if self._blocks else {}

    def _statement(self, place: Place) -> range:
        """The lines of the smallest statement around a line."""
        code, line = place
        heads = self._heads[code.co_filename]
        return min([span for span in heads if line in span], key=len, default=range(line, line + 1))


def _statements(tree: ast.Module | None) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)] if tree else []


def _heads(node: ast.stmt) -> range:
    """The lines of a statement, of one with a body those before it."""
    body = getattr(node, "body", None)
    end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
    return range(node.lineno, max(end, node.lineno + 1))


def _parsed(file: str) -> ast.Module | None:
    """The syntax tree of a file, or None if there is no text, or none of this Python."""
    text = "".join(linecache.getlines(file))
    try:
        return ast.parse(text) if text else None
    except (SyntaxError, ValueError):
        return None


def _block(code: CodeType, tree: ast.Module) -> _Block:
    """The function of a code; of a lambda or a comprehension, the statement around it."""
    file, first = code.co_filename, code.co_firstlineno
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS) and node.name == code.co_name:
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if start == first:
                doc = node.body[0] if ast.get_docstring(node) is not None and len(node.body) > 1 else None
                hidden = range(doc.lineno, (doc.end_lineno or doc.lineno) + 1) if doc else range(0)
                return _Block(file, start, node.end_lineno or start, hidden)
    whole = [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in _statements(tree)]
    around = min([span for span in whole if first in span], key=len, default=range(first, first + 1))
    return _Block(file, around.start, around.stop - 1)


def _text(block: _Block) -> Iterator[str]:
    """The lines of a block, without what all are indented by."""
    lines = linecache.getlines(block.file)
    text = "".join(lines[line - 1].rstrip() + "\n" for line in block.shown)
    yield from dedent(text.expandtabs(4)).splitlines()
