"""Write a file whole or not at all; a zip archive whose bytes hang on its content alone."""

import contextlib
import io
import os
import secrets
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.errors import GradingError

EPOCH = (2020, 1, 1, 0, 0, 0)
"""The date of every file in an archive."""


def write_whole(
    path: Path, content: bytes, *, mode: int | None = None, durable: bool = False
) -> None:
    """Put a file in its place at once: an interruption or a full disk leaves the old one.

    Args:
        mode: Its permissions; until it is whole nobody but the owner may read it. None for what
            new files get here.
        durable: Wait until the disk has it.

    Raises:
        OSError: When it cannot be written; nothing is left behind.
    """
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(beside, flags, 0o666 if mode is None else 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def write_changed(path: Path, content: bytes) -> bool:
    """Write a file whole where it holds something else; whether it did, or was not there.

    Raises:
        OSError: When it cannot be written.
    """
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return True


def leave(path: Path, content: bytes, option: str, *, mode: int | None = None) -> None:
    """Write a file whole where a person wants it, in folders that are made.

    Args:
        option: The one that names another place.
        mode: Its permissions; folders for a file of the owner's alone are theirs alone, too.

    Raises:
        GradingError: It cannot be written.
    """
    try:
        for folder in reversed(path.parents):
            if not folder.is_dir():
                folder.mkdir(mode=0o700 if mode == 0o600 else 0o777, exist_ok=True)
        if path.is_symlink() or (path.exists() and not path.is_file()):  # /dev/stdout, a pipe
            path.write_bytes(content)
        else:
            write_whole(path, content, mode=mode)
    except OSError as error:
        raise GradingError(
            f"cannot write {path}: {error.strerror or error}. Give another place with {option}."
        ) from error


def zipped(files: Iterable[tuple[str, bytes]], modes: Mapping[str, int] = {}) -> bytes:
    """A zip archive of files, taken one by one; permissions are 0o644 if nothing else is said."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = modes.get(name, 0o644) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
