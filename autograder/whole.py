"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


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
