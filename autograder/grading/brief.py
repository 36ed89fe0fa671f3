"""Results in short: what a run and a report hold of a class, whatever its size."""

from __future__ import annotations

import contextlib
import tempfile
import zlib
from collections.abc import Hashable
from sys import intern
from typing import Any

import msgspec
from msgspec import structs

from autograder.checks.finding import Check
from autograder.grading.result import Result, ResultRow

_FOR_PEOPLE = (Check.LOOK, Check.DIFFERENCING)
"""What a table or a list of concerns says of a row; all else is for the student's own page."""
_ALIKE = ("assignment", "status", "isolation", "message")
_decode = msgspec.msgpack.Decoder(Result).decode


class Shortener:
    """Makes results short: without what was found, and with one object for what is equal."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], ResultRow] = {}

    def __call__(self, result: Result) -> Result:
        """The scores and the statuses of a result; for the findings it must be read again."""
        shared: dict[str, Any] = {name: intern(getattr(result, name)) for name in _ALIKE}
        return structs.replace(result, rows=tuple(map(self._row, result.rows)), **shared)

    def _row(self, row: ResultRow) -> ResultRow:
        told = tuple(f for f in row.findings if f.check in _FOR_PEOPLE)
        short = ResultRow(row.id, row.score, row.points, row.status, row.follow_through, told)
        return short if told else self._rows.setdefault(structs.astuple(short)[:5], short)


class Copies:
    """Results put by during a run, on the disk and without a name; where there is no room, none."""

    def __init__(self) -> None:
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._file: Any = None
        self._end = 0

    def keep(self, key: Hashable, result: Result) -> None:
        """Put a result by; an earlier one under the same key is forgotten."""
        with contextlib.suppress(OSError, OverflowError):
            packed = zlib.compress(msgspec.msgpack.encode(result), 1)
            self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            self._file.seek(self._end)
            if self._file.write(packed) == len(packed):
                self._places[key] = (self._end, len(packed))
                self._end += len(packed)

    def get(self, key: Hashable) -> Result | None:
        """A result that was put by."""
        if key not in self._places:
            return None
        place, size = self._places[key]
        try:
            self._file.seek(place)
            return _decode(zlib.decompress(self._file.read(size)))
        except (OSError, zlib.error):
            return None

    def close(self) -> None:
        """Forget all."""
        if self._file is not None:
            self._file.close()
