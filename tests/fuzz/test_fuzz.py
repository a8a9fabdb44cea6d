"""Each attack passes for a second from a fixed seed, and finds a fault that is planted."""

import contextlib
import importlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import threading

import pytest

from autodiff import Program, Value, parse
from nn.training.interrupt import Interrupts
from tests.fuzz import __main__ as command
from tests.fuzz import builds, formulas, graphs, tries

SECONDS, TIME_TO_FIND = 1.0, 120.0
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
# An interrupt between the opening of a file and its `with` leaves the file to the collector, which warns.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
NAMES = [pytest.param(name, marks=needs_node) if name == "javascript" else name for name in command.NAMES]


def run_attack(name, seconds=SECONDS, seed=1):
    return [*importlib.import_module(f"tests.fuzz.{name}").attack(random.Random(f"{seed} {name}"), seconds)]


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_tries_something_and_fails_nowhere(name):
    assert len(run_attack(name)) > 0


def wrong_slope(patch):
    original = Program.value_and_grad

    def value_and_grad(self, *arguments, **options):
        value, slopes = original(self, *arguments, **options)
        return value, slopes * (1 + 1e-9)

    patch.setattr(Program, "value_and_grad", value_and_grad)


def wrong_javascript(patch):
    original = Program.source
    patch.setattr(Program, "source", lambda *args, **kw: original(*args, **kw).replace("return [", "return [1e-9 + "))


def wrong_bit(patch):
    original = builds.digests
    patch.setattr(builds, "digests", lambda rng: ["0" * 16, *original(rng)[1:]])


def wrong_mean(patch):
    original = Program.mean_and_grad

    def mean_and_grad(self, *arguments):
        mean, slopes = original(self, *arguments)
        return mean, slopes + 1e-9

    patch.setattr(Program, "mean_and_grad", mean_and_grad)


def last_point_counted_twice(patch):
    patch.setattr("autodiff.program.llvm.loops.kernel.write_clean", lambda *arguments: None)


def wrong_in_threads(patch):
    original = Program.__call__

    def call(self, points):
        return original(self, points) * (1.0 if threading.current_thread() is threading.main_thread() else 1 + 1e-15)

    patch.setattr(Program, "__call__", call)


def interrupts_within_steps(patch):
    patch.setattr("nn.training.fitting.interrupts_deferred", lambda: contextlib.nullcontext(Interrupts()))


def damage_unseen(patch):
    patch.setattr("nn.checkpoint.checkpoint._checksum", lambda document: "")


def labels_as_they_are(patch):
    patch.setattr("html.escape", lambda text, quote=True: text)
    for module in ("viz.pages.markup", "viz.drawing.dot"):
        patch.setattr(f"{module}.escape", lambda text, quote=True: text)


def wrong_reading(patch):
    patch.setattr(formulas, "parse", lambda formula, **variables: parse(formula.replace("-", "+"), **variables))


PLANTED = {
    "backends": wrong_slope,
    "builds": wrong_bit,
    "checkpoints": damage_unseen,
    "formulas": wrong_reading,
    "interrupts": interrupts_within_steps,
    "javascript": wrong_javascript,
    "labels": labels_as_they_are,
    "loops": last_point_counted_twice,
    "structures": wrong_mean,
    "threads": wrong_in_threads,
}


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_an_attack_finds_a_planted_fault_and_reproduces_it(name, monkeypatch):
    PLANTED[name](monkeypatch)
    with pytest.raises(tries.AttemptError, match="AssertionError") as failure:
        run_attack(name, TIME_TO_FIND)
    with pytest.raises(AssertionError):
        importlib.import_module(f"tests.fuzz.{name}").attempt(random.Random(failure.value.seed))


def test_the_command_prints_what_it_tried(capsys):
    assert command.main(["--only", "formulas", "--minutes", "0.005", "--seed", "1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("seed 1, ")
    assert printed[1].endswith(" tries, 0 failures")
    assert sum(int(line.split()[0]) for line in printed[2:]) == int(printed[1].split()[1])


def test_the_command_prints_a_reproduction_and_exits_with_1(capsys, monkeypatch):
    wrong_reading(monkeypatch)
    assert command.main(["--only", "formulas", "--minutes", "0.005", "--seed", "1"]) == 1
    printed = capsys.readouterr().out
    seed = printed.partition("--only formulas --try ")[2].split()[0]
    with pytest.raises(AssertionError):
        command.main(["--only", "formulas", "--try", seed])


def test_the_command_attacks_the_sources_or_what_is_installed(root, tmp_path):
    (tmp_path / "autodiff").mkdir()
    (tmp_path / "autodiff/__init__.py").write_text("def build(): return 'other'\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    first = []
    for options in ([], ["--installed"]):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--only", "formulas", "--minutes", "0", *options],
            cwd=root, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        first.append(ran.stdout.splitlines()[0].split(", ")[1])
    assert first == ["pure build", "other build"]


def test_the_guided_attack_says_what_it_needs(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "atheris", None)
    with pytest.raises(SystemExit, match=r"^tests\.fuzz: expected the package atheris for --guided; install it: pip "):
        command.main(["--guided", "--only", "formulas"])
    with pytest.raises(SystemExit):
        command.main(["--guided", "--only", "threads"])
    assert capsys.readouterr().err.endswith("--guided needs --only formulas or --only checkpoints\n")


@pytest.mark.parametrize("name", ["formulas", "checkpoints"])
def test_the_guided_attack_runs(name, root):
    pytest.importorskip("atheris")
    arguments = ["--guided", "--only", name, "--minutes", "0.05", "--seed", "1"]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "Done " in ran.stderr


def test_the_bound_of_rounding_holds_where_digits_cancel():
    x = Value(0.1)
    number, bound = graphs.with_bound((x + 1e6) - 1e6)
    assert (
        abs(number - 0.1) <= bound < 1e-8
    )  # two roundings of numbers of 1e6, and the bound is no looser than 40 of them
    number, bound = graphs.with_bound(x * 3.0)
    assert bound < 10 * graphs.EPS * number
    assert not graphs.is_near(number * (1 + 1e-12), (number, bound))
    assert all(not graphs.is_near(wrong, (1.0, 1.0)) for wrong in (float("nan"), float("inf")))


def test_drawn_graphs_reach_every_operation():
    drawn = [graphs.draw(random.Random(seed), 30)[0] for seed in range(200)]
    names = {line[0] for line in itertools.chain(*(recipe.lines for recipe in drawn))}
    assert names == {*graphs.UNARY, *graphs.BINARY, *graphs.WIDE}
