"""A file is written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from autograder.errors import GradingError
from autograder.whole import leave, write_whole


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a file"
    path.write_bytes(b"old")
    write_whole(path, b"new\r\n", mode=0o600, durable=True)
    assert path.read_bytes() == b"new\r\n" and list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_interruption_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a file"
    path.write_bytes(b"old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "a file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_left_where_a_person_wants_it(tmp_path: Path) -> None:
    asked, other = tmp_path / "new" / "folder" / "a file", tmp_path / "other"
    leave(asked, b"text", "--out", mode=0o600)
    assert asked.read_bytes() == b"text"
    assert [stat.S_IMODE(p.stat().st_mode) for p in (asked, asked.parent)] == [0o600, 0o700]
    link = tmp_path / "link"
    link.symlink_to(other)  # as /dev/stdout is one: it stays, and what it leads to is written
    leave(link, b"text", "--junit")
    assert link.is_symlink() and other.read_bytes() == b"text"
    with pytest.raises(GradingError, match=r"cannot write .*Give another place with --out"):
        leave(other / "a file", b"text", "--out")
