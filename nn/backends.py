"""What training and prediction run on."""

from autodiff.program.backends import BACKENDS

EAGER = "eager"


class DependsOnDataError(ValueError):
    """The graph of the first sample is not the graph of the last one, and cannot be replayed for it."""

    def __init__(self, difference: str) -> None:
        super().__init__(
            f"expected one graph for all samples, got another for the last than for the first ({difference}): "
            'the model branches on the data, or on chance; use backend="eager"'
        )


def check_backend(who: str, backend: str) -> None:
    """Raise ValueError if there is none of that name."""
    names = (EAGER, *BACKENDS)
    if backend not in names:
        raise ValueError(f"{who}: expected backend to be one of {', '.join(names)}, got {backend!r}")
