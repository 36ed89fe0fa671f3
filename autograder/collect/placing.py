"""Put the notebooks where grading looks for them: all are staged first, so nothing is lost."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.collect.download import LeftOut
from autograder.collect.sorting import Answer
from autograder.errors import GradingError
from autograder.integrations.collected import (
    FOLDER,
    Collected,
    Taken,
    read_collected,
    write_collected,
)
from autograder.whole import write_whole

TIMESTAMP = "timestamp.txt"
REPLACED = "replaced"


@dataclass
class Placed:
    """What was done, or would be."""

    # assignment -> "new", "replaced", "unchanged" or "kept" -> how many
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    # why something was not put in its place -> students
    refused: dict[str, list[str]] = field(default_factory=dict)
    # assignment -> student -> days by which the deadline is moved
    slipped: dict[str, dict[str, int]] = field(default_factory=dict)
    # assignment -> who is late all the same, or by the platform's own mark
    late: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """How what is handed in counts."""

    root: Path
    submitted: Path
    source: str
    policy: str = "last"  # whether the last or the first counts
    due: datetime | None = None  # the deadline in UTC, without a zone
    slip_days: int = 0  # by how many days in all a student may be late during the term


@dataclass(frozen=True)
class _Move:
    answer: Answer
    student: str
    target: Path
    standing: bytes | None
    taken: Taken


def place(
    answers: Sequence[Answer], terms: Terms, assignments: Sequence[str], *, dry: bool = False
) -> Placed:
    """Put the answers in their places and keep a record.

    Args:
        dry: Only say what would be done.

    Raises:
        GradingError: Something cannot be written, or a record cannot be read.
    """
    placed = Placed()
    records = {name: read_collected(terms.root, name) for name in assignments}
    moves = list(_moves(answers, terms, records, placed))
    if dry:
        return placed
    try:
        terms.submitted.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".collecting-", dir=terms.submitted) as folder:
            staged = _staged(moves, Path(folder))
            try:
                for move, path in zip(moves, staged):
                    _put(move, path, terms)
                    records[move.answer.assignment].taken[move.student] = move.taken
            finally:
                for name in {answer.assignment for answer in answers}:
                    if terms.due is not None:
                        records[name].due = terms.due.isoformat()
                    write_collected(terms.root, name, records[name])
    except OSError as error:
        raise GradingError(
            f"cannot write {error.filename or terms.submitted}: {error.strerror or error}. What "
            "was there stands; run the same command again when it can be written"
        ) from error
    return placed


def _moves(
    answers: Sequence[Answer], terms: Terms, records: Mapping[str, Collected], placed: Placed
) -> Iterator[_Move]:
    for answer in answers:
        name = answer.assignment
        for student in answer.students:
            before = records[name].taken.get(student)
            target = terms.submitted / student / name / answer.name
            if any(path.is_symlink() for path in (target.parent.parent, target.parent, target)):
                placed.refused.setdefault("their folder is a link", []).append(f"{student}/{name}")
                continue
            standing = target.read_bytes() if target.is_file() else None
            taken = _taken(answer, student, terms, records)
            if taken.slip:
                placed.slipped.setdefault(name, {})[student] = taken.slip
            if taken.late or _days_late(answer, terms) > taken.slip:
                placed.late.setdefault(name, []).append(student)
            same = standing is not None and hashlib.sha256(standing).hexdigest() == answer.digest
            if same and before is not None and before.digest == answer.digest:
                kind = "unchanged"
            elif standing is not None and not same and _stays(before, taken, terms):
                kind = "kept"
            else:
                kind = "new" if standing is None or same else "replaced"
            placed.counts.setdefault(name, Counter())[kind] += 1
            if kind != "kept":
                yield _Move(answer, student, target, None if same else standing, taken)


def _stays(before: Taken | None, taken: Taken, terms: Terms) -> bool:
    """Whether what stands counts, and not what comes now."""
    if terms.policy == "first":
        return True
    known = before is not None and before.when and taken.when
    return bool(known and before is not None and taken.when < before.when)


def _taken(answer: Answer, student: str, terms: Terms, records: Mapping[str, Collected]) -> Taken:
    used = sum(
        record.taken[student].slip
        for name, record in records.items()
        if name != answer.assignment and student in record.taken
    )
    slip = min(_days_late(answer, terms), max(0, terms.slip_days - used))
    return Taken(
        file=answer.file.path,
        source=terms.source,
        digest=answer.digest,
        prefix=answer.upload.prefix,
        when=answer.when.isoformat() if answer.when else "",
        late=answer.upload.late,
        slip=slip,
        group=tuple(other for other in answer.students if other != student),
    )


def _days_late(answer: Answer, terms: Terms) -> int:
    """Days after the deadline, each begun one counted."""
    if terms.due is None or answer.when is None or answer.when <= terms.due:
        return 0
    return -((terms.due - answer.when) // timedelta(days=1))


def _staged(moves: Sequence[_Move], folder: Path) -> list[Path]:
    paths = []
    for number, move in enumerate(moves):
        path = folder / f"{number}.ipynb"
        try:
            write_whole(path, move.answer.file.read(), mode=0o644)
        except LeftOut as why:  # it could be read a moment ago
            raise GradingError(f"{move.answer.file.path}: {why}. Nothing was moved") from why
        paths.append(path)
    return paths


def _put(move: _Move, staged: Path, terms: Terms) -> None:
    folder = move.target.parent
    folder.mkdir(parents=True, exist_ok=True)
    if move.standing is not None:
        old = terms.root / FOLDER / REPLACED / move.answer.assignment / move.student
        old.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        write_whole(old / f"{stamp}-{move.target.name}", move.standing, mode=0o600)
    os.replace(staged, move.target)
    if move.answer.when is not None:
        said = f"{move.answer.when.isoformat(' ')} UTC\n"
        write_whole(folder / TIMESTAMP, said.encode())
    elif move.standing is not None:  # the time of what was there before
        with contextlib.suppress(FileNotFoundError):
            (folder / TIMESTAMP).unlink()


def clear_staging(submitted: Path) -> None:
    """Take away what a run that was killed left behind."""
    for left in submitted.glob(".collecting-*"):
        shutil.rmtree(left, ignore_errors=True)
