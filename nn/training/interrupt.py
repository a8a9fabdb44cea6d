"""Ctrl-C between two steps, not within one: an optimizer that is interrupted has moved only some of the parameters."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_deferred() -> Iterator[list[str]]:
    """Within the `with` block, note the first Ctrl-C; a second one raises KeyboardInterrupt as usual.

    Nothing changes if Ctrl-C would not raise KeyboardInterrupt: if the program has a handler of its own, or in threads
    other than the main one, which signals do not reach.

    Yields:
        A list that is empty until Ctrl-C is pressed. To test it in every step costs almost nothing.

    >>> with interrupts_deferred() as interrupts:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupts
    ['interrupted']
    """
    interrupts: list[str] = []

    def note(number: int, frame: FrameType | None) -> None:
        interrupts.append("interrupted")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    is_deferred = threading.current_thread() is threading.main_thread()
    is_deferred = is_deferred and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_deferred:
        signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        if is_deferred:
            signal.signal(signal.SIGINT, signal.default_int_handler)
