"""Open nbgrader's gradebook and see that it knows the assignment as students got it.

Beside its grades stands what a score by hand was given for: a person is asked again only where that
has changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autograder.course.quick_import import load_nbgrader
from autograder.errors import AutograderError, GradingError
from autograder.grading.result import WITHOUT_VERDICTS, Result
from autograder.grading.submission import normalised
from autograder.integrations.nbgrader.config import read_settings
from autograder.integrations.nbgrader.released import ReleasedCell, ReleasedNotebook

_TABLE = "autograder_judged"


def judged(
    released: ReleasedNotebook, cells: Iterable[Mapping[str, Any]], result: Result
) -> dict[str, str]:
    """Row -> a digest of what a person judges: the answer's text, the verdict and the points.

    Args:
        cells: The submission in the instructor's notebook.
    """
    if result.status in WITHOUT_VERDICTS:
        return {}
    sources = {cell["id"]: cell["source"] for cell in cells}
    answers: dict[str, list[str]] = {}
    for cell in (cell for cell in released.cells if cell.written):
        text = normalised(str(sources[cell.node["id"]]))
        if text == normalised(cell.origin.released or ""):
            text = ""  # a starter that the instructor changes is no answer that a student changes
        for row in {*cell.origin.functions, cell.grade_id}:
            answers.setdefault(row, []).append(text)
    found = {}
    for line in result.rows:
        about = [answers.get(line.id, []), line.status, line.score, line.points]
        found[line.id] = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    return found


@dataclass(frozen=True)
class Judgement:
    """What is known of a row's score by hand."""

    shown: str | None = None  # digest of what stands in the gradebook now
    # digest of what the score was given for, or of what was confirmed since; None where nobody gave
    # one
    given_for: str | None = None
    manual: float | None = None  # the score by hand when we last looked

    def caught_up(self, manual: float | None, waiting: bool) -> Judgement:
        """The same after what people did since: whoever gives a score judges what is shown.

        Args:
            manual: The score by hand as it is now.
            waiting: Whether the row still waits; the formgrader ends that with every score that
                is entered, the same one too.
        """
        if manual is None:
            return Judgement(self.shown)
        if manual != self.manual or not waiting:
            return Judgement(self.shown, self.shown, manual)
        return self

    def asks(self, score: float | None) -> bool:
        """Whether the row waits for a person.

        Args:
            score: What the grader gives; None where a person must.
        """
        return score is None if self.manual is None else self.given_for != self.shown


def judgement_table() -> Any:
    """The table of our own in nbgrader's gradebook, beside its table of grades."""
    from sqlalchemy import Column, Float, MetaData, String, Table

    return Table(
        _TABLE,
        MetaData(),
        Column("grade_id", String(32), primary_key=True),
        Column("shown", String(64)),
        Column("given_for", String(64)),
        Column("manual", Float),
    )


class Judgements:
    """What scores by hand were given for, as the gradebook keeps it.

    Args:
        db: The session of the gradebook; whoever has it commits.
    """

    def __init__(self, db: Any) -> None:
        self._db = db
        self._table = judgement_table()
        self._table.create(db.connection(), checkfirst=True)  # a gradebook that nbgrader made

    def of(self, grades: Iterable[str]) -> dict[str, Judgement]:
        """Id of a grade -> what is known, where anything is."""
        table = self._table
        ids = list(grades)
        found: dict[str, Judgement] = {}
        for start in range(0, len(ids), 500):  # a statement takes so many values and not all
            some = table.select().where(table.c.grade_id.in_(ids[start : start + 500]))
            for row in self._db.execute(some):
                found[row.grade_id] = Judgement(row.shown, row.given_for, row.manual)
        return found

    def put(self, known: Mapping[str, Judgement], new: Mapping[str, Judgement]) -> None:
        """Write what changed."""
        changed = {id: found for id, found in new.items() if known.get(id) != found}
        if not changed:
            return
        old = [id for id in changed if id in known]
        for start in range(0, len(old), 500):
            some = old[start : start + 500]
            self._db.execute(self._table.delete().where(self._table.c.grade_id.in_(some)))
        rows = [{"grade_id": id, **vars(found)} for id, found in changed.items()]
        self._db.execute(self._table.insert(), rows)


