"""The one way to write a file: as a whole. Readers see the old content or the new, never a part of either."""

import errno
import os
import stat
from pathlib import Path


def write_file(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file, or leave the old one as it is.

    The content goes to a new file in the same folder, then to the disk, and then under its name in one step. A process
    that is killed may leave that new file, `.NAME.*.tmp`, behind. Threads and processes may write one path at the same
    time: the last one wins. An old file keeps its permissions. A link stays, and the file that it leads to is written.

    Returns:
        The path.

    Raises:
        OSError: if the file cannot be written, for example because its permissions forbid it. The error names the file,
            or its folder if that is missing. Nothing is left behind.
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    # Nobody can guess the name or put a link there: the system call fails if anything has that name.
    temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")
    try:
        mode = _mode_of(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
        try:
            with open(descriptor, "wb") as file:
                if mode is not None:
                    os.chmod(temporary, mode)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.filename != str(temporary):
            raise
        is_missing = not target.parent.exists()
        reason = "No such folder; create it first" if is_missing else error.strerror
        raise OSError(error.errno, reason, str(target.parent if is_missing else path)) from None
    _sync_folder(target.parent)
    return path


def _mode_of(path: Path) -> int | None:
    """The permissions of a file that may be written; None if there is no file yet."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return mode


def _sync_folder(folder: Path) -> None:
    """Write the new name to the disk, on systems that can open a folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
