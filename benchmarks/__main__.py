"""All tasks with all peers that are installed: `python -m benchmarks`, from the root of the repository."""

import argparse
import shlex
import sys
from pathlib import Path

from autodiff.errors import MissingDependencyError
from benchmarks import machine, overview, peers, report
from benchmarks.race import Results, race
from benchmarks.tasks import SMALL_BATCHES, SMALL_BATCHES_TEXT, TASKS
from benchmarks.worker import LostError, Worker

SMALL = "small-batches"
OF_PEER = dict.fromkeys(("batches", "compilation", "paying", "threads"), "program") | {"memory": "chainrule"}
"""Tables that are no race, and in whose process each is made."""
SECTION_LIMIT = 600.0  # seconds for such a table


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="chainrule beside other engines")
    parser.add_argument("--rounds", type=int, default=5, help="timings of each contender (default: %(default)s)")
    names = [*TASKS, SMALL, *OF_PEER]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="NAME", help=f"of {', '.join(names)}"
    )
    others = [name for name in peers.DISTRIBUTIONS if name != "chainrule"]
    parser.add_argument("--peers", nargs="*", choices=others, metavar="NAME", help=f"of {', '.join(others)}")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that a row may take to set up or to time")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the results as Markdown, too")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="write the main results between its two marks")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"expected --rounds of at least 1, got {options.rounds}")
    if options.readme and overview.BEGIN not in options.readme.read_text(encoding="utf-8"):
        parser.error(f"expected the line {overview.BEGIN} in {options.readme}")
    options.peers = ["chainrule", *(others if options.peers is None else options.peers)]
    return options


def start(names: list[str], limit: float) -> tuple[dict[str, Worker], list[str]]:
    """Start a process for each peer that is installed; return them, and what is said of every peer."""
    workers, versions = {}, []
    for name in names:
        worker = Worker(name, limit)
        try:
            version = worker.ask("version")
        except LostError as reason:
            worker.close()
            versions.append(f"{name} not run ({reason})")
            continue
        workers[name] = worker
        versions += [] if name == "chainrule" else [version]
    return workers, versions


def section_of(name: str, workers: dict[str, Worker], rounds: int, races: dict[str, Results]) -> report.Section | None:
    """Do what `--only` calls by this name, and keep the results of a race; None if none of the peers can."""
    if name in OF_PEER:
        worker = workers.get(OF_PEER[name])
        return worker.ask("section", name, rounds, limit=SECTION_LIMIT) if worker else None
    if name == SMALL:
        columns = {column: race(make(), [*workers.values()], rounds) for column, make in SMALL_BATCHES.items()}
        return report.Section(
            "Small batches", SMALL_BATCHES_TEXT, report.columns_of(columns), report.ahead_of_columns(columns)
        )
    task = TASKS[name]()
    results = races[name] = race(task, [*workers.values()], rounds)
    if not results.timings:
        return None
    return report.Section(
        task.title, task.text, report.rows_of(results.timings, also=peers.PROGRAM), report.ahead(results)
    )


def run(options: argparse.Namespace) -> None:
    """Do what the command line says."""
    workers, versions = start(options.peers, options.limit)
    facts = machine.facts() | {"peers": ", ".join(versions)}
    print("\n".join(f"{what}: {value}" for what, value in facts.items()))
    sections, races = [], dict[str, Results]()
    for name in options.only:
        try:
            section = section_of(name, workers, options.rounds, races)
        except (MissingDependencyError, LostError) as error:
            print(f"\n{name}: left out; {error}")
            continue
        if section is None:
            print(f"\n{name}: left out; none of the peers does it")
            continue
        sections.append(section)
        print(report.as_text(section), flush=True)
    for worker in workers.values():
        worker.close()
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    if options.write is not None:
        options.write.write_text(
            report.as_markdown(facts, overview.overview(races), sections, command), encoding="utf-8"
        )
    if options.readme is not None:
        overview.rewrite(options.readme, facts, races)


if __name__ == "__main__":
    machine.use_one_thread()
    run(arguments())
