"""`Shown`: whatever can be saved as a file opens it in the browser, for those who work in a terminal."""

import importlib
import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import ClassVar

MAX_REPR_CHARS = 70


class Shown:
    """The base of pictures, pages and derivations; a subclass has `save`, and `title` or `alt`.

    Attributes:
        shown_as: the suffix of the file that `show` opens.
    """

    shown_as: ClassVar[str] = ".html"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, and return the path."""
        raise NotImplementedError

    def show(self) -> None:
        """Open it in the browser; where there is none, say in which file it is. A notebook shows it in the cell."""
        if "ipykernel" in sys.modules:
            importlib.import_module("IPython.display").display(self)
            return
        folder = tempfile.mkdtemp(prefix="chainrule-")
        path = self.save(Path(folder) / f"{type(self).__name__.lower()}{self.shown_as}")
        if not webbrowser.open(path.as_uri()):
            print(f"wrote {path}")

    def __repr__(self) -> str:
        text = " ".join((getattr(self, "title", "") or getattr(self, "alt", "")).split())
        words = text if len(text) <= MAX_REPR_CHARS else f"{text[: MAX_REPR_CHARS - 1]}…"
        return f"<{type(self).__name__}: {words}>"