_ADVICE = (
    ("locked", "Another program is writing to it: close the formgrader or that program"),
    ("readonly", "It is read-only: change its permissions, or those of its folder"),
    ("read-only", "It is read-only: change its permissions, or those of its folder"),
    ("unable to open", "Check that the folder exists and may be written to"),
    ("disk is full", "Free some space on the disk"),
    ("disk I/O", "Check the disk, and that it has space left"),
    ("not a database", "The file is no gradebook: move it away, or give another with --gradebook"),
    ("no such column", "Back it up, then run `nbgrader db upgrade`"),
)


class GradebookError(GradingError):
    """The gradebook cannot take the scores; results and reports do not depend on it."""


_LOST_THE_RACE = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes of a transaction that gave way to another: it may be tried again."""
Written = TypeVar("Written")

PATIENCE_SECONDS = 60.0
"""So long another program may write to an SQLite file before a run gives up on it."""


@contextmanager
def open_gradebook(url: str, course_id: str, patience: float = PATIENCE_SECONDS) -> Iterator[Any]:
    """The `Gradebook` of nbgrader, made when there is none; closed at the end.

    Args:
        patience: Seconds for which a locked SQLite file is waited for.

    Raises:
        GradebookError: When it cannot be read or written, or is another course's.
    """
    with explained(url):
        load_nbgrader()
        from nbgrader.api import Gradebook

        waiting = _patient(url, patience)
        _create(waiting, course_id)
        gradebook = Gradebook(waiting, course_id)
    try:
        with explained(url):
            must_be_ours(gradebook.db, url, course_id)
            yield gradebook
    finally:
        gradebook.close()


def _create(url: str, course_id: str) -> None:
    """Make the tables of a new gradebook, with the course in it.

    nbgrader would make them, too, but for their version it runs `alembic`, which must be on PATH.
    """
    from nbgrader.api import Base
    from nbgrader.dbutil import ALEMBIC_DIR
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    if engine.url.get_backend_name() == "sqlite" and engine.url.database:
        _create_for_owner(engine.url.database)
    try:
        tables = set(inspect(engine).get_table_names())
        if not tables:
            from alembic.migration import MigrationContext
            from alembic.script import ScriptDirectory

            with engine.begin() as connection:  # all tables or none, whatever the disk does
                if engine.url.get_backend_name() == "sqlite":  # begins none for tables by itself
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                elif engine.url.get_backend_name() == "postgresql":  # one run makes them
                    connection.execute(text("SELECT pg_advisory_xact_lock(20261127)"))
                if inspect(connection).get_table_names():
                    return  # another run was first
                Base.metadata.create_all(connection)
                judgement_table().create(connection)
                connection.execute(Base.metadata.tables["course"].insert(), {"id": course_id})
                MigrationContext.configure(connection).stamp(ScriptDirectory(ALEMBIC_DIR), "head")
        elif not {"assignment", "student", "grade"} <= tables:
            raise GradebookError(
                f"the database {shown(url)} is no gradebook of nbgrader: its tables are "
                f"{', '.join(sorted(tables)[:5])}. Give another with --gradebook."
            )
    finally:
        engine.dispose()


def _patient(url: str, seconds: float) -> str:
    """The URL of a database that is waited for; where it says so itself, as it says."""
    from sqlalchemy import make_url

    made = make_url(url)
    if made.get_backend_name() != "sqlite" or "timeout" in made.query:
        return url
    waiting = made.update_query_dict({"timeout": f"{seconds:g}"})
    return waiting.render_as_string(hide_password=False)


def _create_for_owner(path: str) -> None:
    """Make a new database file readable by its owner only; what fails here, SQLite explains."""
    if path != ":memory:":
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the database says into what a person can do about it.

    Raises:
        GradebookError: For every error of the database.
    """
    log = logging.getLogger("tornado.application")  # where nbgrader writes a traceback of its own
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    except AutograderError:
        raise
    except Exception as error:  # drivers and SQLAlchemy have many kinds
        reason = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        advice = next((a for sign, a in _ADVICE if sign in reason), "Check it")
        raise GradebookError(
            f"the gradebook {shown(url)} could not be used: {reason}. {advice}, then run "
            "the same command again. The results are kept and will not be graded anew."
        ) from error
    finally:
        log.setLevel(level)


