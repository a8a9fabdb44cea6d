"""What training and prediction run on."""

from autodiff.program.backends import BACKENDS

EAGER = "eager"


class DependsOnDataError(ValueError):
    """The graph of one sample may not be that of another one, and must not be replayed for it.

    Args:
        why: what was found, as in "but `if x > 0:` looks at a number".
    """

    def __init__(self, why: str) -> None:
        super().__init__(f'expected one graph for all samples, {why}; use backend="eager"')


NOT_WITH_VALUES = (TypeError, AttributeError, ValueError, LookupError, AssertionError, NotImplementedError)
"""What a model raises that can be called with numbers and not with Values, as in `self.table[int(x)]`."""


class NotRecordedError(Exception):
    """The model or the loss raised an error when it was called with Values in place of a sample's numbers.

    Attributes:
        reason: the error.
    """

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason

    def noted(self, who: str) -> Exception:
        """Return the reason, with a note of what to do if plain numbers would do."""
        self.reason.add_note(
            f'{who}: this backend calls the model with Values; if it needs numbers, use backend="eager"'
        )
        return self.reason


def check_backend(who: str, backend: str) -> None:
    """Raise ValueError if there is none of that name."""
    names = (EAGER, *BACKENDS)
    if backend not in names:
        raise ValueError(f"{who}: expected backend to be one of {', '.join(names)}, got {backend!r}")
