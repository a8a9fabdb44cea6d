"""`python -m tests.fuzz --minutes 30 [--seed N] [--only NAME] [--try NUMBER]`: attack, and print what was tried.

The exit code is 1 if anything failed. The sources here are attacked, in pure Python; with `--installed` the chainrule
that is installed, compiled say. With `--try`, the reproduction that a failure prints, one attempt runs alone.
With `--guided`, libFuzzer looks for inputs of `parse` or `load` that reach new lines; it needs the package atheris.
"""

import argparse
import collections
import importlib
import random
import sys
import time
from pathlib import Path

from tests.fuzz import guided
from tests.fuzz.tries import AttemptError

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef attack(" in path.read_text("utf-8"))
MOST_FAILURES = 5  # of one attack: more of them say no more


def run(name: str, rng: random.Random, seconds: float) -> int:
    """Run one attack, print its counts and failures, and return the number of failures."""
    module = importlib.import_module(f"tests.fuzz.{name}")
    end, failures = time.monotonic() + seconds, 0
    counts: collections.Counter[str] = collections.Counter()
    while failures < MOST_FAILURES:
        try:
            counts.update(module.attack(rng, max(0.0, end - time.monotonic())))
            break
        except AttemptError as failure:
            failures += 1
            print(f"FAILED {name}: {failure}\n    python -m tests.fuzz --only {name} --try {failure.seed}")
        if time.monotonic() >= end:
            break
    print(f"{name}: {counts.total()} tries, {failures} failures", flush=True)
    for kind, count in sorted(counts.items()):
        print(f"    {count:7} {kind}", flush=True)
    return failures


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Attack chainrule with random inputs.")
    parser.add_argument("--minutes", type=float, default=1.0, help="for all attacks together")
    parser.add_argument("--seed", type=int, help="the same attempts again, as far as the time allows")
    parser.add_argument("--only", choices=NAMES, help="one attack")
    parser.add_argument("--try", type=int, dest="attempt", help="one attempt of --only, by its number")
    parser.add_argument("--installed", action="store_true", help="attack the installed chainrule, not the sources here")
    parser.add_argument(
        "--guided", action="store_true", help="formulas or checkpoints that reach new lines, by atheris"
    )
    options = parser.parse_args(arguments)
    if options.guided and options.only not in ("formulas", "checkpoints"):
        parser.error("--guided needs --only formulas or --only checkpoints")
    if options.installed:
        sys.path.append(sys.path.pop(0))  # this folder, behind all that is installed
    seed = random.randrange(2**32) if options.seed is None else options.seed
    if options.guided:
        guided.run(options.only, 60 * options.minutes, seed)
    import autodiff

    if options.attempt is not None:
        if options.only is None:
            parser.error("--try needs --only")
        print(importlib.import_module(f"tests.fuzz.{options.only}").attempt(random.Random(options.attempt)))
        return 0
    names = [options.only] if options.only else NAMES
    print(f"seed {seed}, {autodiff.build()} build, Python {sys.version.split()[0]}", flush=True)
    seconds = 60 * options.minutes / len(names)
    return int(sum(run(name, random.Random(f"{seed} {name}"), seconds) for name in names) > 0)


if __name__ == "__main__":
    sys.exit(main())
