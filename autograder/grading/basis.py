"""What a grade depends on, row by row: which verdicts still stand when something changed.

Of an exercise that changed, its own rows and those that build on it are graded anew; the others
stand as they are on file, to the byte.
"""

import functools
import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from msgspec import structs

import autograder
from autograder.checks.finding import RowResult
from autograder.course.bearing import Bearing
from autograder.grading.result import Result, ResultRow, from_row

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
