"""Where results are kept: one file per submission, replaced whole or not at all."""

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from autograder.errors import GradingError
from autograder.grading.result import Result, dump, load
from autograder.grading.submission import Handin
from autograder.whole import write_whole


class ResultSink(Protocol):
    """Somewhere else that results go, such as a gradebook; only ever called from one thread."""

    def write(self, handin: Handin, result: Result, fresh: bool) -> None:
        """Take one result.

        Args:
            fresh: It was made in this run; otherwise it stood already and only must be there.
        """

    def close(self) -> None:
        """Write what is still held back; called once, also after an interruption."""


class Watcher(Protocol):
    """Whoever looks on."""

    def begin(self, total: int) -> None:
        """So many submissions have to be graded."""

    def graded(self, handin: Handin, result: Result) -> None:
        """One more is done."""


@dataclass
class ClassReport:
    """What a class run did."""

    # Of every submission, by assignment and student; those that stood included. In short (`brief`):
    # what was found stands on file.
    results: list[Result] = field(default_factory=list)
    # grades that stand though nothing is there now, which no absence takes away
    kept: list[Result] = field(default_factory=list)
    fresh: int = 0  # how many of the results were made in this run
    # what lies among the submissions and belongs to no assignment, with the students whose folders
    # have it
    strange: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # what a person should know of single submissions -> the submissions
    notes: dict[str, list[str]] = field(default_factory=dict)
    # what went wrong beside the grading, such as a locked gradebook
    problems: list[str] = field(default_factory=list)
    # how many submissions were not dealt with, because the run was stopped; None where it was
    # stopped before they were counted
    remaining: int | None = None
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether all is graded, or left to a person, and every place has it."""
        settled = all(r.is_settled and r.status != "overload" for r in self.results)
        return settled and not (self.stopped or self.problems)


_LONGEST = 255  # bytes of a file's name, on every file system in use
_ENDING = ".json"
_DAMAGED = ".damaged"
_FORCED = ".forced"
_ADVICE = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some of your quota",
    errno.EROFS: "the disk is read-only: give another folder (--results)",
    errno.EACCES: "change the permissions, or give another folder (--results)",
    errno.EPERM: "change the permissions, or give another folder (--results)",
    errno.ENAMETOOLONG: "give the folder a shorter name",
    errno.EISDIR: "a folder is in the way: move it elsewhere",
    errno.ENOTDIR: "a file is in the way of a folder: move it elsewhere",
    errno.EEXIST: "a file is in the way of a folder: move it elsewhere",
}


@dataclass(frozen=True)
class Store:
    """The results under one folder: `<assignment>/<student>.json`, readable by the owner only.

    Where the file system refuses, every method raises a `GradingError` that says what to do.
    """

    folder: Path

    def path(self, assignment: str, student: str) -> Path:
        """The file of a submission's result; a name too long for a file is cut and made unique."""
        name = os.fsencode(student)
        if len(name) + len(_ENDING) > _LONGEST:
            tail = "-" + hashlib.sha256(name).hexdigest()[:10]
            kept = name[: _LONGEST - len(_ENDING) - len(tail)].decode("utf-8", "ignore")
            student = kept + tail
        return self.folder / assignment / f"{student}{_ENDING}"

    def get(self, assignment: str, student: str) -> Result | None:
        """The result on file; None when there is none or it is damaged."""
        path = self.path(assignment, student)
        with _told("read", path):
            try:
                return load(path.read_bytes())
            except (FileNotFoundError, IsADirectoryError, ValueError):  # msgspec's are of the last
                return None

    def set_aside(self, assignment: str, student: str) -> Path | None:
        """Move a result that cannot be read out of the way; where it lies now, if there is one."""
        path = self.path(assignment, student)
        if not path.exists():
            return None
        aside = path.with_name(path.name[: _LONGEST // 4 * 3] + _DAMAGED)
        with _told("move", path):
            os.replace(path, aside)
        return aside

    def put(self, result: Result, student: str | None = None, *, durable: bool = True) -> Path:
        """Write a result: the old one stands until the new one is whole.

        Args:
            student: The name of the student's folder, where it differs from what can be written.
            durable: Wait until the disk has it; otherwise somebody calls `sync`.
        """
        path = self.path(result.assignment, student or result.student)
        with _told("write", path):
            self._make_folders(path.parent)
            write_whole(path, dump(result), mode=0o600, durable=durable)
        return path

    def sync(self, assignment: str, student: str) -> None:
        """Wait until the disk has a result; after many were put, that takes hardly longer."""
        path = self.path(assignment, student)
        # where it is not found, somebody took it
        with _told("write", path), contextlib.suppress(FileNotFoundError), path.open("rb+") as file:
            os.fsync(file.fileno())

    def probe(self) -> None:
        """Find out before a run whether results can be written."""
        beside = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            with _told("write", self.folder):
                self._make_folders(self.folder)
                descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(b"\0" * 4096)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()

    def mark_stale(
        self, old: Result, message: str, student: str | None = None, digest: str = ""
    ) -> Result:
        """Say on file that an old score no longer belongs to the submission.

        Args:
            digest: Of a submission that was looked at and has no score of its own; empty where the
                grader failed, and has to try again.
        """
        stale = msgspec.structs.replace(old, status="stale", digest=digest, message=message)
        self.put(stale, student)
        return stale

    def force(self, assignment: str, students: Iterable[str]) -> None:
        """Have these results of an assignment made anew, unless a run that is not finished did."""
        mark = self.folder / assignment / _FORCED
        if mark.exists():
            return
        for student in students:
            old = self.get(assignment, student)
            if old is not None and old.digest:
                self.put(msgspec.structs.replace(old, assignment=assignment, digest=""), student)
        with _told("write", mark):
            self._make_folders(mark.parent)
            mark.touch(mode=0o600)

    def finished(self, assignment: str) -> None:
        """Every submission of an assignment was dealt with: the next run that is forced begins."""
        with contextlib.suppress(OSError):
            (self.folder / assignment / _FORCED).unlink()

    def all(self, assignment: str, besides: Container[Path] = ()) -> list[tuple[str, Result]]:
        """Every readable result of an assignment, by the name under which `get` finds it.

        Args:
            besides: Files that are passed over.
        """
        folder = self.folder / assignment
        paths = (p for p in folder.glob(f"*{_ENDING}") if not p.name.startswith("."))
        names = sorted(p.stem for p in paths if p not in besides)
        found = ((name, self.get(assignment, name)) for name in names)
        return [(name, result) for name, result in found if result is not None]

    def _make_folders(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)


def is_current(old: Result | None, digest: str) -> bool:
    """Whether an old result still holds: it is settled, and made of the very same things."""
    return old is not None and old.is_settled and old.digest == digest


@contextlib.contextmanager
def _told(verb: str, path: Path) -> Iterator[None]:
    """What the file system refuses here ends with advice."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "mend that, or give another folder (--results)")
        raise GradingError(
            f"cannot {verb} {path}: {error.strerror or error}. What was written before is kept; "
            f"{advice}, then run the same command again: it goes on from there."
        ) from error
