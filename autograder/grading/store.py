"""Where results are kept: one file per submission, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.errors import GradingError
from autograder.grading.result import STANDING, Result, dump, load
from autograder.whole import write_whole


@dataclass(frozen=True)
class Store:
    """The results under one folder: `<assignment>/<student>.json`, readable by the owner only."""

    folder: Path

    def path(self, assignment: str, student: str) -> Path:
        """The file of a submission's result."""
        return self.folder / assignment / f"{student}.json"

    def get(self, assignment: str, student: str) -> Result | None:
        """The result on file; None when there is none or it is damaged (it is then made again).

        Raises:
            GradingError: When the file system refuses.
        """
        path = self.path(assignment, student)
        try:
            return load(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:  # msgspec's errors are of this kind
            return None
        except OSError as error:
            raise _refused("read", path, error) from error

    def put(self, result: Result, student: str | None = None) -> Path:
        """Write a result: first beside its place, then moved there in one step.

        Args:
            student: The name of the student's folder, where it differs from what can be written.

        Raises:
            GradingError: When the disk is full, read-only or not ours; the old file stands.
        """
        path = self.path(result.assignment, student or result.student)
        try:
            self._make_folders(path.parent)
            write_whole(path, dump(result), mode=0o600, durable=True)
        except OSError as error:
            raise _refused("write", path, error) from error
        return path

    def probe(self) -> None:
        """Find out before a run whether results can be written.

        Raises:
            GradingError: When they cannot.
        """
        beside = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            self._make_folders(self.folder)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
                f.write(b"\0" * 4096)
        except OSError as error:
            raise _refused("write", self.folder, error) from error
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()

    def mark_stale(self, old: Result, message: str, student: str | None = None) -> Result:
        """Say on file that an old score no longer belongs to the submission."""
        stale = msgspec.structs.replace(old, status="stale", digest="", message=message)
        self.put(stale, student)
        return stale

    def all(self, assignment: str) -> list[Result]:
        """Every readable result of an assignment, by student.

        Raises:
            GradingError: When the file system refuses.
        """
        folder = self.folder / assignment
        if not folder.is_dir():
            return []
        names = sorted(p.stem for p in folder.glob("*.json") if not p.name.startswith("."))
        return [result for name in names if (result := self.get(assignment, name)) is not None]

    def _make_folders(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)


def is_current(old: Result | None, digest: str) -> bool:
    """Whether an old result still holds: it was made of the very same things."""
    return old is not None and old.status in STANDING and bool(digest) and old.digest == digest


def _refused(verb: str, path: Path, error: OSError) -> GradingError:
    return GradingError(
        f"cannot {verb} {path}: {error.strerror or error}. What was written before is kept; "
        "free the disk or change the folder (--results), then run the same command again: "
        "it goes on from there."
    )
