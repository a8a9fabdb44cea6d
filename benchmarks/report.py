"""The tables, as text for a terminal and as Markdown for docs/benchmarks.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Timing
from benchmarks.race import Results

MEASURING = """\
Every peer has a process of its own, and all contenders of a task take turns. Before the clock
starts, values and gradients of all are compared with the first row's, to 1e-10 of the largest number, in three runs;
one that differs, fails or takes too long has no row, and the line below the table says so. A round times each once, as
many runs in a row as fill 0.2 s, at least 3, so that an engine pays for collecting its own garbage; the order
alternates. Python's cyclic collector is on, as by default, except in the rows that say *collector paused*. Garbage that
is left is collected between timings, outside the clock, and what was alive before is hidden from the collector.
Everything is in float64 and on one thread. *Of the first* is the ratio of the minimum to that of the first row: 5.00 is
five times its time; *of Program* the same to the row *Program, llvm*. *Set-up* is what it takes, once, to record and
compile, and to run for the first time. *By hand* means that a person derived the gradient.

Each peer is in the form in which it ran best here: JAX with a flat state that is donated, loops as one compiled `scan`,
and without asynchronous dispatch; casadi as C, generated, compiled with `-O3` (where that takes less than a minute) and
called through `buffer()`; numba with the samples innermost and the loop over batches inside; numpy with `out=`,
samples as columns and the bias in the matrix product; PyTorch eager and with the whole step in `torch.compile`; C
blocked for the registers, 4 neurons by 4 vectors of samples.
"""


@dataclass(frozen=True)
class Section:
    """A title, a paragraph, a table whose first row is its header, and what the table says in words."""

    title: str
    text: str
    table: Sequence[Sequence[str]]
    summary: str = ""


def rows_of(timings: dict[str, Timing], also: str = "") -> list[list[str]]:
    """Return the table of a task: times, and the ratios of the minima to that of the first row.

    Args:
        timings: by the names of the rows.
        also: a row to whose minimum there are ratios, too, if it is in the table and not the first.
    """
    first, *others = timings
    to = [first, also] if also in others else [first]
    ratios = ["of the first", "of Program"][: len(to)]
    rows = [["", "how", "minimum", "median", *ratios, "set-up"]]
    for name, timing in timings.items():
        low = min(timing.seconds)
        numbers = [plain(f"{low / min(timings[row].seconds):#.3g}") for row in to]
        setup = "" if timing.setup is None else duration(timing.setup)
        rows.append([name, timing.how, duration(low), duration(median(timing.seconds)), *numbers, setup])
    return rows


def ahead(results: Results) -> str:
    """Return who is ahead, and which rows are missing and why."""
    lows = {name: min(timing.seconds) for name, timing in results.timings.items()}
    order, derived = ranked(results)
    text = f"Ahead: {_first_two(order, lows)}." if len(order) > 1 else ""
    if derived and order[: len(derived)] != derived:
        text += f" Without derivatives by hand: {_first_two(derived, lows)}."
    return f"{text} {missing(results)}".strip()


def ranked(results: Results) -> tuple[list[str], list[str]]:
    """Return the rows from the quickest on: all of them, and those that derive the gradient."""
    order = sorted(results.timings, key=lambda name: min(results.timings[name].seconds))
    return order, [name for name in order if not results.timings[name].how.startswith("by hand")]


def missing(results: Results) -> str:
    """Return which rows were lost, and why."""
    return " ".join(f"No row for {name}: {reason}." for name, reason in results.lost.items())


def ahead_of_columns(columns: dict[str, Results]) -> str:
    """Return the same for several tasks side by side, without the times."""
    firsts = []
    for column, results in columns.items():
        order, derived = ranked(results)
        if order:
            firsts.append(f"{column}: " + ", of those that derive ".join(dict.fromkeys([order[0], *derived[:1]])))
    lost = " ".join(filter(None, map(missing, columns.values())))
    return f"Ahead: {'; '.join(firsts)}. {lost}".strip()


def _first_two(names: list[str], seconds: dict[str, float]) -> str:
    """The first name, and the second if there is one, with their times."""
    words = [f"{name} ({duration(seconds[name])})" for name in names[:2]]
    return ", then ".join([f"**{words[0]}**", *words[1:]])


def columns_of(columns: dict[str, Results]) -> list[list[str]]:
    """Return the table of several tasks side by side: the minima of each, and the set-up of the last."""
    names = list(dict.fromkeys(name for results in columns.values() for name in results.timings))
    rows = [["", "how", *columns, "set-up"]]
    for name in names:
        timings = [results.timings.get(name) for results in columns.values()]
        *_, last = (timing for timing in timings if timing)
        lows = [duration(min(timing.seconds)) if timing else "" for timing in timings]
        rows.append([name, last.how, *lows, duration(last.setup) if last.setup else ""])
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
    return "\n".join([*lines, *([f"  {section.summary}"] if section.summary else [])])


def as_markdown(facts: dict[str, str], overview: str, sections: Iterable[Section], command: str) -> str:
    """Return the page."""
    parts = [
        "# Benchmarks",
        f"Written by `{command}`; see [benchmarks/](../benchmarks/README.md) for how to run it. Do not edit.",
        "\n".join(["| | |", "|---|---|", *(f"| {what} | {value} |" for what, value in facts.items())]),
        overview,
        "## How it is measured",
        MEASURING.strip(),
    ]
    for section in sections:
        parts += [f"## {section.title}", section.text, markdown_table(section.table)]
        parts += [section.summary] if section.summary else []
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """Return a table; all but words are at the right."""
    header, *rows = table
    rule = ["---" if name in ("", "how") else "---:" for name in header]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{plain(f'{seconds / size:#.3g}')} {unit}"
    return f"{plain(f'{seconds / 1e-6:#.3g}')} µs"


def plain(number: str) -> str:
    """Return a number that was formatted with #.3g without an exponent or a bare point at its end."""
    if "e-" in number:
        return f"{float(number):.7f}"
    return f"{float(number):.0f}" if "e" in number or number.endswith(".") else number
