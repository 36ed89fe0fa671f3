"""What preparing the questions gave, kept on disk: made by one process, read by the others.

It holds hidden expected values, so it lies in the course's private folder beside the secret seed,
readable by its owner only. It is plain data, sealed with the secret: a file that is damaged, or
that somebody else wrote, is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import platform
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from autograder.course.secret import private_folder
from autograder.sandbox.inside.packing import NotAcceptable, Packer
from autograder.sandbox.inside.unpacking import unpack
from autograder.sandbox.inside.wire import WireValue
from autograder.whole import write_whole

_MOST_BYTES = 256 << 20
_MOST_ITEMS = 10_000_000
_SEAL = hashlib.sha256


@dataclass(frozen=True)
class Kept:
    """Keeps plain data by name; an `explain.Keep`.

    Where nothing can be written, everything is made each time.
    """

    root: Path  # the course
    assignment: str  # its earlier data are thrown away when there is something new
    digest: str  # of all that the data depend on
    secret: str = field(repr=False)  # the course's

    @cached_property
    def _key(self) -> bytes:
        machine = f"{np.__version__} {platform.python_version()} {platform.machine()}"
        return f"{self.secret} {self.digest} {machine}".encode()

    def __call__(self, name: str, make: Callable[[], Any]) -> Any:
        """What was kept under a name; where there is nothing, it is made and kept."""
        folder = self._made_folder()
        path = folder / name if folder is not None else None
        found = self._read(path)
        if found is not None:
            return found[0]
        with _alone(path), _off_the_clock():
            found = self._read(path)  # another process may have made it meanwhile
            if found is not None:
                return found[0]
            made = make()
            self._write(path, made)
            return made

    def _made_folder(self) -> Path | None:
        try:
            name = _SEAL(self._key).hexdigest()[:32]
            folder = private_folder(self.root) / "prepared" / self.assignment / name
            if not folder.is_dir():
                for path in (folder.parent.parent, folder.parent, folder):
                    path.mkdir(mode=0o700, exist_ok=True)
                for other in folder.parent.iterdir():
                    if other != folder:
                        shutil.rmtree(other, ignore_errors=True)
            return folder
        except OSError:
            return None

    def _read(self, path: Path | None) -> tuple[Any] | None:
        if path is None:
            return None
        try:
            data = path.read_bytes()
            seal, body = data[:32], data[32:]
            if not hmac.compare_digest(seal, self._seal(path.name, body)):
                return None
            return (unpack(msgspec.msgpack.decode(body, type=WireValue), trusted=True),)
        except (OSError, ValueError, RecursionError, NotAcceptable):
            return None

    def _write(self, path: Path | None, made: Any) -> None:
        if path is None:
            return
        with contextlib.suppress(OSError, NotAcceptable):  # then it is made each time
            packer = Packer(_MOST_BYTES)
            packer.items_left = _MOST_ITEMS
            body = msgspec.msgpack.encode(packer.pack(made))
            write_whole(path, self._seal(path.name, body) + body, mode=0o600)

    def _seal(self, name: str, body: bytes) -> bytes:
        return hmac.new(self._key, f"{name}\0".encode() + body, _SEAL).digest()


@contextlib.contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Make something while no other process does; where files cannot be locked, all do."""
    if path is None:
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ImportError):
            import fcntl

            lock = path.with_name(f".{path.name}.lock")
            descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _off_the_clock() -> Iterator[None]:
    """What is made for all submissions is not on the budget of the one that needed it first."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    left, _ = signal.setitimer(signal.ITIMER_PROF, 0)
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_PROF, left)
