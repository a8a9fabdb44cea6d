"""The progress bar of `fit`: tqdm's in a terminal or a notebook, none elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autodiff import MissingDependencyError
from nn.training.history import History

INTERVAL_S = 0.1  # seconds between two updates of the bar


class Progress:
    """A bar with the number of steps, the loss, the validation metrics and the rate.

    If `shown` is None, it is shown where the output is a terminal or a notebook and tqdm is installed; if True, a
    MissingDependencyError is raised without tqdm. `total` is the number of steps, None if it is not known.
    """

    def __init__(self, shown: bool | None, total: int | None, history: History) -> None:
        self._history = history
        self._next_update = 0.0
        self._bar: Any = None
        self.is_shown = False
        is_interactive = (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules
        if shown is False or (shown is None and not is_interactive):
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            if shown:
                raise MissingDependencyError("fit: progress=True", "tqdm", "train") from None
            return
        self._bar, self.is_shown = tqdm(total=total, unit="step", file=sys.stderr), True

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Say so within the block. The rate is that of the steps behind it; an error takes the bar away."""
        if self._bar is not None:
            self._bar.set_postfix_str("compiling")
        try:
            yield
        except BaseException:
            if self._bar is not None:
                self._bar.leave = False
                self._bar.close()
            raise
        if self._bar is not None:
            self._bar.set_postfix_str("", refresh=False)
            self._bar.reset()

    def update(self) -> None:
        """Show the history, if the last update is long enough ago."""
        now = time.perf_counter()
        if now >= self._next_update:
            self._next_update = now + INTERVAL_S
            self._show()

    def close(self) -> None:
        """Show the last step, and leave the bar on the screen."""
        if self._bar is not None:
            self._show()
            self._bar.close()

    def _show(self) -> None:
        history = self._history
        texts = [f"loss {history.losses[-1]:.4g}"] if history.losses else []
        if history.eager_because:
            texts.append(f"eager because {history.eager_because}")
        training = history.training.items()
        texts += [f"{name} {numbers[-1]:.4g}" for name, numbers in training if numbers and name != "loss"]
        texts += [f"validation {name} {numbers[-1]:.4g}" for name, numbers in history.validation.items() if numbers]
        self._bar.set_postfix_str(", ".join(texts), refresh=False)
        self._bar.update(history.steps - self._bar.n)
