"""WebAssembly: how a deep graph is freed where Python does not see the end of the stack.

Python stops its recursion over the operands of operands by the depth of a stack that WebAssembly does not have; the
browser's own ends after about 5,000 nodes. Here a node lets go of its operands before it goes, and they wait in a list.
"""

from typing import Any

_waiting: list[Any] = []
_busy = False


def unlink(node: Any) -> None:
    """Let go of the operands of a node that is freed: its `__del__`."""
    global _busy
    for name in ("_first", "_second", "_wide"):
        _waiting.append(getattr(node, name, None))  # one that failed to be made has none
        setattr(node, name, None)
    if not _busy:
        _busy = True
        try:
            while _waiting:
                _waiting.pop()
        finally:  # an interrupt must not leave later graphs unfreed
            _busy = False