def shown(url: str) -> str:
    """The URL without its password; for SQLite the file.

    Example:
        >>> shown("sqlite:////course/gradebook.db"), shown("postgresql://me:secret@host/db")
        ('/course/gradebook.db', 'postgresql://me:***@host/db')
    """
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///").partition("?")[0]
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


@contextmanager
def reading(root: Path, gradebook: str | None) -> Iterator[Any]:
    """A connection to read a course's gradebook by, without nbgrader; None where there is none yet.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
        GradebookError: When the gradebook cannot be read, or is another course's.
    """
    settings = read_settings(root, gradebook)
    url = settings.gradebook
    if url.startswith("sqlite:///") and not Path(shown(url)).is_file():
        yield None
        return
    with explained(url):
        from sqlalchemy import create_engine

        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                must_be_ours(connection, url, settings.course_id)
                yield connection
        finally:
            engine.dispose()


ATTEMPTS = 10


def together(db: Any, write: Callable[[], Written]) -> Written:
    """Write to a gradebook into which another run may write at the same time.

    Where that run was first, all is read again and what is still to do is written.

    Args:
        write: Reads, writes and commits.
    """
    for attempt in range(ATTEMPTS):
        try:
            return write()
        except Exception as error:
            db.rollback()
            db.expunge_all()
            if not _was_second(error) or attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise AssertionError("unreachable")


def _was_second(error: BaseException | None) -> bool:
    """Whether another run wrote what this one was about to write."""
    from sqlalchemy.exc import DBAPIError, IntegrityError

    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        return isinstance(error, IntegrityError) or code in _LOST_THE_RACE
    # nbgrader raises an error of its own in the place of the database's.
    return error is not None and _was_second(error.__context__)


def must_be_ours(db: Any, url: str, course_id: str) -> None:
    """See that a gradebook is this course's.

    Raises:
        GradebookError: It has an assignment of another course.
    """
    from sqlalchemy import text

    others = "SELECT name, course_id FROM assignment WHERE course_id != :ours LIMIT 1"
    found = db.execute(text(others), {"ours": course_id}).first()
    if found is not None:
        raise GradebookError(
            f"the gradebook {shown(url)} is another course's: its assignment {found[0]!r} belongs "
            f"to the course {found[1]!r}, this one is {course_id!r} (c.CourseDirectory.course_id "
            "in nbgrader_config.py). Move the file away, or give another with --gradebook. "
            "Nothing was written to it."
        )


def fill(gradebook: Any, released: ReleasedNotebook, url: str) -> None:
    """Make the gradebook know the assignment and its cells as they are now; often nothing to do.

    Raises:
        GradebookError: When rows were taken away that submissions in the gradebook have.
    """
    from nbgrader.api import MissingEntry

    assignment, name = released.assignment, released.name
    try:
        gradebook.find_assignment(assignment)
    except MissingEntry:
        gradebook.add_assignment(assignment)
    try:
        notebook = gradebook.find_notebook(name, assignment)
    except MissingEntry:
        kernel = json.dumps(released.metadata.get("kernelspec", {}))
        notebook = gradebook.add_notebook(name, assignment, kernelspec=kernel)
    _remove_other_notebooks(gradebook, released, url)
    known = [cell for cell in released.cells if cell.grade_id]
    if _as_stored(notebook) == {cell.grade_id: _as_wanted(cell) for cell in known}:
        return
    _remove_others(gradebook, notebook, released, url)
    _store(gradebook, gradebook.find_notebook(name, assignment), known)


