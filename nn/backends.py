"""What training and prediction run on."""

from autodiff.program.backends import BACKENDS

EAGER = "eager"


class DependsOnDataError(ValueError):
    """The graph of one sample is not the graph of another one, and cannot be replayed for it.

    Args:
        first: the number of the sample whose graph was to be replayed.
        other: that of the sample with another graph; the same, if recording it again gave another.
        difference: where they part.
    """

    def __init__(self, first: int, other: int, difference: str) -> None:
        where = f"sample {other} than for sample {first}" if other != first else f"sample {first} the second time"
        super().__init__(
            f"expected one graph for all samples, got another for {where} ({difference}): "
            'the model branches on the data, or on chance; use backend="eager"'
        )


NOT_WITH_VALUES = (TypeError, AttributeError, ValueError, LookupError)
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
