"""What grading an assignment takes: the instructor's cells and the questions.

One process prepares the questions and keeps them on disk, where the others read them. They hold
hidden expected values, so they lie in the course's private folder beside the secret seed, readable
by its owner only. They are plain data, sealed with the secret: a file that is damaged, or that
somebody else wrote, is made anew.

Of an exercise that changed, its own rows and those that build on it are graded anew; the others
stand as they are on file, to the byte.
"""

import contextlib
import functools
import hashlib
import hmac
import math
import os
import platform
import shutil
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import structs

import autograder
from autograder.checks.finding import RowResult
from autograder.course import Notebook, SourceCell, load_notebook
from autograder.course.bearing import Bearing
from autograder.course.bearing import bearings as course_bearings
from autograder.course.folder import private_folder, secret_seed, source_of
from autograder.course.questions import hidden_questions, public_questions
from autograder.exercises import Row
from autograder.explain import Keep, Question
from autograder.grading.result import Result, ResultRow, from_row
from autograder.sandbox.inside.packing import NotAcceptable, Packer
from autograder.sandbox.inside.unpacking import unpack
from autograder.sandbox.inside.wire import WireValue
from autograder.whole import write_whole

DECIDING_ROOMS = ("exercises", "numerical", "checks", "explain", "course", "sandbox", "grading")
_LEVELS = ("none", "kernel", "full")
_LENGTH = len("sha256:") + 16


@dataclass(frozen=True)
class Basis:
    """What the grade of one submission depends on."""

    secret: str  # the course's
    content: str  # the digest of what was handed in
    conditions: str  # limits and the like
    bearings: Sequence[Bearing]  # what bears on every exercise

    @cached_property
    def digest(self) -> str:
        """Of all of it."""
        return self._keyed(*(part for b in self.bearings for part in (*b.rows, b.named)))

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of the assignment, in order."""
        return tuple(row for bearing in self.bearings for row in bearing.rows)

    def signed(self, row: RowResult) -> ResultRow:
        """A verdict on paper, with the digest of what it depends on."""
        bearing = next(b for b in self.bearings if row.id in b.rows)
        # A right row met no known mistake: those may change without any harm to it.
        plain = row.status == "right" and not row.follow_through
        plain = plain and not any(f.mistake or f.explanation for f in row.findings)
        signature = self._of_row(row.id, bearing.judged if plain else bearing.named)
        return structs.replace(from_row(row), digest=signature)

    def holding(self, rows: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Of rows with their digests, those whose verdict still holds."""
        known = {row: bearing for bearing in self.bearings for row in bearing.rows}
        return {
            row: digest
            for row, digest in rows
            if row in known
            and digest in {self._of_row(row, d) for d in (known[row].judged, known[row].named)}
        }

    def asked(self, rows: Iterable[str]) -> set[str]:
        """The rows that are asked to judge some: these, and those on which they build."""
        wanted = set(rows)
        return {row for b in self.bearings if wanted.intersection(b.rows) for row in b.asked}

    def merged(self, old: Result, new: Result | None = None) -> Result:
        """The grade on file with the rows that were graded anew in it, if any."""
        fresh = {row.id: row for row in new.rows} if new is not None else {}
        kept = {row.id: row for row in old.rows}
        rows = tuple(fresh.get(id) or kept[id] for id in self.rows)
        return structs.replace(
            old,
            rows=rows,
            score=math.fsum(row.score for row in rows),
            points=math.fsum(row.points for row in rows),
            digest=self.digest,
            isolation=min((r.isolation for r in (old, new or old)), key=_LEVELS.index),
            seconds=old.seconds if new is None else new.seconds,
        )

    def _of_row(self, row: str, bearing: str) -> str:
        return self._keyed(row, bearing)[:_LENGTH]

    def _keyed(self, *parts: str) -> str:
        return keyed_digest(self.secret, self.content, self.conditions, *parts)


@functools.cache
def engine_version() -> str:
    """The version of the package and a hash of the source of all that decides a grade."""
    package = Path(autograder.__file__).parent
    digest = hashlib.sha256()
    for room in DECIDING_ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return f"{autograder.__version__}+{digest.hexdigest()[:16]}"