def _remove_other_notebooks(gradebook: Any, released: ReleasedNotebook, url: str) -> None:
    """An assignment has one notebook: one of another name would count beside it."""
    for other in gradebook.find_assignment(released.assignment).notebooks:
        if other.name == released.name:
            continue
        if other.submissions:
            raise GradebookError(
                f"the gradebook {shown(url)} has scores for the notebook {other.name} of "
                f"{released.assignment}, which is {released.name} now. Rename it back, or move the "
                "gradebook away: a new one is made from the results, without the scores that were "
                "given by hand."
            )
        gradebook.remove_notebook(other.name, released.assignment)


def _as_stored(notebook: Any) -> dict[str, tuple[Any, ...]]:
    points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    written = {cell.name for cell in notebook.solution_cells}
    return {
        c.name: (c.cell_type, c.locked, c.source, c.checksum, points.get(c.name), c.name in written)
        for c in notebook.source_cells
    }


def _as_wanted(cell: ReleasedCell) -> tuple[Any, ...]:
    return (
        cell.node["cell_type"],
        bool(cell.metadata["locked"]),
        cell.node["source"],
        cell.metadata["checksum"],
        float(cell.metadata["points"]) if cell.graded else None,
        cell.written,
    )


def _store(gradebook: Any, notebook: Any, cells: Iterable[ReleasedCell]) -> None:
    """Write the cells, in one transaction; nbgrader's own calls make one or more of each cell."""
    from nbgrader.api import GradeCell, SolutionCell, SourceCell

    there = (*notebook.grade_cells, *notebook.solution_cells, *notebook.source_cells)
    stored = {(type(one), one.name): one for one in there}
    for cell in cells:
        kind, locked, source, checksum, points, written = _as_wanted(cell)
        wanted: dict[Any, dict[str, Any]] = {
            SourceCell: dict(cell_type=kind, locked=locked, source=source, checksum=checksum)
        }
        if points is not None:
            wanted[GradeCell] = dict(max_score=points, cell_type=kind)
        if written:
            wanted[SolutionCell] = {}
        for model, values in wanted.items():
            one = stored.get((model, cell.grade_id))
            if one is None:
                one = model(name=cell.grade_id, notebook=notebook)
                gradebook.db.add(one)
            for attribute, value in values.items():
                setattr(one, attribute, value)
    gradebook.db.commit()


def _remove_others(gradebook: Any, notebook: Any, released: ReleasedNotebook, url: str) -> None:
    """Forget cells that the notebook has no longer.

    Without submissions nbgrader forgets the whole notebook. With them, comments and scores hang on
    cells: a cell without points may go, a row may not.
    """
    rows = {c.name for c in notebook.grade_cells} - {c.grade_id for c in released.cells if c.graded}
    names = {cell.grade_id for cell in released.cells}
    gone = [cell for cell in notebook.source_cells if cell.name not in names]
    if rows and notebook.submissions:
        raise GradebookError(
            f"the gradebook {shown(url)} has scores for {', '.join(sorted(rows))} in "
            f"{released.assignment}, rows that the assignment has no longer. Put them back (or "
            "rename them back), or move the gradebook away: a new one is made from the results, "
            "without the scores that were given by hand."
        )
    if rows or (gone and not notebook.submissions):
        kernel = notebook.kernelspec
        gradebook.remove_notebook(released.name, released.assignment)
        gradebook.add_notebook(released.name, released.assignment, kernelspec=kernel)
        return
    for cell in gone:
        gradebook.db.delete(cell)
    gradebook.db.commit()
