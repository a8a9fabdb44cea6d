"""Ctrl-C between two steps and not within one: an optimiser that was stopped halfway has moved half the parameters."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_deferred() -> Iterator[list[str]]:
    """Within the `with` block, take the first Ctrl-C as a request; the second is the KeyboardInterrupt of always.

    Only where Ctrl-C would raise one: a handler that a program has installed itself is left alone, and so are threads
    other than the main one, which signals do not reach.

    Yields:
        A list, empty until Ctrl-C was pressed: the cheapest thing to look at in every step.

    >>> with interrupts_deferred() as requests:
    ...     signal.raise_signal(signal.SIGINT)
    ...     requests
    ['interrupted']
    """
    requests: list[str] = []

    def request(number: int, frame: FrameType | None) -> None:
        requests.append("interrupted")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, request)
    try:
        yield requests
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
