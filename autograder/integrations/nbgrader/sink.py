"""A place for results: nbgrader's gradebook, and autograded notebooks beside the submissions."""

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from autograder.course import Course
from autograder.course.folder import SOURCE
from autograder.course.quick_import import load_nbgrader, quick_import
from autograder.errors import GradingError
from autograder.feedback.wording import listed
from autograder.grading import submission
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.result import WITHOUT_VERDICTS, Result
from autograder.grading.submission import Handin
from autograder.integrations.collected import Collected, read_collected
from autograder.integrations.nbgrader.config import Settings, read_settings
from autograder.integrations.nbgrader.gradebook import (
    PATIENCE_SECONDS,
    explained,
    fill,
    judged,
    open_gradebook,
    together,
)
from autograder.integrations.nbgrader.rebuild import (
    TIMESTAMP,
    Rebuilt,
    finished,
    is_of,
    rebuild,
    write_autograded,
)
from autograder.integrations.nbgrader.released import ReleasedNotebook, known_release
from autograder.integrations.nbgrader.scores import Entry, ScoreWriter

BATCH = 50


@dataclass(frozen=True)
class _Held:
    handin: Handin
    result: Result
    fresh: bool


class GradebookSink:
    """Takes the results of a class run; a `grading.class_report.ResultSink`.

    Nothing is loaded or opened before the first result. Scores are written in batches, so other
    programs can read and write the gradebook in between.

    Args:
        submitted: The folder of submissions; `autograded/` stands beside it.
        batch: How many results are held back before they are written.
        patience: Seconds for which a gradebook that another program locks is waited for.
    """

    def __init__(
        self,
        course: Course,
        submitted: Path,
        gradebook: str | None = None,
        batch: int = BATCH,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._course = course
        self._submitted = submitted
        self._given = gradebook
        self._folder = submitted.absolute().parent / "autograded"
        self._batch = batch
        self._patience = patience
        self._held: dict[str, list[_Held]] = {}
        self._writers: dict[str, tuple[ScoreWriter, ReleasedNotebook]] = {}
        self._stack = ExitStack()
        self._gradebook: Any = None
        self._settings: Settings | None = None
        self._undated: dict[str, list[str]] = {}
        self._collected: dict[str, Collected] = {}

    def load_beside(self, assignments: Iterable[str]) -> None:
        """Begin to load what writing takes in a thread, beside the workers.

        What fails is told when it is used.
        """

        def load() -> None:
            with suppress(Exception):
                load_nbgrader()
                for assignment in assignments:
                    known_release(self._course, assignment)
                import_module("autograder.integrations.read_class")

        Thread(target=load, daemon=True).start()

    def write(self, handin: Handin, result: Result, fresh: bool) -> None:
        """Take one result.

        Raises:
            GradebookError: When the gradebook cannot take it.
            GradingError: When an autograded notebook cannot be written.
        """
        held = self._held.setdefault(handin.assignment, [])
        held.append(_Held(handin, result, fresh))
        if len(held) >= self._batch:
            self._flush(handin.assignment)

    def close(self) -> None:
        """Write what is still held back, and let go of the gradebook."""
        try:
            for assignment in list(self._held):
                self._flush(assignment)
        finally:
            self._gradebook = None
            self._stack.close()

    def _flush(self, assignment: str) -> None:
        held = self._held.pop(assignment, [])
        if not held:
            return
        writer, released = self._writer(assignment)
        assert self._settings is not None
        written = {
            one.result.student: one.result.digest
            for one in held
            if not one.fresh and is_of(self._path(one.handin, released), one.result.digest)
        }
        with explained(self._settings.gradebook):
            standing = writer.holds(written)
        entries: list[Entry] = []
        notebooks: dict[str, tuple[_Held, Rebuilt, datetime | None]] = {}
        for one in held:
            cells = None if one.result.student in standing else self._cells(one)
            rebuilt = None if cells is None else rebuild(released, cells)
            moment = self._handed_in(one.handin)
            entry = _entry(one, rebuilt, released, moment)
            # the slip days that a student uses, where collecting granted any so far
            taken = self._collected[assignment].taken.get(one.result.student)
            extension = None if taken is None else timedelta(days=taken.slip)
            entries.append(replace(entry, extension=extension))
            if rebuilt is not None:
                notebooks[one.result.student] = (one, rebuilt, moment)
        with explained(self._settings.gradebook):
            students = writer.write(entries)
            assign_penalties(self._gradebook, released, students, self._settings)
        for student in students:
            if student not in notebooks:  # what was written of an earlier submission stays
                continue
            one, rebuilt, moment = notebooks[student]
            if student not in written:
                path = self._path(one.handin, released)
                write_autograded(path, finished(rebuilt, one.result), moment)

    def _path(self, handin: Handin, released: ReleasedNotebook) -> Path:
        """Where nbgrader's feedback and the formgrader read an autograded notebook."""
        return self._folder / handin.student / released.assignment / f"{released.name}.ipynb"

    def _writer(self, assignment: str) -> tuple[ScoreWriter, ReleasedNotebook]:
        if assignment not in self._writers:
            released = known_release(self._course, assignment)
            source = self._course.root / SOURCE / assignment
            if not source.is_dir():  # nbgrader's *Manage Assignments* lists what lies there
                from autograder.course.build import write_source

                with suppress(OSError):  # a list that is empty costs no grade
                    write_source(self._course.assignment(assignment), source)
            if self._settings is None:
                self._settings = read_settings(self._course.root, self._given)
            url = self._settings.gradebook
            if self._gradebook is None:
                opened = open_gradebook(url, self._settings.course_id, self._patience)
                self._gradebook = self._stack.enter_context(opened)
            with explained(url):
                together(self._gradebook.db, lambda: fill(self._gradebook, released, url))
                collected = read_collected(self._course.root, assignment)
                self._collected[assignment] = collected
                if collected.due:
                    due = datetime.fromisoformat(collected.due)
                    self._gradebook.update_or_create_assignment(assignment, duedate=due)
                writer = ScoreWriter(self._gradebook, assignment, released.name)
            self._writers[assignment] = writer, released
        return self._writers[assignment]

    @property
    def notes(self) -> list[str]:
        """What a person should know: whose lateness cannot be told, and why."""
        return [
            f"timestamp.txt of {listed(names)} is not read, so nobody counts as late there: {why}"
            for why, names in self._undated.items()
        ]

    def _handed_in(self, handin: Handin) -> datetime | None:
        """When nbgrader collected the submission, in UTC; None where that is not known."""
        if handin.path is None:
            return None
        from autograder.integrations.nbgrader.timestamps import read_timestamp

        assert self._settings is not None
        zone = self._settings.config.Exchange.get("timezone", "UTC")
        folder = self._submitted / handin.student / handin.assignment
        try:
            return read_timestamp(folder / TIMESTAMP, str(zone))
        except ValueError as why:
            self._undated.setdefault(str(why), []).append(f"{handin.student}/{handin.assignment}")
            return None

    def _cells(self, one: _Held) -> tuple[SubmittedCell, ...] | None:
        """The cells as handed in; None where the result is of others, which are not there."""
        if one.result.status in ("unreadable", "missing", "overload", "unclear"):
            return ()
        if one.handin.path is None:
            return None
        try:
            found = submission.read(one.handin.path, self._submitted / one.handin.student)
        except GradingError:
            return None if one.result.status == "stale" else ()
        return None if found.problem else found.cells


def _entry(
    one: _Held, rebuilt: Rebuilt | None, released: ReleasedNotebook, timestamp: datetime | None
) -> Entry:
    """What the gradebook shall say about a result.

    Args:
        rebuilt: The submission; None where the result is of one that is not there.
    """
    result = one.result
    scores: dict[str, float | None] = {}
    for row in result.rows:
        if row.status != "manual":
            scores[row.id] = row.score
        elif rebuilt is not None:
            # An answer that was left as it was needs nobody to read it.
            scores[row.id] = 0.0 if row.id in rebuilt.untouched else None
    why = "no score was found anew. " if result.status in ("failed", "stale") else ""
    return Entry(
        student=result.student,
        scores={} if result.status in WITHOUT_VERDICTS else scores,
        fresh=one.fresh,
        judged=judged(released, rebuilt.notebook["cells"], result) if rebuilt else {},
        untouched=rebuilt.untouched if rebuilt else None,
        timestamp=timestamp,
        digest=result.digest,
        stale="" if result.is_grade else f"Not up to date: {why}{result.message}",
        create=result.status not in ("missing", "unclear"),
    )


def assign_penalties(
    gradebook: Any, released: ReleasedNotebook, students: Iterable[str], settings: Settings
) -> None:
    """Let nbgrader's own plugin decide about everybody who was late, or was so before.

    Args:
        students: Those whose scores were just written.
    """
    if gradebook.find_assignment(released.assignment).duedate is None:
        return
    with quick_import():
        from nbformat import v4
        from nbgrader.preprocessors import AssignLatePenalties

    step = AssignLatePenalties(config=settings.config)
    for student in students:
        submitted = gradebook.find_submission_notebook(released.name, released.assignment, student)
        late = submitted.assignment.total_seconds_late > 0
        if late or submitted.late_submission_penalty is not None:
            place = {
                "notebook": released.name,
                "assignment": released.assignment,
                "student": student,
                "db_url": settings.gradebook,
            }
            gradebook.db.rollback()  # the step opens the gradebook once more
            step.preprocess(v4.new_notebook(), {"nbgrader": place})
    gradebook.db.expunge_all()
