"""All tasks with all peers that are installed: `python -m benchmarks`, from the root of the repository."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from autodiff.errors import MissingDependencyError
from benchmarks import machine, memory, peers, report
from benchmarks.measure import compare, with_deep_stack
from benchmarks.tasks import TASKS, Task

MEMORY, COMPILATION = "memory", "compilation"


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="chainrule beside other engines")
    parser.add_argument("--rounds", type=int, default=10, help="timings of each contender (default: %(default)s)")
    names = [*TASKS, COMPILATION, MEMORY]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="NAME", help=f"of {', '.join(names)}"
    )
    others = [name for name in peers.DISTRIBUTIONS if name != "chainrule"]
    parser.add_argument("--peers", nargs="*", choices=others, metavar="NAME", help=f"of {', '.join(others)}")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the results as Markdown, too")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"expected --rounds of at least 1, got {options.rounds}")
    options.peers = ["chainrule", *(others if options.peers is None else options.peers)]
    return options


def load(names: list[str]) -> dict[str, Callable[[Task], peers.Contenders]]:
    """Return the peers that are installed, and print a line for each that is not."""
    loaded = {}
    for name in names:
        try:
            loaded[name] = peers.load(name)
        except ImportError as error:
            print(f"{name}: not installed ({error})")
    return loaded


def section_of(name: str, loaded: dict[str, Callable[[Task], peers.Contenders]], rounds: int) -> report.Section | None:
    """Do what `--only` calls by this name; None if none of the peers can."""
    if name == MEMORY:
        return memory_section(list(loaded))
    if name == COMPILATION:
        if "program" not in loaded:
            return None
        from benchmarks import compilation  # which needs numpy

        return compilation.section(rounds)
    task = TASKS[name]()
    makers = {row: make for contenders in loaded.values() for row, make in contenders(task).items()}
    if not makers:
        return None
    return report.Section(task.title, task.text, report.rows_of(compare(makers, rounds=rounds), also=peers.PROGRAM))


def memory_section(names: list[str]) -> report.Section:
    """Measure the memory of a node."""
    sizes = {name: memory.per_node(name) for name in memory.PEERS if name in names}
    rows = [[name, f"{size:.0f}", f"{size / sizes['chainrule']:.2f}"] for name, size in sizes.items()]
    return report.Section("Memory of a node", memory.TEXT, [["", "bytes", "ratio"], *rows])


def run(options: argparse.Namespace) -> None:
    """Do what the command line says."""
    loaded = load(options.peers)
    facts = machine.facts() | {"peers": ", ".join(peers.version_of(name) for name in loaded if name != "chainrule")}
    print("\n".join(f"{what}: {value}" for what, value in facts.items()))
    sections = []
    for name in options.only:
        try:
            section = section_of(name, loaded, options.rounds)
        except MissingDependencyError as error:
            print(f"\n{name}: left out; {error}")
            continue
        if section is None:
            print(f"\n{name}: left out; none of the peers does it")
            continue
        sections.append(section)
        print(report.as_text(section), flush=True)
    print("\nloss and gradients of all were the same before each task was timed")
    if options.write is not None:
        command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
        options.write.write_text(report.as_markdown(facts, sections, command), encoding="utf-8")


if __name__ == "__main__":
    machine.use_one_thread()
    with_deep_stack(lambda: run(arguments()))
