"""What all tests share: the hypothesis profiles, the root of the repository, and `refuses`."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: a slow machine is not a bug. In CI the examples are the same in every run; elsewhere they are new ones.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


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
