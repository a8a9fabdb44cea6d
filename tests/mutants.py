"""Do the tests hold the product? Change one thing in a file, run the tests that can reach it, see whether any fails.

    python tests/mutants.py --package nn --count 20 --seed 1

Mutants are drawn evenly over the kinds of change, at most one in a line. The folder of tests of the same name runs
first, with the doctests of the file; then all tests of the package; with --deep all others. All this happens in a copy
of the tree in a temporary folder. A survivor is printed as a diff: whether it is equivalent, a reader decides.
"""

import argparse
import ast
import copy
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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


def stages(root: Path, path: str, deep: bool) -> list[list[str]]:
    """What pytest runs for a file, one stage after the other: near tests first."""
    package, *rooms, name = Path(path).parts
    folder = root / "tests" / package
    for room in rooms:
        if (folder / room).is_dir():
            folder /= room
    near = [file for file in (folder / f"test_{name}",) if file.is_file()]
    near = near or ([folder] if rooms and folder != root / "tests" / package else [])
    steps = [[*(file.relative_to(root).as_posix() for file in near), path], [f"tests/{package}"]]
    if folder not in (root / "tests" / package, *near):
        steps.insert(1, [folder.relative_to(root).as_posix()])
    return [*steps, ["tests"]] if deep else steps


def run(root: Path, targets: list[str], limit: float | None) -> bool:
    """Whether the tests pass, in time."""
    environment = {**os.environ, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # equal examples; no stale bytecode
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *targets]
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as tests:
        try:
            return tests.wait(limit) in (0, 5)  # 5: no tests
        except subprocess.TimeoutExpired:
            os.killpg(tests.pid, signal.SIGKILL)
            return False


class Survey:
    """Runs mutants in a copy of a tree."""

    def __init__(self, root: Path, deep: bool = False) -> None:
        self.root, self.deep = root, deep
        self._limits: dict[tuple[str, ...], float] = {}

    def limit(self, targets: list[str]) -> float:
        """How long a mutant may take: the tests run without it first, and must pass.

        Raises:
            SystemExit: if they do not.
        """
        key = tuple(targets)
        if key not in self._limits:
            start = time.monotonic()
            if not run(self.root, targets, None):
                raise SystemExit(
                    f"mutants: expected tests that pass without a mutant, got a failure in {' '.join(key)}"
                )
            self._limits[key] = SPARE_SECONDS + TIMES_AS_LONG * (time.monotonic() - start)
        return self._limits[key]

    def killed_by(self, mutant: Mutant) -> str:
        """The targets whose tests fail, or do not end, with a mutant; "" if it survives."""
        path = self.root / mutant.path
        content = path.read_bytes()
        for targets in stages(self.root, mutant.path, self.deep):
            limit = self.limit(targets)
            try:
                path.write_bytes(mutant.apply(content))
                if not run(self.root, targets, limit):
                    return " ".join(targets)
            finally:
                path.write_bytes(content)
        return ""

    def diff(self, mutant: Mutant) -> str:
        """A mutant as a diff."""
        content = (self.root / mutant.path).read_bytes()
        old, new = (text.decode().splitlines(keepends=True) for text in (content, mutant.apply(content)))
        return "".join(difflib.unified_diff(old, new, mutant.path, mutant.path, n=2))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(prog="python tests/mutants.py", description="Do the tests hold the product?")
    parser.add_argument("--package", action="append", choices=PACKAGES, help="several times for several; else all")
    parser.add_argument("--count", type=int, default=20, help="of mutants in each package")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--deep", action="store_true", help="all tests, for mutants that those of the package leave alive"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        skipped = shutil.ignore_patterns(".git", ".*venv", "__pycache__", ".*_cache", "build", "node_modules", "site")
        shutil.copytree(root, tree, ignore=skipped)
        survey = Survey(tree, options.deep)
        for package in options.package or PACKAGES:
            drawn = draw(tree, package, options.count, random.Random(f"{options.seed} {package}"))
            alive = []
            for mutant in drawn:
                by = survey.killed_by(mutant)
                print(
                    f"{'killed  ' if by else 'SURVIVED'} {mutant.kind:10} {mutant.path}:{mutant.line} {by}", flush=True
                )
                if not by:
                    alive.append(mutant)
            print(f"{package}: {len(drawn)} mutants, {len(drawn) - len(alive)} killed, {len(alive)} survived")
            for mutant in alive:
                print(f"\n{mutant.kind}\n{survey.diff(mutant)}", flush=True)


if __name__ == "__main__":
    main()
