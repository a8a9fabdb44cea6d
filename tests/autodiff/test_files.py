"""Files are whole at any moment, keep their permissions, and leave nothing behind."""

import os
import stat
import subprocess
import sys
import textwrap
import threading

import pytest

from autodiff.files import write_file

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions, links and limits of POSIX")


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_written_and_its_path_returned(tmp_path):
    path = tmp_path / "page.html"
    assert write_file(str(path), b"one") == path
    assert write_file(path, b"two") == path
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=["disk full", "interrupt"])
def test_a_file_that_cannot_be_finished_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch, error):
    path = write_file(tmp_path / "page.html", b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(error)):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_a_full_disk_leaves_the_old_file(tmp_path, root):
    """A limit on the size of files stands for the disk; it can be lowered only for good, so in a process of its own."""
    code = """
        import resource, signal, sys
        from autodiff.files import write_file
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_file(sys.argv[1], bytes(10_000))
        except OSError as error:
            print(error.strerror)
    """
    path = write_file(tmp_path / "page.html", b"old")
    command = [sys.executable, "-c", textwrap.dedent(code), path]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "File too large\n"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_may_write_one_file_at_the_same_time(tmp_path):
    path, contents, errors = tmp_path / "page.html", [bytes([i]) * 50_000 for i in range(4)], []

    def work(content):
        try:
            for _ in range(20):
                write_file(path, content)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_an_old_file_keeps_its_permissions(tmp_path, mode):
    path = write_file(tmp_path / "page.html", b"old")
    path.chmod(mode)
    write_file(path, b"new")
    assert mode_of(path) == mode
    assert path.read_bytes() == b"new"


@POSIX
def test_the_permissions_of_a_new_file_are_those_of_any_other(tmp_path):
    (tmp_path / "other").touch()
    assert mode_of(write_file(tmp_path / "page.html", b"new")) == mode_of(tmp_path / "other")


@POSIX
def test_a_file_that_may_not_be_written_is_left_alone(tmp_path, monkeypatch):
    path = write_file(tmp_path / "page.html", b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # an administrator may write everything
    with pytest.raises(PermissionError) as error:
        write_file(path, b"new")
    assert error.value.filename == str(path)
    assert path.read_bytes() == b"old"


@POSIX
def test_a_link_keeps_pointing_at_the_file(tmp_path):
    (tmp_path / "runs").mkdir()
    link = tmp_path / "best.html"
    link.symlink_to(tmp_path / "runs" / "page.html")
    assert write_file(link, b"new") == link
    assert link.is_symlink()
    assert (tmp_path / "runs" / "page.html").read_bytes() == b"new"


@POSIX
def test_a_link_that_leads_to_itself_is_an_error_of_the_system(tmp_path):
    link = tmp_path / "page.html"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic link") as error:
        write_file(link, b"new")
    assert error.value.filename == str(link)
    assert list(tmp_path.iterdir()) == [link]


@POSIX
def test_a_link_with_the_name_of_the_temporary_file_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link = tmp_path / ".page.html.0000000000000000.tmp"
    link.symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "page.html", b"new")
    assert link.is_symlink()
    assert victim.read_bytes() == b"precious"


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        write_file(tmp_path / "runs" / "page.html", b"new")
    assert error.value.filename == str(tmp_path / "runs")
    assert str(error.value).endswith(f"No such folder; create it first: {str(tmp_path / 'runs')!r}")


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match=r"page\.html") as error:
        write_file(tmp_path / "page.html", b"new")
    assert error.value.filename == str(tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
