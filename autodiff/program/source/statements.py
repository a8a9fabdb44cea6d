"""Lines of at most 100 columns: statements of either language, broken where they are too long."""

from collections.abc import Iterator, Sequence

from autodiff.program.source.dialects import Dialect

WIDTH = 100


class Layout:
    """Writes the statements of a function body."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        """A blank line and a comment."""
        self.lines.append("")
        self._put(f"{self.dialect.comment} {title}")

    def function(self, name: str, arguments: Sequence[str], says: Sequence[str]) -> str:
        """All of it as the body of a function."""
        return self.dialect.function.format(
            name=name,
            arguments=", ".join(arguments),
            says=self.dialect.between_paragraphs.join(says),
            body="\n".join(self.lines),
        )

    def assign(self, name: str, pieces: Sequence[str], comment: str = "") -> None:
        """Give a name to a formula: to its first piece, to which the others are added."""
        first, *others = pieces
        keyword = self.dialect.constant if not others else self.dialect.variable
        self._statement(f"{keyword}{name} = ", first, comment)
        for piece in others:
            self._statement(f"{name} += ", piece)

    def unpack(self, names: Sequence[str], sequence: str) -> None:
        """Give names to the elements of a sequence."""
        opening, closing = self.dialect.brackets
        end = f"{closing} = {sequence}{self.dialect.end}"
        if self.dialect.tuples:
            alone = len(names) == 1
            line = f"{opening if alone else ''}{', '.join(names)}{',' * alone}{end if alone else end[len(closing) :]}"
        else:
            line = f"{self.dialect.constant}{opening}{', '.join(names)}{end}"
        if len(self.dialect.indent + line) <= WIDTH:
            self._put(line)
        else:
            start = opening if self.dialect.tuples else self.dialect.constant + opening
            self._block(start, [f"{name}," for name in names], end)

    def give_back(self, values: Sequence[str], derivatives: Sequence[str]) -> None:
        """Return the value or the values, and the list of derivatives if there are any."""
        dialect = self.dialect
        opening, closing = dialect.brackets if dialect.tuples else ("[", "]")
        together = values[0] if len(values) == 1 else f"{opening}{', '.join(values)}{closing}"
        if not derivatives:
            self._statement("return ", together)
            return
        outer, end = ("", "") if dialect.tuples else ("[", "]")
        line = f"return {outer}{together}, [{', '.join(derivatives)}]{end}{dialect.end}"
        if len(dialect.indent + line) <= WIDTH:
            self._put(line)
        else:
            self._block(f"return {outer}{together}, [", [f"{name}," for name in derivatives], f"]{end}{dialect.end}")

    def _statement(self, before: str, text: str, comment: str = "") -> None:
        """A statement, in parentheses if it takes more than a line; its comment beside it, or above."""
        end = self.dialect.end
        line = f"{before}{text}{end}"
        beside = f"{line}  {self.dialect.comment} {comment}"
        room = WIDTH - len(self.dialect.indent)
        if comment and len(beside) <= room:
            self._put(beside)
            return
        if comment and len(comment) + 3 <= room:
            self._put(f"{self.dialect.comment} {comment}")
        if len(line) <= room:
            self._put(line)
        else:
            self._block(f"{before}(", list(_pieces(text, room - len(self.dialect.indent))), f"){end}")

    def _block(self, opening: str, pieces: Sequence[str], closing: str) -> None:
        """Pieces between brackets, as many to a line as fit."""
        indent = self.dialect.indent * 2
        self._put(opening)
        line = ""
        for piece in pieces:
            if line and len(indent) + len(line) + 1 + len(piece) > WIDTH:
                self.lines.append(indent + line)
                line = piece
            else:
                line = f"{line} {piece}" if line else piece
        self.lines.append(indent + line)
        self._put(closing)

    def _put(self, line: str) -> None:
        self.lines.append(self.dialect.indent + line)


def _pieces(text: str, room: int) -> Iterator[str]:
    """A formula cut where it binds least: before an operator or after a comma, as far outside as possible."""
    if len(text) <= room:
        yield text
        return
    depth = 0
    places: list[tuple[int, int]] = []  # (how tightly it binds there, where)
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == " " and (text[i - 1] == "," or text[i + 1 : i + 3] in ("+ ", "- ", "* ", "/ ")):
            places.append((2 * depth + (text[i + 1] in "*/"), i))
    if not places:
        yield text
        return
    loosest = min(places)[0]
    start = 0
    for binding, i in [*places, (loosest, len(text))]:
        if binding == loosest:
            yield from _pieces(text[start:i], room)
            start = i + 1
