"""What all tests share: the profiles, quick and full, the root of the repository, and `refuses`."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A quick look, at new examples each time; in CI a full one, the same in every run. A test that needs another number of
# examples takes its share of `settings.default.max_examples`. No deadline: a slow machine is not a bug.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("full", deadline=None, max_examples=100, derandomize=True, database=None, print_blob=True)
settings.register_profile("few", settings.get_profile("full"), max_examples=5)  # shows where a test comes through
settings.load_profile("full" if os.environ.get("CI") else "quick")
LEFT_OUT = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = 0
    config.addinivalue_line("markers", "full: takes seconds; a run of all tests leaves it out, but in CI")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked `full` out of a quick look at all tests.

    Of a test with several cases the first stays, but with `full(cases=0)`. Whoever names a file or a folder gets all.
    """
    if os.environ.get("CI") or not runs_all(config):
        return
    seen, stay = set[str](), []
    for item in items:
        mark = item.get_closest_marker("full")
        test, cases, _ = item.nodeid.partition("[")
        if mark is None or (cases and test not in seen and mark.kwargs.get("cases", 1)):
            stay.append(item)
        seen.add(test)
    config.stash[LEFT_OUT] = len(items) - len(stay)
    items[:] = stay


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left := config.stash[LEFT_OUT]:
        command = "CI=true python -m pytest -n auto"
        terminalreporter.write_line(f"{left} cases of slow tests were left out; with them: {command}")


def runs_all(config: pytest.Config) -> bool:
    """Whether the command names no file or folder; a worker of pytest-xdist is told by what started it."""
    told: bool | None = getattr(config, "workerinput", {}).get("runs_all")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS if told is None else told


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["runs_all"] = runs_all(node.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write", action="store_true", help="write what tests compare with a file, to read what changed")
    parser.addoption("--fuzz", type=int, default=1, help="how many times as many random examples; 70 takes minutes")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def refuses() -> Callable[[type[Exception], str], AbstractContextManager[None]]:
    """A context that must raise exactly this error with exactly this text: messages are part of the interface."""

    @contextmanager
    def context(kind: type[Exception], message: str) -> Iterator[None]:
        with pytest.raises(kind) as error:
            yield
        assert error.type is kind
        assert str(error.value) == message

    return context


@pytest.fixture
def as_written(request: pytest.FixtureRequest) -> Callable[[Path, str, Iterable[str]], None]:
    """Compare lines with those below `# name` in a file; `--write` writes them there instead."""

    def compare(file: Path, name: str, lines: Iterable[str]) -> None:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        sections = dict(re.findall(r"^# (.+)\n((?:(?!# ).*\n)*)", text, re.M))
        if request.config.getoption("write"):
            sections[name] = "".join([f"{line}\n" for line in lines])
            file.write_text("".join([f"# {name}\n{section}" for name, section in sections.items()]), encoding="utf-8")
        else:
            assert [*lines] == sections[name].splitlines()

    return compare


@pytest.fixture
def as_measured(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare words and numbers, by a key each, with those of a name in a JSON file; `--write` writes them there."""

    def compare(file: Path, name: str, seen: Mapping[str, str | list[float]], **tolerance: float) -> None:
        sections = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if request.config.getoption("write"):
            numbers = {key: x if isinstance(x, str) else [round(float(y), 5) for y in x] for key, x in seen.items()}
            rows = [
                f"{json.dumps(key)}: {json.dumps(x, ensure_ascii=False)}"
                for key, x in {**sections, name: numbers}.items()
            ]
            file.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
        else:
            expected = {
                key: x if isinstance(x, str) else pytest.approx(x, **tolerance) for key, x in sections[name].items()
            }
            assert seen == expected

    return compare
