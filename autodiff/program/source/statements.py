"""`StatementWriter`: the statements of a function in either language, broken into lines of at most 100 columns."""

from collections.abc import Iterator, Sequence

from autodiff.program.source.dialects import Dialect

MAX_COLUMNS = 100


class StatementWriter:
    """Writes the statements of a function body."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        """Write a blank line and a comment."""
        self.lines.append("")
        self._put(f"{self.dialect.comment} {title}")

    def function(self, name: str, arguments: Sequence[str], paragraphs: Sequence[str]) -> str:
        """Return the function with all statements as its body."""
        return self.dialect.function.format(
            name=name,
            arguments=", ".join(arguments),
            docstring=self.dialect.between_paragraphs.join(paragraphs),
            body="\n".join(self.lines),
        )

    def assign(self, name: str, pieces: Sequence[str], comment: str = "") -> None:
        """Assign the first piece of a formula to a name, then add the other pieces."""
        first, *others = pieces
        keyword = self.dialect.let if others else self.dialect.const
        self._statement(f"{keyword}{name} = ", first, comment)
        for piece in others:
            self._statement(f"{name} += ", piece)

    def unpack(self, names: Sequence[str], sequence: str) -> None:
        """Assign the elements of a sequence to names."""
        dialect = self.dialect
        opening, closing = dialect.brackets
        end = f" = {sequence}{dialect.terminator}"
        if dialect.bare_tuples:
            start, line = opening, ", ".join(names) if len(names) > 1 else f"{opening}{names[0]},{closing}"
        else:
            start, line = f"{dialect.const}{opening}", f"{dialect.const}{opening}{', '.join(names)}{closing}"
        if len(dialect.indent + line + end) <= MAX_COLUMNS:
            self._put(line + end)
        else:
            self._block(start, [f"{name}," for name in names], closing + end)

    def returns(self, values: Sequence[str], derivatives: Sequence[str]) -> None:
        """Return the value or the values, and the list of derivatives if there are any."""
        dialect = self.dialect
        opening, closing = dialect.brackets if dialect.bare_tuples else ("[", "]")
        result = values[0] if len(values) == 1 else f"{opening}{', '.join(values)}{closing}"
        if not derivatives:
            self._statement("return ", result)
            return
        outer, end = ("", dialect.terminator) if dialect.bare_tuples else ("[", f"]{dialect.terminator}")
        line = f"return {outer}{result}, [{', '.join(derivatives)}]{end}"
        if len(dialect.indent + line) <= MAX_COLUMNS:
            self._put(line)
        else:
            self._block(f"return {outer}{result}, [", [f"{name}," for name in derivatives], f"]{end}")

    def _statement(self, before: str, formula: str, comment: str = "") -> None:
        """Write a statement, in parentheses if it needs several lines; its comment beside it, or above."""
        end = self.dialect.terminator
        line = f"{before}{formula}{end}"
        beside = f"{line}  {self.dialect.comment} {comment}"
        room = MAX_COLUMNS - len(self.dialect.indent)
        if comment and len(beside) <= room:
            self._put(beside)
            return
        if comment and len(comment) + 3 <= room:
            self._put(f"{self.dialect.comment} {comment}")
        if len(line) <= room:
            self._put(line)
        else:
            self._block(f"{before}(", list(_cut(formula, room - len(self.dialect.indent))), f"){end}")

    def _block(self, opening: str, pieces: Sequence[str], closing: str) -> None:
        """Write pieces between brackets, as many on a line as fit."""
        indent = self.dialect.indent * 2
        self._put(opening)
        line = ""
        for piece in pieces:
            if line and len(indent) + len(line) + 1 + len(piece) > MAX_COLUMNS:
                self.lines.append(indent + line)
                line = piece
            else:
                line = f"{line} {piece}" if line else piece
        self.lines.append(indent + line)
        self._put(closing)

    def _put(self, line: str) -> None:
        self.lines.append(self.dialect.indent + line)


def _cut(formula: str, room: int) -> Iterator[str]:
    """The formula in pieces that fit: cut before an operator or after a comma, as far outside as possible."""
    if len(formula) <= room:
        yield formula
        return
    depth = 0
    places: list[tuple[int, int]] = []  # (how tightly it binds there, index)
    for i, c in enumerate(formula):
        depth += (c in "([") - (c in ")]")
        if c == " " and (formula[i - 1] == "," or formula[i + 1 : i + 3] in ("+ ", "- ", "* ", "/ ")):
            places.append((2 * depth + (formula[i + 1] in "*/"), i))
    if not places:
        yield formula
        return
    loosest = min(places)[0]
    start = 0
    for binding, i in [*places, (loosest, len(formula))]:
        if binding == loosest:
            yield from _cut(formula[start:i], room)
            start = i + 1