def keyed_digest(secret: str, *parts: str) -> str:
    """A digest of `parts` that nobody can compute without the course's secret.

    Example:
        >>> keyed_digest("seed", "a", "b") == keyed_digest("seed", "ab")
        False
    """
    text = "".join(f"{len(part)}:{part}" for part in (engine_version(), *parts))
    return "sha256:" + hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


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


@dataclass(frozen=True)
class Paper:
    """What grading an assignment takes."""

    notebook: Notebook
    cells: Sequence[SourceCell]  # the cells as released, check cells included
    rows: Sequence[Row]  # the lines of the rubric, in order
    # for every exercise, in order, its public and its hidden questions
    questions: Sequence[Sequence[Question]]
    per_student: bool = False  # the hidden cases are one student's own


def paper(root: Path, assignment: str, student: str | None = None) -> Paper:
    """The paper of an assignment, made once in a process as long as its source does not change.

    What running the references and the mistakes gave is kept on disk for other processes and runs.

    Args:
        student: Given, the hidden cases are this student's own, and made anew.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    common = _paper(kept_beside(root, assignment))
    return common if student is None else _of_student(common, secret_seed(root), student)


def some(paper: Paper, rows: Collection[str], asked: Collection[str]) -> Paper:
    """The part of a paper that judges some rows.

    Args:
        asked: The rows that are asked for it, these and those on which they build.
    """
    return replace(
        paper,
        rows=[row for row in paper.rows if row.id in rows],
        questions=[
            of for of in paper.questions if any(row.id in asked for row in of[0].exercise.rows)
        ],
    )


def _of_student(common: Paper, secret: str, student: str) -> Paper:
    hidden = hidden_questions(common.notebook, secret, student)
    public = ([q for q in asked if not q.hidden] for asked in common.questions)
    questions = [[*known, *own] for known, own in zip(public, hidden, strict=True)]
    return replace(common, questions=questions, per_student=True)


@functools.lru_cache(maxsize=32)
def _paper(kept: Kept) -> Paper:
    notebook = load_notebook(source_of(kept.root, kept.assignment), kept)
    return make_paper(notebook, kept.secret, kept)


def kept_beside(root: Path, assignment: str) -> Kept:
    """Keeps what is made of an assignment as long as its source does not change.

    Raises:
        CourseError: The assignment is unknown.
    """
    secret = secret_seed(root)
    made_from = source_digest(source_of(root, assignment))
    return Kept(root, assignment, keyed_digest(secret, made_from), secret)


def make_paper(notebook: Notebook, secret: str, keep: Keep = lambda name, make: make()) -> Paper:
    """Prepare the questions of a notebook."""
    public = public_questions(notebook, keep)
    hidden = hidden_questions(notebook, secret, keep=keep)
    questions = [[*known, *unknown] for known, unknown in zip(public, hidden, strict=True)]
    return Paper(notebook, notebook.released_cells, notebook.rows, questions)


def bearings(root: Path, assignment: str) -> tuple[Bearing, ...]:
    """What bears on every exercise of an assignment, kept on disk like its questions.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    return _bearings(kept_beside(root, assignment))


@functools.lru_cache(maxsize=32)
def _bearings(kept: Kept) -> tuple[Bearing, ...]:
    def make() -> list[tuple[object, ...]]:
        found = course_bearings(load_notebook(source_of(kept.root, kept.assignment), kept))
        return [tuple(vars(one).values()) for one in found]

    return tuple(Bearing(*one) for one in kept("bearing", make))


def source_digest(source: Path) -> str:
    """A digest of a notebook's source and of the data files beside it."""
    beside = (os.path.join(at, name) for at, _, names in os.walk(source.parent) for name in names)
    there = sorted(p for p in beside if "__pycache__" not in p and os.path.isfile(p))
    files = ((p, os.stat(p)) for p in there)
    state = tuple((p, s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino) for p, s in files)
    return _source_digest(source.parent, state)


@functools.lru_cache(maxsize=64)
def _source_digest(folder: Path, state: tuple[tuple[str, int, int, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path in (Path(name) for name, *_ in state):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
