"""Do the tests hold the product? Change one thing in a file, run the tests that can reach it, see whether any fails.

    python tests/mutants.py --package nn --count 20 --seed 1

Mutants are drawn evenly over the kinds of change, at most one in a line, in a copy of the tree. There the tests of
their packages run once, measured: which of them come through the line of a mutant, and how long each takes. A mutant
meets only these, near and quick ones first, until one fails; those of a minute, or with --deep all. A survivor is
printed as a diff: whether it is equivalent, a reader decides.
"""

import argparse
import ast
import collections
import copy
import difflib
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("autodiff", "nn", "viz")
OTHERS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SPARE_SECONDS, TIMES_AS_LONG = 60, 5  # a mutant may take so much longer than the tests without it; then it is dead
READERS = ("tests/test_exports.py",)  # of all files, which their tests need not run
FIRST_SECONDS, MOST_SECONDS = 5.0, 60.0  # of tests of a mutant, in a first run and in a second


class Mutant(NamedTuple):
    """One change: bytes of a file, and what replaces them."""

    kind: str
    path: str
    line: int
    start: int
    end: int
    text: str

    def apply(self, content: bytes) -> bytes:
        return content[: self.start] + self.text.encode() + content[self.end :]


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST, ast.AST | None]]:
    """(kind, what is replaced, by what) for each change of a node; None stands for no statement."""
    new = copy.deepcopy(node) if isinstance(node, ast.expr | ast.Slice) else node
    match new:
        case ast.BinOp() if type(new.op) in OTHERS:
            new.op = OTHERS[type(new.op)]()
            yield "arithmetic", node, new
        case ast.Compare() if type(new.ops[0]) in OTHERS:
            new.ops[0] = OTHERS[type(new.ops[0])]()
            yield "comparison", node, new
        case ast.BoolOp():
            for clause in new.values:
                rest = [other for other in new.values if other is not clause]
                yield "clause", node, rest[0] if len(rest) == 1 else ast.BoolOp(new.op, rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign", node, new.operand
        case ast.Constant(value=bool() as value):
            yield "constant", node, ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield "constant", node, ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield "text", node, ast.Constant(f"{value}?" if value else "?")
        case ast.IfExp():
            new.body, new.orelse = new.orelse, new.body
            yield "branches", node, new
        case ast.Call():
            if len(new.args) > 1 and not any(isinstance(argument, ast.Starred) for argument in new.args[:2]):
                swapped = copy.deepcopy(new)
                swapped.args[:2] = swapped.args[1::-1]
                yield "arguments", node, swapped
            if new.keywords:
                new.keywords.pop()
                yield "keyword", node, new
        case ast.Slice():
            for end in ("lower", "upper"):
                moved = copy.deepcopy(new)
                if (bound := getattr(moved, end)) is not None:
                    setattr(moved, end, ast.BinOp(bound, ast.Add(), ast.Constant(1)))
                    yield "slice", node, moved
    match node:
        case ast.If(test=test) | ast.While(test=test):
            yield "guard", test, ast.Constant(False)
            if isinstance(node, ast.If):
                yield "guard", test, ast.Constant(True)
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "result", value, ast.Constant(None)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise(exc=ast.expr()):
            yield "statement", node, None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement", node, None


def reached(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that can change: no annotations, decorators, docstrings, imports and parts of f-strings."""
    for field, children in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in children if isinstance(children, list) else [children]:
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            is_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if isinstance(child, ast.AST) and not (is_text or is_typing or isinstance(child, ast.JoinedStr)):
                yield child
                yield from reached(child)


def mutants_of(path: str, content: bytes) -> Iterator[Mutant]:
    """All changes of a file, some of which are no valid Python or the same program."""
    starts = [0]
    for row in content.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    for node in reached(ast.parse(content)):
        for kind, old, new in changes(node):
            start, end = starts[old.lineno - 1] + old.col_offset, starts[old.end_lineno - 1] + old.end_col_offset
            text = "pass" if new is None else ast.unparse(new)
            is_bare = isinstance(new, ast.Slice) or new is None
            yield Mutant(kind, path, old.lineno, start, end, text if is_bare else f"({text})")


def is_another_program(mutant: Mutant, content: bytes) -> bool:
    """Whether a mutant is valid Python, which a text beside another text is not, and means something else."""
    try:
        return ast.dump(ast.parse(mutant.apply(content))) != ast.dump(ast.parse(content))
    except SyntaxError:
        return False


def draw(root: Path, package: str, count: int, rng: random.Random) -> list[Mutant]:
    """Some mutants of a package, evenly over the kinds, at most one in a line."""
    kinds: dict[str, list[Mutant]] = {}
    for path in sorted((root / package).rglob("*.py")):
        for mutant in mutants_of(path.relative_to(root).as_posix(), path.read_bytes()):
            kinds.setdefault(mutant.kind, []).append(mutant)
    drawn: dict[tuple[str, int], Mutant] = {}
    while len(drawn) < count and kinds:
        kind = rng.choice(sorted(kinds))
        mutant = kinds[kind].pop(rng.randrange(len(kinds[kind])))
        if is_another_program(mutant, (root / mutant.path).read_bytes()):
            drawn.setdefault((mutant.path, mutant.line), mutant)
        kinds = {name: some for name, some in kinds.items() if some}
    return [*drawn.values()]


MEASURED = """[run]
include = {files}
data_file = {data}
"""
TIME = re.compile(r"([\d.]+)s (?:call|setup|teardown) +(.+)")


class Test(NamedTuple):
    """A test, by the name that pytest has for it, and its seconds."""

    name: str
    seconds: float


def run(root: Path, arguments: Iterable[str], limit: float | None = None, **variables: str) -> tuple[int, str]:
    """The exit code of pytest, and what it prints; a run beyond the limit of seconds ends with the code -9."""
    # CI: equal examples. No bytecode: that of a mutant may be as old as the file that comes back.
    environment = {**os.environ, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    listed = root / "arguments.txt"  # a command line may be too short for them
    listed.write_text("\n".join(arguments), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"@{listed}"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed,
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=printed, stderr=printed, start_new_session=True
        ) as tests,
    ):
        try:
            code = tests.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(tests.pid, signal.SIGKILL)
            code = tests.wait()
        printed.seek(0)
        return code, printed.read()


class Survey:
    """Runs mutants in a copy of a tree, against the tests that come through their lines."""

    def __init__(self, root: Path, paths: Iterable[str], deep: bool = False) -> None:
        self.root, self.deep = root, deep
        self._seconds: dict[str, float] = {}
        self._seen: dict[str, dict[int, list[str]]] = {path: {} for path in paths}
        self._imported: dict[str, set[int]] = {path: set() for path in paths}  # lines that run on import, in no test
        self._measure()

    def _measure(self) -> None:
        """Run all tests of the packages, on few random examples; those that fail are named, and left out."""
        from coverage import CoverageData

        data, settings = self.root / "measured", self.root / "measured.cfg"
        files = "".join(f"\n    {path}" for path in self._seen)
        settings.write_text(MEASURED.format(files=files, data=data), encoding="utf-8")
        packages = sorted({path.partition("/")[0] for path in self._seen})
        folders = [*(f"tests/{package}" for package in packages), *packages]
        folders += [place for place in ("tests/peers", *READERS) if (self.root / place).exists()]
        measure = [
            "--cov",
            f"--cov-config={settings}",
            "--cov-context=test",
            "--cov-report=",
            "--hypothesis-profile=few",
        ]
        durations = ["-vv", "--durations=0", "--durations-min=0", "-rfE"]
        _, printed = run(self.root, [*folders, *measure, *durations])
        for match in TIME.finditer(printed):
            self._seconds[match[2]] = self._seconds.get(match[2], 0.0) + float(match[1])
        failed = {line.split()[1] for line in printed.splitlines() if line.startswith(("FAILED ", "ERROR "))}
        for name in sorted(failed):
            print(f"fails without a mutant, and is left out: {name}")
        if not self._seconds.keys() - failed:
            raise SystemExit(f"mutants: expected tests that pass without a mutant, got\n{printed[-3000:]}")
        measured = CoverageData(data)
        measured.read()
        for path, lines in self._seen.items():
            for line, contexts in measured.contexts_by_lineno(str(self.root / path)).items():
                names = {context.rpartition("|")[0] for context in contexts} - failed
                lines[line] = [name for name in names if name in self._seconds]
                self._imported[path] |= {line} if "" in contexts else set()

    def tests_of(self, mutant: Mutant) -> list[Test]:
        """The tests that come through a line, near and quick ones first.

        A line that runs on import is for all tests, first those that come through it or another line of the file.
        """
        lines = self._seen[mutant.path]
        begin = max((line for line in lines if line <= mutant.line), default=0)  # a statement may have several lines
        names = of_file = {*lines.get(begin, ())}
        if not names or begin in self._imported[mutant.path]:
            names, of_file = {*self._seconds}, {name for some in lines.values() for name in some}
        package, *rooms, file = Path(mutant.path).parts
        places = [mutant.path, *("/".join(["tests", package, *rooms[:depth]]) for depth in range(len(rooms) + 1))]
        places.append(f"{places[-1]}/test_{file}")

        def key(name: str) -> tuple[bool, bool, int, float]:
            near = sum(name.startswith(place) for place in places)
            return not name.startswith(READERS), name not in of_file, -near, self._seconds[name]

        return [Test(name, self._seconds[name]) for name in sorted(names, key=key)]

    def killed_by(self, mutant: Mutant) -> str:
        """The first test that fails, or does not end, with a mutant; "" if it survives."""
        path = self.root / mutant.path
        content = path.read_bytes()
        waiting = self.tests_of(mutant)
        for seconds in (FIRST_SECONDS, math.inf if self.deep else MOST_SECONDS):
            total, tests = 0.0, []
            while waiting and (total := total + waiting[0].seconds) <= seconds:
                tests.append(waiting.pop(0))
            # Of a file that is named twice, pytest makes two modules; doctests come last, as its tests may pickle.
            names = sorted((test.name for test in tests), key=lambda name: not name.startswith("tests/"))
            if not names:
                continue
            try:
                path.write_bytes(mutant.apply(content))
                limit = SPARE_SECONDS + TIMES_AS_LONG * sum(test.seconds for test in tests)
                code, printed = run(self.root, ["-x", "-rfE", *names], limit)
                if code == pytest.ExitCode.USAGE_ERROR:  # a mutant may change the names of tests
                    files = dict.fromkeys(name.partition("::")[0] for name in names)
                    code, printed = run(self.root, ["-x", "-rfE", *files], limit)
            finally:
                path.write_bytes(content)
            if code:
                failed = [line for line in printed.splitlines() if line.startswith(("FAILED ", "ERROR "))]
                return failed[0] if failed else f"pytest ends with {code}"
        return ""

    def diff(self, mutant: Mutant) -> str:
        """A mutant as a diff."""
        content = (self.root / mutant.path).read_bytes()
        old, new = (text.decode().splitlines(keepends=True) for text in (content, mutant.apply(content)))
        return "".join(difflib.unified_diff(old, new, mutant.path, mutant.path, n=2))


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(prog="python tests/mutants.py", description="Do the tests hold the product?")
    parser.add_argument("--package", action="append", choices=PACKAGES, help="several times for several; else all")
    parser.add_argument("--count", type=int, default=20, help="of mutants, shared by the packages by their lines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--deep", action="store_true", help="all tests of the line, not those of a minute")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        skipped = shutil.ignore_patterns(".git", ".*venv", "__pycache__", ".*_cache", "build", "node_modules", "site")
        shutil.copytree(root, tree, ignore=skipped)
        packages = options.package or PACKAGES
        lines = {package: sum(map(lines_of, (tree / package).rglob("*.py"))) for package in packages}
        drawn: list[Mutant] = []
        for package in packages:
            share = round(options.count * lines[package] / sum(lines.values()))
            drawn += draw(tree, package, share, random.Random(f"{options.seed} {package}"))
        random.Random(options.seed).shuffle(drawn)  # a run that is broken off is a draw too
        survey = Survey(tree, {mutant.path for mutant in drawn}, options.deep)
        counts: collections.Counter[str] = collections.Counter()
        for mutant in drawn:
            by = survey.killed_by(mutant)
            place = f"{mutant.kind:10} {mutant.path}:{mutant.line}"
            print(f"killed   {place} {by}" if by else f"SURVIVED {place}\n{survey.diff(mutant)}", flush=True)
            counts.update([mutant.path.partition("/")[0] + (" killed" if by else " survived")])
        for package in packages:
            killed, survived = counts[f"{package} killed"], counts[f"{package} survived"]
            print(f"{package}: {killed + survived} mutants, {killed} killed, {survived} survived")


if __name__ == "__main__":
    main()
