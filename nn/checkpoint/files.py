"""Files that are whole: written aside, and put in place when nothing can go wrong any more."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file, or leave the old one as it is: there is no moment at which `path` holds a part.

    The content goes to a new file in the same folder, to the disk, and then under its name in one step, which POSIX and
    Windows do at once or not at all. A process that is killed leaves the new file behind, as .NAME.*.tmp.

    Raises:
        OSError: if it cannot be written; nothing is left behind then. It names the folder, if that is missing, or else
            the file, and not the one aside.
    """
    target = path.resolve()  # the file that a link leads to
    aside = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    try:
        with open(aside, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.filename == str(aside):
            error.filename = str(path if target.parent.is_dir() else target.parent)
        raise
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk, where folders can be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
