"""Ctrl-C between two steps, not within one: an optimizer that is interrupted has moved only some of the parameters."""

import _signal  # type: ignore[import-not-found]  # `signal` without its enums, whose conversion took 16 us of each `fit`
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interrupts:
    """The handler of Ctrl-C during a training."""

    noted: bool = False  # whether Ctrl-C was pressed. To test it in every step costs almost nothing.
    # whether a second Ctrl-C raises KeyboardInterrupt: in code of the user and in long computations, where nothing is
    # half changed. Elsewhere it is noted, as the first one is.
    may_raise: bool = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Note a Ctrl-C, or raise KeyboardInterrupt; not in what a `with` calls, which would not be undone."""
        in_with = frame is not None and frame.f_code.co_name in ("__enter__", "__exit__", "mode")
        if self.noted and self.may_raise and not in_with:
            self.may_raise = False  # while the error passes through the library
            raise KeyboardInterrupt
        self.noted = True


@contextmanager
def interrupts_deferred() -> Iterator[Interrupts]:
    """Within the `with` block, note Ctrl-C instead of raising KeyboardInterrupt anywhere.

    Nothing changes if Ctrl-C would not raise KeyboardInterrupt: if the program has a handler of its own or ignores
    Ctrl-C, as in the background, or in threads other than the main one, which signals do not reach.

    >>> before = signal.signal(signal.SIGINT, signal.default_int_handler)
    >>> with interrupts_deferred() as interrupts:
    ...     signal.raise_signal(signal.SIGINT)
    >>> interrupts.noted
    True
    >>> before = signal.signal(signal.SIGINT, before)
    """
    interrupts = Interrupts()
    is_deferred = threading.current_thread() is threading.main_thread()
    is_deferred = is_deferred and _signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        if is_deferred:
            _signal.signal(signal.SIGINT, interrupts.handle)
        yield interrupts
    finally:
        if is_deferred:
            _signal.signal(signal.SIGINT, signal.default_int_handler)
