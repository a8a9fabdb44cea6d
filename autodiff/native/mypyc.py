"""The decorator by which a class tells mypyc its options; in Python it has no effect.

The real decorator comes with mypy, which is installed where a wheel is built, and need not be where it runs.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:
    C = TypeVar("C", bound=type)

    def mypyc_attr(**options: bool) -> Callable[[C], C]:
        """Return a class as it is."""
        return lambda cls: cls
