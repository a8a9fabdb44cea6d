"""The tables, as text for a terminal and as Markdown for docs/benchmarks.md."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measure import Timing

HEADER = ["", "how", "minimum", "median", "ratio of minima", "of medians", "set-up"]

MEASURING = """\
How it is measured: all contenders of a task run in one process and take turns. Before the clock starts, loss and
gradients of all are compared, to 1e-11 of the largest number, in three runs; a difference is an error. A round times
each once, as many runs in a row as fill 0.2 s, at least 3, so that an engine pays for collecting its own garbage; the
order alternates. Python's cyclic collector is on, as by default, except in the rows that say *collector paused*.
Garbage that is left is collected between timings, outside the clock, and what was alive before the first round is
hidden from the collector. Ratios are to the first row: 5.00 is five times its time; where the table has a compiled
`Program`, one column more has those to its minimum. All libraries are kept to one thread and to float64. *Set-up* is
what it takes to record and compile, once, where that is done before the clock starts.
"""


@dataclass(frozen=True)
class Section:
    """A title, a paragraph, and a table whose first row is its header."""

    title: str
    text: str
    table: Sequence[Sequence[str]]


def rows_of(timings: dict[str, Timing], also: str = "") -> list[list[str]]:
    """Return the table of a task: times, and their ratios to those of the first row.

    Args:
        timings: by the names of the rows.
        also: a row to whose minimum there are ratios, too, if it is in the table and not the first.
    """
    first, *others = timings
    ours = timings[first].seconds
    more = [also] if also in others else []
    rows = [[*HEADER[:-1], *(f"to {name}" for name in more), HEADER[-1]]]
    for name, timing in timings.items():
        low, middle = min(timing.seconds), statistics.median(timing.seconds)
        ratios = [low / min(ours), middle / statistics.median(ours), *(low / min(timings[row].seconds) for row in more)]
        setup = "" if timing.setup is None else duration(timing.setup)
        numbers = [duration(low), duration(middle), *(_plain(f"{ratio:#.3g}") for ratio in ratios)]
        rows.append([name, timing.contender.how, *numbers, setup])
    return rows


def as_text(section: Section) -> str:
    """Return a section for the terminal: the title and the table."""
    header, *_ = section.table
    widths = [max(len(row[i]) for row in section.table) for i in range(len(header))]
    n_words = 2 if header[1] == "how" else 1
    lines = [f"\n{section.title}"]
    for row in section.table:
        cells = [
            cell.ljust(width) if i < n_words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def as_markdown(facts: dict[str, str], sections: Iterable[Section], command: str) -> str:
    """Return the page."""
    parts = [
        "# Benchmarks",
        f"Written by `{command}`; see [benchmarks/](../benchmarks/README.md) for how to run it. Do not edit.",
        "\n".join(["| | |", "|---|---|", *(f"| {what} | {value} |" for what, value in facts.items())]),
        MEASURING.strip(),
    ]
    for section in sections:
        parts += [f"## {section.title}", section.text, _markdown_table(section.table)]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Sequence[Sequence[str]]) -> str:
    header, *rows = table
    rule = ["---" if name in ("", "how") else "---:" for name in header]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{_plain(f'{seconds / size:#.3g}')} {unit}"
    return f"{_plain(f'{seconds / 1e-6:#.3g}')} µs"


def _plain(number: str) -> str:
    """A number formatted with #.3g, without an exponent or a bare point at its end."""
    if "e-" in number:
        return f"{float(number):.7f}"
    return f"{float(number):.0f}" if "e" in number or number.endswith(".") else number
