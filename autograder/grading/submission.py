"""Read a notebook that nobody trusts: from a path to cells of text, or a reason why not."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import GradingError
from autograder.grading.notebook_json import SubmittedCell, UnreadableError, parse

MAX_BYTES = 256 * 1024 * 1024
"""Outputs are passed over, so only their bytes count here; sources have a limit of their own."""


@dataclass(frozen=True, slots=True)
class Handin:
    """Where a student's answer to one assignment should be."""

    student: str  # the name of the student's folder
    assignment: str
    path: Path | None  # the notebook, or None when there is none under its name
    note: str = ""  # what was found in its place, or beside it
    # the files in its place that may be the answer, by their paths from the student's folder; where
    # there are any, it is for a person to say what was handed in
    there: tuple[str, ...] = ()
    # where the notebook lies, from the student's folder, when another name was accepted
    file: str = ""
    fault: str = ""  # why nobody could look; empty as a rule
    # it is graded; in these rows the line is sought in which they go wrong
    sought: tuple[str, ...] = ()
    # row -> the digest of its verdict, where an earlier grade holds in part; rows of which that is
    # still true are not graded anew
    holding: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Submission:
    """A notebook as handed in."""

    digest: str  # SHA-256 of the file's bytes
    cells: tuple[SubmittedCell, ...] = ()  # in order; empty when it cannot be read
    problem: str = ""  # why it cannot be read; empty when it can


def read(path: Path, folder: Path | None = None) -> Submission:
    """Read a notebook.

    Args:
        folder: The file, with all links followed, must lie in this folder.

    Raises:
        GradingError: When the file system refuses, which is not the student's doing.
    """
    try:
        content = raw(path, folder)
    except UnreadableError as error:
        return Submission(hashlib.sha256(str(error).encode()).hexdigest(), problem=str(error))
    digest = hashlib.sha256(content).hexdigest()
    try:
        return Submission(digest, parse(content))
    except UnreadableError as error:
        return Submission(digest, problem=str(error))


def fingerprint(path: Path, folder: Path | None = None) -> str:
    """The digest that `read` would give, without looking into the notebook.

    Raises:
        GradingError: When the file system refuses.
    """
    try:
        return hashlib.sha256(raw(path, folder)).hexdigest()
    except UnreadableError as error:
        return hashlib.sha256(str(error).encode()).hexdigest()


def raw(path: Path, folder: Path | None) -> bytes:
    """The file's bytes; links out of `folder`, devices, pipes and huge files are refused.

    Raises:
        UnreadableError: It is no notebook that anybody could read.
        GradingError: When the file system refuses.
    """
    try:
        resolved = os.path.realpath(path, strict=True)
        # The student's folder may be a link itself: what stands above it is ours, it is not.
        if folder is not None and not os.path.join(resolved, "").startswith(
            os.path.join(os.path.realpath(folder.parent), folder.name, "")
        ):
            raise UnreadableError(
                f"{path.name} is reached through a link that leads out of the student's folder; "
                "hand in the notebook itself"
            )
        # A pipe would block an ordinary open; whatever it is, it is looked at before it is read.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        kind = os.stat(resolved).st_mode
        if stat.S_ISDIR(kind):
            raise UnreadableError(f"{path.name} is a folder; expected a notebook file")
        if stat.S_ISSOCK(kind):  # which cannot even be opened
            raise UnreadableError(f"{path.name} is not a regular file; expected a notebook")
        with os.fdopen(os.open(resolved, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableError(f"{path.name} is not a regular file; expected a notebook")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        if path.is_symlink():
            raise UnreadableError(f"{path.name} is a link that leads nowhere") from error
        raise GradingError(
            f"cannot read {path}: {error.strerror or error}. Check the file and its permissions."
        ) from error
    if len(content) > MAX_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_BYTES >> 20} MB; clear the outputs of the notebook "
            "and hand it in again"
        )
    return content
