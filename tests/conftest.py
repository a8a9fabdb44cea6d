"""What all tests share: the hypothesis profiles, the root of the repository, and `refuses`."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

# A quick look, at new examples each time; in CI a full one, the same in every run. A test that needs another number of
# examples takes its share of `settings.default.max_examples`. No deadline: a slow machine is not a bug.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("full", deadline=None, max_examples=100, derandomize=True, database=None, print_blob=True)
settings.register_profile("few", settings.get_profile("full"), max_examples=5)  # shows where a test comes through
settings.load_profile("full" if os.environ.get("CI") else "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
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
