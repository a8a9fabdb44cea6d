"""The progress bar of `fit`: tqdm's, in a terminal or a notebook, and silence elsewhere."""

import sys
import time
from typing import Any

from autodiff.errors import MissingDependencyError
from nn.history import History

INTERVAL = 0.1  # seconds between two looks at the history


class Progress:
    """A bar that counts steps and shows the loss, the validation metrics and the rate.

    Args:
        shown: True, always; False, never; None, if somebody is there to see it and tqdm is installed.
        total: the number of steps, None if it is not known.
        history: what it reads.

    Raises:
        MissingDependencyError: if it is asked for and tqdm is not installed.
    """

    def __init__(self, shown: bool | None, total: int | None, history: History) -> None:
        self._history = history
        self._next = 0.0
        self._bar: Any = None
        if shown is False or (shown is None and not _is_watched()):
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            if shown:
                raise MissingDependencyError("fit: progress=True", "tqdm", "train") from None
            return
        self._bar = tqdm(total=total, unit="step", file=sys.stderr)

    @property
    def is_shown(self) -> bool:
        """Whether there is a bar."""
        return self._bar is not None

    def update(self) -> None:
        """Show what there is to show, if it is time."""
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + INTERVAL
            self._show()

    def close(self) -> None:
        """Show the last step, and leave the bar where it is."""
        if self._bar is not None:
            self._show()
            self._bar.close()

    def _show(self) -> None:
        history = self._history
        said = [f"loss {history.losses[-1]:.4g}"] if history.losses else []
        said += [f"validation {name} {numbers[-1]:.4g}" for name, numbers in history.validation.items() if numbers]
        self._bar.set_postfix_str(", ".join(said), refresh=False)
        self._bar.update(history.steps - self._bar.n)


def _is_watched() -> bool:
    """Whether the standard error is a terminal, or the program a notebook."""
    return (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules
